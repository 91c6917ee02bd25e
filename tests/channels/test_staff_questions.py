"""The console's list of questions, the file of them, and deletion on request."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select

from assistant.channels.console.csv_file import harmless
from assistant.store.tables import feedback
from assistant.types import Role
from tests.channels.conftest import ANSWERED, Site
from tests.channels.staff import signed_in

REFUSED = "qwvutsrzyx"
"""Of no other test, since all ask the same application."""


def test_what_residents_ask_is_listed_with_what_came_of_it(site: Site) -> None:
    answer = site.ask(ANSWERED)
    site.client.post("/", data={"question": REFUSED})
    site.client.post(
        "/api/feedback",
        json={"answer_id": answer["answer_id"], "rating": "down", "reason": "<b>不对</b>"},
    )
    person = signed_in(site, Role.EDITOR)
    page = person.client.get("/staff/questions").text
    for told in (ANSWERED, REFUSED, "接口", "网页", "没用：&lt;b&gt;不对"):
        assert told in page
    bad = person.client.get("/staff/questions?only=badly_rated").text
    assert ANSWERED in bad
    assert REFUSED not in bad
    refused = person.client.get("/staff/questions?only=refused").text
    assert REFUSED in refused
    assert 'aria-current="page">没答上的' in refused


def test_a_browser_is_told_from_a_program(site: Site) -> None:
    sent = {"question": "镇政府在哪里？"}
    site.client.post("/api/chat", json=sent, headers={"Origin": "http://testserver"})
    person = signed_in(site, Role.EDITOR)
    listed = person.call("GET", "/api/staff/questions").json()["questions"]
    assert (listed[0]["question"], listed[0]["channel"]) == (sent["question"], "page")


def test_personal_data_is_not_there_to_be_listed(site: Site) -> None:
    site.ask("我的身份证号是110101199003074610，怎么办低保？")
    listed = signed_in(site, Role.EDITOR).call("GET", "/api/staff/questions").text
    assert "110101199003074610" not in listed


def test_personal_data_in_a_reason_is_taken_out_before_it_is_kept(site: Site) -> None:
    answer_id = site.ask(ANSWERED)["answer_id"]
    given = {"answer_id": answer_id, "rating": "down", "reason": "我电话13812345678没人打"}
    assert site.client.post("/api/feedback", json=given).status_code == 200
    with site.assembly.engine.connect() as connection:
        query = select(feedback.c.reason).where(feedback.c.answer_id == answer_id)
        assert connection.execute(query).scalar_one() == "我电话【手机号】没人打"
    person = signed_in(site, Role.EDITOR)
    for path in ("/staff/questions", "/api/staff/questions", "/staff/questions.csv"):
        shown = person.client.get(path).text
        assert "我电话【手机号】没人打" in shown
        assert "13812345678" not in shown


def test_the_file_opens_in_a_spreadsheet_and_holds_no_formula(site: Site) -> None:
    site.ask('=HYPERLINK("http://a.example","点我")')
    person = signed_in(site, Role.EDITOR)
    response = person.client.get("/staff/questions.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="questions-all.csv"' in response.headers["content-disposition"]
    assert response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["时间", "问题", "结果"]
    assert '\'=HYPERLINK("http://a.example","点我")' in [row[1] for row in rows]
    assert all(len(row) == len(rows[0]) for row in rows)
    assert person.client.get("/api/staff/questions.csv").content == response.content
    [entry, *_] = site.assembly.audit.entries(1)
    assert (entry.actor, entry.action) == (person.name, "questions_exported")


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "  =1", "＝1", "＠a"])
def test_a_cell_that_could_be_a_formula_is_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "问题", "1-2", "a=b", "3000"])
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


def test_a_conversation_is_deleted_on_request_and_by_whom_is_in_the_log(site: Site) -> None:
    asked = site.ask(ANSWERED)
    person = signed_in(site, Role.PUBLISHER)
    path = f"/staff/conversations/{asked['conversation_id']}/erase"
    assert "删除" in person.client.get("/staff/questions").text
    assert person.send(path).headers["location"] == "/staff/questions"
    assert person.send(path).status_code == 404
    assert site.client.get(f"/answers/{asked['answer_id']}").status_code == 404
    [entry, *_] = site.assembly.audit.entries(1)
    assert (entry.actor, entry.action) == (person.name, "conversation_erased")
    assert (entry.before, entry.after) == ({"questions": 1}, {})
    other = site.ask(ANSWERED)["conversation_id"]
    one = f"/api/staff/conversations/{other}"
    assert person.call("DELETE", one).json() == {"ok": True}
    assert person.call("DELETE", one).status_code == 404


def test_an_editor_is_not_shown_how_to_delete(site: Site) -> None:
    site.ask(ANSWERED)
    page = signed_in(site, Role.EDITOR).client.get("/staff/questions").text
    assert "/erase" not in page


@pytest.mark.parametrize("query", ["only=none", "page=0", "page=x", "page=99999999999999999999"])
def test_a_filter_or_page_that_cannot_be_is_an_invalid_request(site: Site, query: str) -> None:
    person = signed_in(site, Role.EDITOR)
    assert person.client.get(f"/staff/questions?{query}").status_code == 422
    told = person.client.get("/staff/questions?only=none").text
    assert "only只能是 all、refused、badly_rated、slow" in told
    assert person.client.get("/staff/questions?page=1000000").status_code == 200
