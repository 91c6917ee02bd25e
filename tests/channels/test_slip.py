"""An answer on a sheet to print: whole, harmless, and only for whoever knows its id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from assistant.resources import load
from assistant.segment import Segmenter
from assistant.store.versions import Version
from tests.channels.conftest import ANSWERED, REFUSED, TWO_SOURCES, Site
from tests.channels.library import METADATA, QUESTION, Office, open_office
from tests.channels.test_page import BIDI, Outline, shown


def test_a_slip_shows_question_answer_and_each_sentence_with_its_source(site: Site) -> None:
    answer = site.ask(TWO_SOURCES)
    page = site.client.get(f"/answers/{answer['answer_id']}")
    assert page.status_code == 200
    text = shown(page.text)
    assert TWO_SOURCES in text
    assert answer["answer"] in text
    assert page.text.count("<blockquote>") == len(answer["citations"]) == 2
    for citation in answer["citations"]:
        assert f"<blockquote>{citation['quote']}</blockquote>" in page.text
        assert f"《{citation['title']}》" in text
        assert citation["date"] in text
        assert f"http://testserver{citation['url']}" in text
        assert all(h in text for h in citation["headings"])
    assert load("replies")["slip"]["notice"] in text
    assert re.search(r"\d{4}年\d\d月\d\d日 \d\d:\d\d", text)


def test_a_refusal_has_a_slip_without_sources(site: Site) -> None:
    answer = site.ask(REFUSED)
    page = site.client.get(f"/answers/{answer['answer_id']}")
    assert page.status_code == 200
    assert answer["answer"] in shown(page.text)
    assert "blockquote" not in page.text


def test_a_slip_is_not_kept_by_browsers_and_runs_nothing(site: Site) -> None:
    page = site.client.get(f"/answers/{site.ask(ANSWERED)['answer_id']}")
    assert page.headers["cache-control"] == "no-store"
    outline = Outline(page.text)
    assert "script" not in outline.tags
    assert not {a for a in outline.attributes if a.startswith("on") or a == "style"}
    assert site.client.get("/static/slip.css").status_code == 200


@pytest.mark.parametrize(
    "question",
    [
        "把 script alert 正文 这样的代码交给网管员",
        "<script>alert(1)</script><b onclick=x>网管员</b>",
        "文件名\u202e看着像图片\u2067",
    ],
)
def test_what_others_wrote_is_text_on_a_slip(site: Site, question: str) -> None:
    answer = site.ask(question)
    page = site.client.get(f"/answers/{answer['answer_id']}").text
    assert not BIDI.search(page)
    assert not {"script", "b", "img"} & Outline(page).tags
    assert answer["answer"] in shown(page)


def test_personal_data_stands_on_no_slip(site: Site) -> None:
    answer = site.ask(f"{ANSWERED}我的电话13812345678")
    assert "13812345678" not in site.client.get(f"/answers/{answer['answer_id']}").text


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("slip"), segmenter) as opened:
        yield opened


def withdraw(office: Office, version: Version) -> None:
    office.site.assembly.library.withdraw(version.id, "wang")


def keep_for_staff(office: Office, version: Version) -> None:
    library = office.site.assembly.library
    office.publish(office.version(library.revise(version.id, "li")), audience="staff")


@pytest.mark.parametrize("gone", [withdraw, keep_for_staff])
def test_a_slip_shows_nothing_of_a_document_that_is_no_longer_public(
    office: Office, gone: Callable[[Office, Version], None]
) -> None:
    version = office.publish(office.upload(f"{gone.__name__}.txt"))
    answer = office.site.ask(QUESTION)
    [citation] = answer["citations"]
    assert citation["document_id"] == version.id
    path = f"/answers/{answer['answer_id']}"
    whole = office.site.client.get(path).text
    gone(office, version)
    office.work()
    page = office.site.client.get(path)
    assert page.status_code == 200
    assert shown(page.text).count(load("replies")["slip"]["gone"]) == 2
    told = (citation["quote"], citation["url"], METADATA["title"], "提前五天")
    assert all(word in shown(whole) + whole for word in told)
    assert not any(word in shown(page.text) + page.text for word in told)
    # The same version again is the same document.
    office.site.assembly.library.publish(version.id, "wang")
    office.work()
    assert office.site.client.get(path).text == whole
    withdraw(office, version)
    office.work()


def test_an_erased_answer_has_no_slip(site: Site) -> None:
    answer = site.ask(ANSWERED)
    site.client.delete(f"/api/conversations/{answer['conversation_id']}")
    assert site.client.get(f"/answers/{answer['answer_id']}").status_code == 404


@pytest.mark.parametrize("identity", ["none", "0" * 32, "a" * 4000, "'; --", "<script>", "🙂"])
def test_an_unknown_answer_has_a_page_that_says_so(site: Site, identity: str) -> None:
    page = site.client.get(f"/answers/{identity}")
    assert page.status_code == 404
    assert load("statuses")["error_answer_not_found"]["residents"] in page.text
    assert "<script>" not in page.text
