"""What staff search with: filters, highlights, official citations, and how an answer came about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.answering.desk import Filters, Found, StaffDesk
from assistant.answering.official import official_citation
from assistant.answering.pipeline import Pipeline
from assistant.answering.service import ChatService
from assistant.errors import QuestionError
from assistant.indexing.parse import parse
from assistant.resources import load
from assistant.store.conversations import ConversationStore
from assistant.store.documents import Described
from assistant.types import Audience, Document, Owner
from tests.conftest import FLOOD, Indexed

DUTY = "节假日值班由几名机关干部负责"


@pytest.fixture
def desk(indexed: Indexed) -> StaffDesk:
    """The desk over the small folder."""
    service = ChatService(indexed.pipeline, ConversationStore(indexed.engine, 30), 1)
    return StaffDesk(indexed.pipeline, service, indexed.store, indexed.index, indexed.segmenter)


def paths(found: tuple[Found, ...]) -> set[str]:
    """The files of what was found."""
    return {each.document.path for each in found}


def test_staff_find_what_is_for_staff_and_every_hit_says_why(desk: StaffDesk) -> None:
    results = desk.search(DUTY, Filters())
    best = results.found[0]
    assert best.document.path == "staff/duty.md"
    assert best.document.audience is Audience.STAFF
    assert best.hit.keyword > 0
    assert best.hit.fused > 0
    assert best.hit.reading
    readings = [found.hit.reading or 0.0 for found in results.found]
    assert readings == sorted(readings, reverse=True)
    assert all(not found.hit.rejected for found in results.found)
    assert all(
        found.hit.rejected in load("console")["search"]["reasons"] for found in results.rejected
    )


def test_the_words_asked_for_are_marked_and_the_text_stays_whole(desk: StaffDesk) -> None:
    for found in desk.search("低保的申請書", Filters()).found:
        assert "".join(part for part, _ in found.parts) == found.hit.chunk.text
    [flood] = [
        f for f in desk.search("汛期是什么时候", Filters()).found if ("汛期", True) in f.parts
    ]
    assert flood.document.path == "flood.txt"


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(audience=Audience.STAFF), {"staff/duty.md"}),
        (Filters(topic="低保"), {"allowance.md"}),
        (Filters(topic="没有这个主题"), set()),
        (Filters(since="2024-04"), {"staff/duty.md"}),
        (Filters(since="2024-03", until="2024-03-31"), {"allowance.md", "staff/duty.md"}),
        (Filters(until="2023"), set()),
        (Filters(topic="低保", audience=Audience.STAFF), set()),
    ],
)
def test_only_documents_that_the_filters_take_are_searched(
    desk: StaffDesk, filters: Filters, found: set[str]
) -> None:
    # Of a question that other documents answer: more is looked at until there is enough.
    results = desk.search("汛期是什么时候", filters)
    assert paths(results.found) == found
    assert paths(results.rejected) <= found


@pytest.mark.parametrize(
    ("date", "since", "until", "taken"),
    [
        ("2024", "2024-05-01", "", True),
        ("2024", "", "2024-05-01", True),
        ("2024-05-01", "2024-05", "2024-05", True),
        ("2024-05-01", "2024-06", "", False),
        ("2024-05-01", "", "2024-04-30", False),
        ("", "2024", "", False),
        ("", "", "2024", False),
        ("", "", "", True),
    ],
)
def test_dates_are_compared_as_exactly_as_both_are_told(
    date: str, since: str, until: str, taken: bool
) -> None:
    described = Described(
        "i", "p", "t", "", date, (), Audience.RESIDENTS, "", "", "民政办", "", Owner.CORPUS
    )
    assert Filters(since=since, until=until).take(described) is taken
    assert Filters(department="民政办", since=since, until=until).take(described) is taken
    assert not Filters(department="农业", since=since, until=until).take(described)


def test_an_explanation_has_every_step_with_its_time_and_what_was_looked_at(
    desk: StaffDesk,
) -> None:
    explained = desk.explain("汛期是什么时候？", Audience.RESIDENTS)
    assert [name for name, _ in explained.steps] == list(load("console")["ask"]["names"])
    assert all(milliseconds >= 0 for _, milliseconds in explained.steps)
    assert explained.threshold == load("search")["refusal_threshold"]
    assert explained.results.found
    assert explained.answer.status


def test_an_explanation_for_residents_is_what_residents_are_told(
    desk: StaffDesk, indexed: Indexed
) -> None:
    for audience in Audience:
        explained = desk.explain(DUTY, audience)
        seen = paths(explained.results.found) | paths(explained.results.rejected)
        assert ("staff/duty.md" in seen) is (audience is Audience.STAFF)
    told = desk.explain(DUTY, Audience.RESIDENTS).answer
    assert "值班" not in told.text
    with indexed.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM turns").scalar() == 0


def test_an_explanation_is_made_afresh(desk: StaffDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    afresh = Pipeline.afresh
    monkeypatch.setattr(Pipeline, "afresh", lambda *a: done.append(1) or afresh(*a))
    assert desk.explain(DUTY, Audience.STAFF).answer == desk.explain(DUTY, Audience.STAFF).answer
    assert len(done) == 2


@pytest.mark.parametrize("text", ["", " ", "长" * 301])
def test_an_empty_or_endless_text_is_not_searched(desk: StaffDesk, text: str) -> None:
    with pytest.raises(QuestionError):
        desk.search(text, Filters())
    with pytest.raises(QuestionError):
        desk.explain(text, Audience.STAFF)


@pytest.mark.parametrize("text", ["%", "？", "😀"])
def test_what_has_no_word_finds_nothing(desk: StaffDesk, text: str) -> None:
    results = desk.search(text, Filters())
    assert (results.understood_as, results.found, results.rejected) == (text, (), ())


# --- citations in official form


def flood(**changes: object) -> Document:
    """The rules on floods, which have articles."""
    return replace(parse("flood.txt", FLOOD.encode()), **changes)  # type: ignore[arg-type]


def test_an_article_is_cited_with_number_and_date() -> None:
    document = flood(date="2023-04-01", source="启政发〔2023〕5号")
    at = document.text.index("每年三月底")
    assert (
        official_citation(document, at)
        == "《启隆镇防汛工作办法》（启政发〔2023〕5号，2023-04-01）第三条"
    )


def test_what_a_document_does_not_tell_is_left_out() -> None:
    document = flood()
    assert official_citation(document, 0) == "《启隆镇防汛工作办法》"
    assert official_citation(document, len(document.text) - 3) == "《启隆镇防汛工作办法》第四条"


def test_a_number_within_a_sentence_is_another_documents() -> None:
    text = "通知\n根据启政发〔2020〕1号，现通知如下。\n"
    document = parse("a.txt", text.encode())
    assert "号" not in official_citation(document, len(text) - 2)
    own = parse("a.txt", f"通知\n启政发〔2024〕 12号\n{text}".encode())
    assert "启政发〔2024〕12号" in official_citation(own, 3)
