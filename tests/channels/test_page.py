"""The plain page: a form, the answer with its sources, and the document at the quoted place."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from sqlalchemy import update

from assistant.answering.pipeline import QUESTION_LENGTH
from assistant.resources import load
from assistant.store.conversations import ConversationStore
from assistant.store.tables import conversations
from tests.channels.conftest import ANSWERED, REFUSED, SEVERAL, TWO_SOURCES, Site

ALLOWED_TAGS = {
    "html", "head", "meta", "title", "link", "body", "header", "main", "footer", "section",
    "article", "div", "h1", "h2", "p", "a", "form", "label", "textarea", "input", "button",
    "ol", "li", "blockquote", "cite", "mark", "dl", "dt", "dd", "strong", "span", "bdi", "h3", "script",
}  # fmt: skip
OWN_SCRIPTS = [
    {"type": "application/json", "id": "chat-data"},
    {"type": "module", "src": "/static/chat/main.js"},
]
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Outline(HTMLParser):
    """The tags and the attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and its attributes."""
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "script":
            self.scripts.append(dict(attrs))


def harmless(text: str) -> bool:
    """Whether a page holds nothing but the template's own elements, and nothing that runs."""
    outline = Outline(text)
    runs = {name for name in outline.attributes if name.startswith("on") or name == "style"}
    own = outline.scripts in ([], OWN_SCRIPTS)
    return outline.tags <= ALLOWED_TAGS and own and not runs


def shown(text: str) -> str:
    """What the page shows, without its elements."""
    return unescape(re.sub("<script.*?</script>|<[^>]+>", "", text, flags=re.S))


def test_the_page_offers_a_form_and_questions(site: Site) -> None:
    page = site.client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'method="post"' in page.text
    assert f'maxlength="{QUESTION_LENGTH}"' in page.text
    offered = site.client.get("/api/suggestions").json()["suggestions"]
    assert offered
    assert all(question in page.text for question in offered)
    assert harmless(page.text)


def test_a_question_by_form_is_answered_with_its_sources(site: Site) -> None:
    page = site.client.post("/", data={"question": TWO_SOURCES})
    answer = site.ask(TWO_SOURCES)
    assert page.status_code == 200
    assert 'data-status="answered"' in page.text
    for citation in answer["citations"]:
        assert f"<blockquote>{citation['quote']}</blockquote>" in page.text
        assert f'href="{citation["url"]}"' in page.text
        assert f'href="#source-{citation["number"]}"' in page.text
        assert f'id="source-{citation["number"]}"' in page.text
    assert answer["answer"] in shown(page.text)


def test_a_refusal_by_form_shows_its_words_and_no_source(site: Site) -> None:
    page = site.client.post("/", data={"question": REFUSED})
    assert page.status_code == 200
    assert 'data-status="refused_' in page.text
    assert load("contacts")[0]["name"] in page.text
    assert "blockquote" not in page.text


def test_what_is_to_be_told_besides_stands_before_the_answer(site: Site) -> None:
    page = site.client.post("/", data={"question": f"{ANSWERED}我的电话13812345678"})
    assert harmless(page.text)
    assert 'class="notice"' in page.text
    assert page.text.index('class="notice"') < page.text.index('class="text"')
    assert 'class="notice"' not in site.client.post("/", data={"question": ANSWERED}).text


def test_a_form_goes_on_with_its_conversation(site: Site) -> None:
    first = site.client.post("/", data={"question": "专线公交从崇明南门几点发车？"}).text
    conversation = re.search(r'name="conversation_id" value="(\w+)"', first)
    assert conversation
    sent = {"question": "六十五周岁以上的老人呢", "conversation_id": conversation[1]}
    page = site.client.post("/", data=sent)
    assert conversation[1] in page.text
    understood = load("replies")["page"]["understood"].format(text="")
    assert understood in page.text
    assert understood not in first
    assert "老人免费乘坐" in page.text


def test_white_space_around_a_question_is_no_other_understanding(site: Site) -> None:
    page = site.client.post("/", data={"question": f"  {ANSWERED}\r\n"})
    assert load("replies")["page"]["understood"].format(text="") not in page.text


@pytest.mark.parametrize(
    ("question", "status"),
    [("", "error_question_empty"), (" \u3000", "error_question_empty"), ("长" * 301, "error_question_too_long")],
)  # fmt: skip
def test_a_question_that_cannot_be_taken_is_shown_again_with_the_reason(
    site: Site, question: str, status: str
) -> None:
    page = site.client.post("/", data={"question": question})
    assert page.status_code == 422
    assert load("statuses")[status]["residents"] in page.text
    assert question.strip() in page.text


def test_an_empty_form_asks_for_a_question(site: Site) -> None:
    page = site.client.post("/")
    assert page.status_code == 422
    assert load("statuses")["error_question_empty"]["residents"] in page.text


@pytest.mark.parametrize(
    "charset", ["raw_unicode_escape", "utf-16-le", "utf-7", "hex", "undefined", "none"]
)
def test_a_form_in_an_odd_encoding_has_a_defined_outcome(site: Site, charset: str) -> None:
    for value in (b"\\ud800", b"\\ud800" * 400, b"\xff\xfe\x00\xd8"):
        body = (
            b'--x\r\nContent-Disposition: form-data; name="question"\r\n\r\n'
            + value
            + b"\r\n--x--\r\n"
        )
        kind = f"multipart/form-data; boundary=x; charset={charset}"
        response = site.client.post("/", content=body, headers={"content-type": kind})
        assert response.status_code in (200, 400, 422)


# --- conversations that are over


def test_a_question_from_a_page_whose_conversation_is_over_stands_by_itself(site: Site) -> None:
    old = site.ask(ANSWERED)["conversation_id"]
    days = 30
    with site.assembly.engine.begin() as connection:
        row = conversations.c.id == old
        used = conversations.c.last_used_at
        when = connection.execute(conversations.select().where(row)).one().last_used_at
        past = when - timedelta(days=days + 1)
        connection.execute(update(conversations).where(row).values({used: past}))
    assert ConversationStore(site.assembly.engine, days).expire() == 1
    page = site.client.post("/", data={"question": ANSWERED, "conversation_id": old})
    assert page.status_code == 200
    assert 'data-status="answered"' in page.text
    assert old not in page.text


def test_a_made_up_conversation_is_passed_over(site: Site) -> None:
    for identity in ("0" * 32, "<b>", "'; --"):
        page = site.client.post("/", data={"question": ANSWERED, "conversation_id": identity})
        assert page.status_code == 200
        assert harmless(page.text)


# --- what others wrote is text


@pytest.mark.parametrize(
    "question",
    [
        "<script>alert(1)</script>",
        "</textarea><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "<svg/onload=alert(1)>网管员",
        "{{ 7 * 7 }}{% raw %}",
    ],
)
def test_markup_in_a_question_is_shown_as_text(site: Site, question: str) -> None:
    for text in (question, question * 20):
        page = site.client.post("/", data={"question": text})
        assert harmless(page.text)
        assert text in shown(page.text)


def test_direction_marks_in_a_question_reach_no_page(site: Site) -> None:
    page = site.client.post("/", data={"question": "票价\u202e多少\u2067钱"})
    assert not BIDI.search(page.text)
    assert "票价多少钱" in page.text


def test_markup_in_a_document_is_shown_as_text(site: Site) -> None:
    page = site.client.get(f"/documents/{site.document_id('hostile.md')}")
    assert page.status_code == 200
    assert harmless(page.text)
    for text in ('<script>alert("正文")</script>', "<img src=x onerror=alert(1)>", "<b>主题</b>"):
        assert text in shown(page.text)


def test_markup_in_a_quote_is_shown_as_text(site: Site) -> None:
    page = site.client.post("/", data={"question": "把 script alert 正文 这样的代码交给网管员"})
    assert harmless(page.text)
    assert not BIDI.search(page.text)
    for text in ("<script>alert('标题')</script>", '<script>alert("正文")</script>'):
        assert text in shown(page.text)


def test_direction_marks_in_a_document_reach_no_page(site: Site) -> None:
    page = site.client.get(f"/documents/{site.document_id('hostile.md')}")
    assert "文件名gpj.exe看着像图片" in page.text
    assert not BIDI.search(page.text)


# --- the document page


def marks(text: str) -> list[str]:
    """The marked pieces of a page."""
    return [unescape(m) for m in re.findall("<mark[^>]*>(.*?)</mark>", text, re.S)]


def document(site: Site, path: str) -> tuple[str, str]:
    """The address of a document's page and the document's text."""
    identity = site.document_id(path)
    return f"/documents/{identity}", site.client.get(f"/api/documents/{identity}").json()["text"]


def test_a_document_page_shows_the_whole_text_and_where_it_is_from(site: Site) -> None:
    address, text = document(site, "allowance.md")
    page = shown(site.client.get(address).text)
    assert all(line in page for line in text.splitlines())
    assert all(part in page for part in ("启隆镇便民服务中心", "2024-03-15", "低保", "社会救助"))


def test_the_quoted_place_is_marked_and_has_the_anchor(site: Site) -> None:
    address, text = document(site, "allowance.md")
    start = text.index("受理之后")
    page = site.client.get(f"{address}?quote={start}-{start + 4}").text
    assert marks(page) == ["受理之后"]
    assert page.count('id="quote"') == 1


def test_a_place_over_several_lines_is_marked_on_each_with_one_anchor(site: Site) -> None:
    address, text = document(site, "flood.txt")
    start, end = text.index("汛期"), text.index("各村") + 2
    page = site.client.get(f"{address}?quote={start}-{end}").text
    assert "".join(marks(page)) == text[start:end]
    assert len(marks(page)) == 2
    assert page.count('id="quote"') == 1


def test_every_place_of_a_document_can_be_marked(site: Site) -> None:
    address, text = document(site, "flood.txt")
    plain = shown(site.client.get(address).text)
    for start in range(0, len(text), 7):
        page = site.client.get(f"{address}?quote={start}-{start + 11}").text
        assert shown(page) == plain


@pytest.mark.parametrize(
    "quote",
    [
        "", "-", "5", "a-b", "5-", "-5-9", "9-5", "100-3", "0-0", "3-3", "0-999999999",
        "999999998-999999999", "1-2-3", "1e3-2e3", "0x1-0x2", "9999999999-99999999999",
        " 1-2", "<script>", "%00", "１-３", "1-2%0A", "&quote=1-2",
    ],
)  # fmt: skip
def test_a_nonsense_place_is_harmless(site: Site, quote: str) -> None:
    for path in ("allowance.md", "flood.txt", "hostile.md"):
        address, _ = document(site, path)
        page = site.client.get(f"{address}?quote={quote}")
        assert page.status_code == 200
        assert harmless(page.text)
        assert shown(page.text) == shown(site.client.get(address).text)


def test_an_unknown_document_has_a_page_that_says_so(site: Site) -> None:
    page = site.client.get("/documents/none?quote=1-2")
    assert page.status_code == 404
    assert load("statuses")["error_not_found"]["residents"] in page.text
    assert harmless(page.text)


def test_the_answers_to_several_questions_stand_below_one_another(site: Site) -> None:
    page = site.client.post("/", data={"question": SEVERAL}).text
    lines = [shown(line) for line in re.findall('<p class="text">(.*?)</p>', page)]
    assert len(lines) == 2
    assert "票价" in lines[0]
    assert "防汛预案" in lines[1]
