"""The contract of the HTTP API.

``POST /api/chat`` gives an object of exactly ``ANSWER``'s fields, each citation of exactly
``CITATION``'s; ``start`` and ``end`` are offsets in the text of ``GET /api/documents/{id}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from assistant.channels.app import create_app
from assistant.channels.console.rules import RULES
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.store.tables import feedback
from tests.answering.readers import PlainReader
from tests.channels.conftest import ANSWERED, REFUSED, SEVERAL, TWO_SOURCES, Site, open_site
from tests.conftest import DOCUMENTS, NoProgress

ANSWER = {
    "answer_id": str,
    "conversation_id": str,
    "status": str,
    "answer": str,
    "lead": str,
    "lines": list,
    "kind": str,
    "citations": list,
    "contacts": list,
    "suggestions": list,
    "understood_as": str,
    "confidence": float,
    "notices": list,
    "took_ms": int,
}
CITATION = {
    "number": int,
    "document_id": str,
    "title": str,
    "headings": list,
    "quote": str,
    "start": int,
    "end": int,
    "date": str,
    "url": str,
    "emphasis": type(None),  # the plain reader knows of no words
    "place": str,
}
QUESTIONS = [ANSWERED, TWO_SOURCES, REFUSED, "票价", "家庭收入证明", "網管員 代碼", "🙂", "值班"]
STAFF = "节假日值班由两名机关干部负责，每班几小时？"


def shape(value: dict[str, Any]) -> dict[str, type]:
    """The type of each field."""
    return {key: type(field) for key, field in value.items()}


@pytest.fixture(scope="module")
def unsure(tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter) -> Iterator[Site]:
    """The application with a reader that never believes its readings."""
    folder = tmp_path_factory.mktemp("unsure")
    with open_site(folder, segmenter, PlainReader(confidence=0.0), DOCUMENTS) as opened:
        yield opened


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter) -> Iterator[Site]:
    """The application before anything was ingested."""
    with open_site(tmp_path_factory.mktemp("empty"), segmenter, PlainReader(), {}) as opened:
        yield opened


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_has_exactly_the_fields_of_the_contract(site: Site, question: str) -> None:
    answer = site.ask(question)
    assert shape(answer) == ANSWER
    for citation in answer["citations"]:
        assert shape(citation) == CITATION
    assert answer["status"] in load("statuses")


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_quote_is_the_documents_own_text_at_its_place(site: Site, question: str) -> None:
    for citation in site.ask(question)["citations"]:
        document = site.client.get(f"/api/documents/{citation['document_id']}").json()
        assert document["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert document["title"] == citation["title"]
        assert document["date"] == citation["date"]


def test_citations_are_numbered_from_1_and_marked_in_the_text(site: Site) -> None:
    answer = site.ask(TWO_SOURCES)
    assert answer["status"] == "answered"
    assert [c["number"] for c in answer["citations"]] == [1, 2]
    assert re.findall(r"\[(\d+)\]", answer["answer"]) == ["1", "2"]
    assert answer["answer"] == "".join(f"{c['quote']}[{c['number']}]" for c in answer["citations"])


def test_a_citations_address_opens_the_document_at_the_quote(site: Site) -> None:
    citation = site.ask(ANSWERED)["citations"][0]
    page = site.client.get(citation["url"])
    assert page.status_code == 200
    assert f'<mark id="quote">{citation["quote"]}</mark>' in page.text


def test_a_refusal_quotes_nothing_and_says_what_can_be_asked_and_whom_to_call(site: Site) -> None:
    answer = site.ask(REFUSED)
    assert answer["status"].startswith("refused_")
    assert answer["citations"] == []
    assert answer["suggestions"]
    assert load("contacts")[0]["name"] in answer["answer"]
    assert not re.search(r"\[\d+\]", answer["answer"])


def test_what_the_reader_does_not_believe_is_refused(unsure: Site) -> None:
    answer = unsure.ask(ANSWERED)
    assert answer["status"] == "refused_not_answered"
    assert "最低生活保障申请指南" in answer["answer"]


def test_without_documents_every_question_is_refused_in_the_same_shape(empty: Site) -> None:
    answer = empty.ask(ANSWERED)
    assert answer["status"] == "refused_no_documents"
    assert shape(answer) == ANSWER
    assert dict(empty.stream(ANSWERED))["final"]["status"] == "refused_no_documents"


def test_the_same_question_gets_the_same_answer(site: Site) -> None:
    def lasting(answer: dict[str, Any]) -> dict[str, Any]:
        passing = {"answer_id", "conversation_id", "took_ms"}
        return {key: value for key, value in answer.items() if key not in passing}

    for question in QUESTIONS:
        assert lasting(site.ask(question)) == lasting(site.ask(question))


def test_a_question_that_stands_by_itself_is_understood_as_it_was_asked(site: Site) -> None:
    assert site.ask(ANSWERED)["understood_as"] == ANSWERED


def test_a_conversation_goes_on_and_resolves_a_follow_up(site: Site) -> None:
    first = site.ask("专线公交从崇明南门几点发车？")
    then = site.ask("六十五周岁以上的老人呢", conversation_id=first["conversation_id"])
    assert then["conversation_id"] == first["conversation_id"]
    assert then["answer_id"] != first["answer_id"]
    assert "崇明南门" in then["understood_as"]
    assert then["understood_as"].endswith("六十五周岁以上的老人呢")
    assert "老人免费乘坐" in then["answer"]


def test_a_new_question_begins_a_conversation_of_its_own(site: Site) -> None:
    assert site.ask(ANSWERED)["conversation_id"] != site.ask(ANSWERED)["conversation_id"]


# --- what is settled before any document


@pytest.mark.parametrize(
    ("question", "status"),
    [("着火了怎么办", "routed_urgent"), ("你好", "routed_greeting"), ("🙂", "refused_no_words")],
)
def test_what_needs_no_document_has_the_same_shape(site: Site, question: str, status: str) -> None:
    answer = site.ask(question)
    assert shape(answer) == ANSWER
    assert answer["status"] == status
    assert answer["citations"] == []
    names = [name for name, _ in site.stream(question)]
    assert names == ["status", "delta", "final"]


def test_what_is_to_be_told_besides_comes_with_the_answer(site: Site) -> None:
    answer = site.ask(f"{ANSWERED}我的电话13812345678")
    assert answer["status"] == "answered"
    assert len(answer["notices"]) == 1
    assert "13812345678" not in str(answer)
    assert site.ask(ANSWERED)["notices"] == []


@pytest.mark.parametrize(
    ("question", "kind", "first"),
    [("着火了怎么办", "fire", "119"), ("我不想活了", "suicide", "12356"), ("我被骗了转了钱", "fraud", "110")],
)  # fmt: skip
def test_an_urgent_reply_has_its_kind_and_the_number_to_dial_first(
    site: Site, question: str, kind: str, first: str
) -> None:
    answer = site.ask(question)
    assert answer["kind"] == kind
    assert answer["contacts"][0]["number"] == first
    assert answer["contacts"][0]["name"]


@pytest.mark.parametrize("question", [REFUSED, "🙂", "转人工"])
def test_who_finds_no_answer_is_told_whom_to_call(site: Site, question: str) -> None:
    answer = site.ask(question)
    known = [{"name": c["name"], "number": c["phone"]} for c in load("contacts")]
    assert answer["contacts"] == known
    assert (answer["kind"], answer["lead"]) == ("", "")


@pytest.mark.parametrize("question", ["你好", "谢谢", ANSWERED])
def test_nobody_is_told_to_call_where_nothing_says_so(site: Site, question: str) -> None:
    assert site.ask(question)["contacts"] == []


def test_a_number_in_a_quote_can_be_called_under_its_documents_name(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    text = "# 便民服务中心\n\n便民服务中心在一楼，咨询电话：0513-80123456。\n"
    with open_site(tmp_path, segmenter, PlainReader(), {"centre.md": text}) as site:
        answer = site.ask("便民服务中心咨询电话")
        assert answer["status"] == "answered"
        assert answer["contacts"] == [{"name": "便民服务中心", "number": "0513-80123456"}]


# --- streaming


@pytest.mark.parametrize("question", [ANSWERED, TWO_SOURCES, REFUSED])
def test_a_stream_says_what_is_done_then_what_was_found_then_the_answer(
    site: Site, question: str
) -> None:
    names = [name for name, _ in site.stream(question)]
    once = [n for i, n in enumerate(names) if i == 0 or names[i - 1] != n]
    assert once == ["status", "retrieved", "status", "delta", "final"]
    assert names.count("retrieved") == names.count("final") == 1


@pytest.mark.parametrize("question", [ANSWERED, TWO_SOURCES, REFUSED])
def test_a_streams_pieces_joined_are_the_final_answer(site: Site, question: str) -> None:
    events = site.stream(question)
    pieces = [data["text"] for name, data in events if name == "delta"]
    final = dict(events)["final"]
    assert "".join(pieces) == final["answer"]
    assert len(pieces) == max(len(final["citations"]), 1)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_final_event_is_the_object_that_json_gives(site: Site, question: str) -> None:
    final, plain = dict(site.stream(question))["final"], site.ask(question)
    assert shape(final) == ANSWER
    for key in ANSWER.keys() - {"answer_id", "conversation_id", "took_ms"}:
        assert final[key] == plain[key]


def test_a_stream_tells_each_step_in_words_and_the_titles_found(site: Site) -> None:
    events = site.stream(ANSWERED)
    said = [data for name, data in events if name == "status"]
    assert [s["step"] for s in said] == list(load("replies")["progress"])
    assert all(s["text"] == load("replies")["progress"][s["step"]] for s in said)
    assert "最低生活保障申请指南" in dict(events)["retrieved"]["titles"]


def test_a_stream_goes_on_with_a_conversation(site: Site) -> None:
    first = site.ask("专线公交从崇明南门几点发车？")["conversation_id"]
    final = dict(site.stream("票价呢", conversation_id=first))["final"]
    assert final["conversation_id"] == first
    assert "专线公交" in final["understood_as"]


# --- what staff alone may read


@pytest.mark.parametrize("question", [STAFF, "镇机关值班安排", "交接班记录本", REFUSED])
def test_a_resident_never_meets_a_staff_document(site: Site, unsure: Site, question: str) -> None:
    for asked in (site, unsure):
        answer = asked.ask(question)
        told = [answer["answer"], *answer["suggestions"]]
        told += [c["title"] + c["quote"] for c in answer["citations"]]
        told += dict(asked.stream(question))["retrieved"]["titles"]
        assert not any("镇机关值班安排" in t or "每班二十四小时" in t for t in told)
        hits = asked.assembly.service.ask(question).answer.hits
        assert asked.document_id("staff/duty.md") not in {h.chunk.document_id for h in hits}


def test_a_staff_document_cannot_be_opened(site: Site) -> None:
    identity = site.document_id("staff/duty.md")
    for address in (f"/api/documents/{identity}", f"/documents/{identity}"):
        response = site.client.get(address)
        assert response.status_code == 404
        assert "值班" not in response.text


# --- documents, suggestions, feedback


def test_a_document_is_given_whole_with_its_sections(site: Site) -> None:
    document = site.client.get(f"/api/documents/{site.document_id('allowance.md')}").json()
    told = {"title", "number", "issuer", "source", "date", "effective", "topics"}
    assert document.keys() == {"id", "text", "sections", *told}
    assert document["topics"] == ["低保", "社会救助"]
    assert document["source"] == "启隆镇便民服务中心"
    for section in document["sections"]:
        assert section.keys() == {"headings", "start", "end"}
        assert 0 <= section["start"] < section["end"] <= len(document["text"])


def test_suggestions_are_those_of_the_data_file_that_the_documents_answer(
    site: Site, unsure: Site, empty: Site
) -> None:
    offered = site.client.get("/api/suggestions").json()["suggestions"]
    assert offered == [q for q in load("suggestions") if site.ask(q)["status"] == "answered"]
    assert offered
    for other in (unsure, empty):
        assert other.client.get("/api/suggestions").json() == {"suggestions": []}
        assert other.ask(ANSWERED)["suggestions"] == []


def rating(site: Site, answer_id: str) -> list[tuple[str, str]]:
    """The ratings kept of an answer."""
    query = select(feedback.c.rating, feedback.c.reason).where(feedback.c.answer_id == answer_id)
    with site.assembly.engine.connect() as connection:
        return [(row.rating, row.reason) for row in connection.execute(query)]


def test_a_rating_is_kept_and_a_later_one_replaces_it(site: Site) -> None:
    answer_id = site.ask(ANSWERED)["answer_id"]
    for given in ({"rating": "up"}, {"rating": "down", "reason": "不是我要问的"}):
        response = site.client.post("/api/feedback", json={"answer_id": answer_id, **given})
        assert response.json() == {"ok": True}
        assert rating(site, answer_id) == [(given["rating"], given.get("reason", ""))]


def test_a_refusal_can_be_rated(site: Site) -> None:
    answer_id = site.ask(REFUSED)["answer_id"]
    sent = {"answer_id": answer_id, "rating": "down"}
    assert site.client.post("/api/feedback", json=sent).status_code == 200
    assert rating(site, answer_id) == [("down", "")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rating": "great"},
        {"rating": ""},
        {"rating": 1},
        {},
        {"rating": "up", "reason": "长" * 501},
        {"rating": "up", "stars": 5},
    ],
)
def test_a_bad_rating_is_refused_and_nothing_is_kept(site: Site, wrong: dict[str, object]) -> None:
    answer_id = site.ask(ANSWERED)["answer_id"]
    response = site.client.post("/api/feedback", json={"answer_id": answer_id, **wrong})
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "error_invalid_request"
    assert rating(site, answer_id) == []


def test_a_conversation_that_was_erased_is_over_and_its_answers_are_gone(site: Site) -> None:
    answer = site.ask(ANSWERED)
    for _ in range(2):
        response = site.client.delete(f"/api/conversations/{answer['conversation_id']}")
        assert (response.status_code, response.json()) == (200, {"ok": True})
    sent = {"question": ANSWERED, "conversation_id": answer["conversation_id"]}
    assert site.client.post("/api/chat", json=sent).status_code == 404
    rated = {"answer_id": answer["answer_id"], "rating": "up"}
    assert site.client.post("/api/feedback", json=rated).status_code == 404


@pytest.mark.parametrize("identity", ["none", "0" * 32, "a" * 4000, "'; --", "🙂"])
def test_erasing_what_is_not_there_is_answered_as_if_it_were(site: Site, identity: str) -> None:
    kept = site.ask(ANSWERED)
    response = site.client.delete(f"/api/conversations/{identity}")
    assert (response.status_code, response.json()) == (200, {"ok": True})
    site.ask("票价呢", conversation_id=kept["conversation_id"])


# --- health and documentation


def test_before_the_models_are_loaded_it_is_alive_and_not_ready(site: Site) -> None:
    # Without entering the client nothing is loaded.
    early = TestClient(create_app(site.assembly))
    assert early.get("/healthz").json() == {"status": "ok"}
    for response in (early.get("/readyz"), early.post("/api/chat", json={"question": "面积"})):
        assert response.status_code == 503
        assert response.json()["error"]["code"] == "error_not_ready"


def test_once_loaded_it_says_with_what_it_answers(site: Site) -> None:
    assert site.client.get("/healthz").json() == {"status": "ok"}
    response = site.client.get("/readyz")
    assert response.status_code == 200
    current = site.assembly.store.current()
    assert current is not None
    ready = response.json()
    assert ready["ready"] is True
    assert ready["generation"] == current.id
    assert ready["documents"] == len(DOCUMENTS) + 1
    assert ready["chunks"] == site.assembly.store.count_chunks(current)
    assert ready["embedding_model"] == site.assembly.embedder.fingerprint


def test_without_documents_it_is_alive_and_not_ready(empty: Site) -> None:
    assert empty.client.get("/healthz").status_code == 200
    assert empty.client.get("/readyz").status_code == 503


def test_the_schema_names_every_route_of_the_api(site: Site) -> None:
    schema = site.client.get("/openapi.json").json()
    assert {path for path in schema["paths"] if not path.startswith("/api/staff/")} == {
        "/api/chat",
        "/api/conversations/{conversation_id}",
        "/api/documents/{document_id}",
        "/api/embedding",
        "/api/feedback",
        "/api/suggestions",
        "/healthz",
        "/readyz",
    }
    of_staff = {rule.split(" ")[1] for rule in RULES if " /api/staff/" in rule}
    assert {path for path in schema["paths"] if path.startswith("/api/staff/")} == of_staff
    answer = schema["components"]["schemas"]["ChatResponse"]
    assert set(answer["properties"]) == set(answer["required"]) == set(ANSWER)
    chat = schema["paths"]["/api/chat"]["post"]["responses"]
    assert set(chat["200"]["content"]) == {"application/json", "text/event-stream"}
    assert {"400", "404", "413", "422", "500", "503"} <= set(chat)


def test_the_documentation_page_answers_and_needs_no_other_host(site: Site) -> None:
    page = site.client.get("/docs")
    assert page.status_code == 200
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert address.startswith("/")
        assert site.client.get(address).status_code == 200


def test_static_files_are_served_and_nothing_beside_them(site: Site) -> None:
    assert site.client.get("/static/page.css").headers["content-type"].startswith("text/css")
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/"):
        assert site.client.get(path).status_code == 404


def test_the_index_moves_on_without_a_restart(tmp_path: Path, segmenter: Segmenter) -> None:
    with open_site(tmp_path, segmenter, PlainReader(), DOCUMENTS) as site:
        old = site.ask("全程票价六元吗")["citations"][0]
        assert "六元" in old["quote"]
        bus = tmp_path / "corpus" / "bus.html"
        bus.write_text(bus.read_text("utf-8").replace("六元", "八元"), "utf-8")
        site.assembly.indexer.run(tmp_path / "corpus", NoProgress())
        site.assembly.index.refresh()
        new = site.ask("全程票价六元吗")["citations"][0]
        assert "八元" in new["quote"]
        assert site.client.get(f"/api/documents/{old['document_id']}").status_code == 404


def test_each_of_several_questions_has_a_line(site: Site) -> None:
    answer = site.ask(SEVERAL)
    assert len(answer["lines"]) == answer["answer"].count("\n") + 1 == 2
    numbers = [number for line in answer["lines"] for number in line["citations"]]
    assert numbers == [citation["number"] for citation in answer["citations"]]
    assert len(site.ask(ANSWERED)["lines"]) == 1
    assert site.ask(REFUSED)["lines"] == []
