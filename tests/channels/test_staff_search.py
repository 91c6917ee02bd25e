"""The console's policy search, ask box and documents, on its pages and in its API."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.resources import load
from assistant.types import Role
from tests.channels.conftest import ANSWERED, REFUSED, Site
from tests.channels.staff import Person, signed_in

THRESHOLD = load("search")["refusal_threshold"]
DUTY = "节假日值班由几名机关干部负责？"


@pytest.fixture
def person(site: Site) -> Person:
    """Somebody who may read."""
    return signed_in(site, Role.READER)


def test_a_hit_shows_its_scores_and_opens_at_the_passage(site: Site, person: Person) -> None:
    page = person.client.get("/staff/search", params={"q": DUTY}).text
    assert "内部" in page
    for told in ("字词分", "语义分", "综合分", "阅读分", "<mark>值班</mark>", "复制引用"):
        assert told in page
    link = re.search(r'href="(/staff/documents/[0-9a-f]+\?quote=\d+-\d+)#quote"', page)
    assert link
    document = person.client.get(link[1]).text
    assert '<mark id="quote">' in document
    assert 'href="#line-' in document
    ids = re.findall(r' id="(line-\d+)"', document)
    assert set(re.findall(r'href="#(line-\d+)"', document)) <= set(ids)


def test_a_form_with_nothing_chosen_searches_everything(person: Person) -> None:
    chosen = {"topic": "", "since": "", "until": "", "audience": ""}
    page = person.client.get("/staff/search", params={"q": DUTY, **chosen})
    assert page.status_code == 200
    assert "镇机关值班安排" in page.text
    only = person.client.get("/staff/search", params={"q": DUTY, **chosen, "audience": "residents"})
    assert "镇机关值班安排" not in only.text


@pytest.mark.parametrize(
    "wrong", [{"since": "gestern"}, {"until": "2024-1"}, {"audience": "all"}, {"topic": "\x00"}]
)
def test_a_filter_that_cannot_be_is_an_invalid_request(
    person: Person, wrong: dict[str, str]
) -> None:
    for path in ("/staff/search", "/api/staff/search"):
        response = person.client.get(path, params={"q": "值班", **wrong})
        assert response.status_code == 422
        assert f"（{next(iter(wrong))}）" in response.text, "it is told which"


def test_a_text_that_is_too_long_is_told_on_the_page(person: Person) -> None:
    page = person.client.get("/staff/search", params={"q": "长" * 301})
    assert (page.status_code, 'role="alert"' in page.text) == (422, True)
    asked = person.send("/staff/ask", "/staff/ask", question="长" * 301, audience="staff")
    assert (asked.status_code, 'role="alert"' in asked.text) == (422, True)


def test_the_ask_box_shows_steps_scores_threshold_and_status(site: Site, person: Person) -> None:
    before = site.assembly.questions.count("all")  # type: ignore[arg-type]
    for question, status in ((ANSWERED, "answered"), (REFUSED, "refused_nothing_found")):
        page = person.send("/staff/ask", "/staff/ask", question=question, audience="residents").text
        assert f'data-status="{status}"' in page
        for told in ("辨认", "检索", "阅读", "毫秒", f"低于{THRESHOLD}就不回答"):
            assert told in page
    assert site.assembly.questions.count("all") == before  # type: ignore[arg-type]


def test_hostile_documents_and_words_stay_text(site: Site, person: Person) -> None:
    words = "<script>alert('标题')</script>"
    identity = site.document_id("hostile.md")
    for page in (
        person.client.get("/staff/search", params={"q": words}),
        person.send("/staff/ask", "/staff/ask", question=words, audience="staff"),
        person.client.get("/staff/documents"),
        person.client.get(f"/staff/documents/{identity}"),
    ):
        assert page.status_code == 200
        assert not re.search(r"<script>|<img src=x|<b>主题", page.text)


def test_all_documents_are_listed_with_who_owns_them(person: Person) -> None:
    page = person.client.get("/staff/documents").text
    for told in ("staff/duty.md", "allowance.md", "由 corpus 文件夹管理", "内部", "居民"):
        assert told in page


# --- the API


def test_a_program_searches_and_asks_with_all_detail(person: Person) -> None:
    found = person.call("GET", "/api/staff/search?q=" + DUTY).json()["found"]
    assert (found[0]["title"], found[0]["audience"]) == ("镇机关值班安排", "staff")
    document = person.call("GET", f"/api/staff/documents/{found[0]['document_id']}").json()
    assert document["text"][found[0]["start"] : found[0]["end"]] == found[0]["text"]
    assert document["audience"] == "staff"
    told = person.call("POST", "/api/staff/ask", {"question": DUTY, "audience": "staff"}).json()
    assert [step["name"] for step in told["steps"]][:2] == ["screen", "understand"]
    assert told["results"]["found"]
    assert told["threshold"] == THRESHOLD
    listed = person.call("GET", "/api/staff/documents").json()["documents"]
    assert "staff/duty.md" in [d["path"] for d in listed]
    assert person.call("GET", "/api/staff/documents/none").status_code == 404
    assert person.call("GET", "/api/staff/search").status_code == 422


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_any_text_has_a_defined_outcome(person: Person, text: str) -> None:
    for path in ("/staff/search", "/api/staff/search"):
        for field in ("q", "topic", "since", "audience"):
            response = person.client.get(path, params={"q": "值班", field: text})
            assert response.status_code in (200, 422), (path, field)
    for path in ("/staff/documents/", "/api/staff/documents/"):
        response = person.client.get(path + quote(text, safe=""), follow_redirects=False)
        assert response.status_code in (200, 307, 404, 422)
    response = person.call("POST", "/api/staff/ask", {"question": text, "audience": "staff"})
    assert response.status_code in (200, 422)


# --- what residents must not see


STAFFS = re.compile("值班|交接班|duty")


@pytest.mark.parametrize(
    "question",
    [DUTY, "镇机关值班安排", "交接班记录本在哪里签字？", "机关干部怎么值班", "请问直班安排"],
)
def test_no_way_of_residents_leads_to_what_is_for_staff(
    site: Site, person: Person, question: str
) -> None:
    # Staff have asked it first: nothing is remembered across.
    person.call("POST", "/api/staff/ask", {"question": question, "audience": "staff"})
    answer = site.ask(question)
    own = {**answer, "understood_as": "", "answer_id": "", "conversation_id": ""}
    assert not STAFFS.search(str(own))
    # Nothing was corrected to a word that only staff's documents have.
    assert set(STAFFS.findall(answer["understood_as"])) <= set(STAFFS.findall(question))
    for name, data in site.stream(question):
        if name in ("retrieved", "delta", "status"):
            assert not STAFFS.search(str(data)), name
    page = site.client.post("/", data={"question": question}).text
    assert not STAFFS.search(page.replace(question, ""))
    slip = site.client.get(f"/answers/{answer['answer_id']}").text
    assert not STAFFS.search(slip.replace(question, ""))


def test_a_staff_documents_address_is_nobodys_to_residents(site: Site, person: Person) -> None:
    identity = site.document_id("staff/duty.md")
    assert person.client.get(f"/staff/documents/{identity}").status_code == 200
    none = "0" * len(identity)
    for path in ("/api/documents/{}", "/documents/{}"):
        # Not even to somebody who has signed in, and no other than one that never was.
        for client in (site.client, person.client):
            response = client.get(path.format(identity))
            assert response.status_code == 404
            unknown = client.get(path.format(none))
            assert re.sub(r'"request_id":"\w+"', "", response.text) == re.sub(
                r'"request_id":"\w+"', "", unknown.text
            )
    assert not STAFFS.search(site.client.get("/api/suggestions").text)
    assert not STAFFS.search(site.client.get("/").text)
