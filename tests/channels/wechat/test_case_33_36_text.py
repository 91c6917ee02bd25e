"""Cases 33 to 36: text that fits, links that are ours, XML that is whole, Markdown made plain."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.dom.minidom import parseString

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.channels.wechat.answerer import labelled, more_line
from assistant.channels.wechat.compose import (
    AppStyle,
    BotStyle,
    OfficialStyle,
    body,
    fixed_label,
    label,
)
from assistant.channels.wechat.messages import read_fields, read_message, text_reply
from assistant.channels.wechat.simulate import text_message
from assistant.channels.wechat.text import BUDGET, link, neutral, plain, say_link, size, split
from assistant.resources import load
from assistant.types import Answer, Citation, Line
from tests.channels.wechat.support import ACCOUNT, ALLOWANCE, BUS, Running, content, numbers

FAMILY = "👨‍👩‍👧‍👦"
LINK = '<a href="https://town.example/documents/1?quote=1-2#quote">看原文</a>'


def links(text: str) -> list[str]:
    """The addresses of what WeChat would make a link of."""
    return re.findall(r'<a\b[^>]*href="([^"]*)"', text)


@pytest.mark.parametrize("before", range(6))
def test_case_33_a_character_is_never_cut_at_the_budget(before: int) -> None:
    room = 100
    text = "a" * (room - before) + "𠀀" + "b" * 50
    parts = split(text, room)
    assert "".join(parts) == text
    assert all(size(part) <= room for part in parts)
    assert all(part.encode().decode() == part for part in parts)


@pytest.mark.parametrize("length", [-1, 0, 1])
def test_case_33_one_byte_under_at_and_over_the_budget(length: int) -> None:
    text = "水" * 30 + "a" * (10 + length)
    parts = split(text, 100)
    assert len(parts) == (2 if length > 0 else 1)
    assert "".join(parts) == text


def test_case_33_joined_emoji_stay_whole() -> None:
    text = FAMILY * 40
    for room in range(size(FAMILY), 3 * size(FAMILY)):
        parts = split(text, room)
        assert "".join(parts) == text
        assert all(part == FAMILY * (len(part) // len(FAMILY)) for part in parts)


def test_case_33_parts_end_with_sentences_where_that_is_possible() -> None:
    text = "".join(f"第{n}条，办理时请带身份证（原件）。" for n in range(100))
    parts = split(text, 500)
    assert "".join(parts) == text
    assert all(part.endswith("。") for part in parts)


PIECES = ["水", "a", "。", "\n", "𠀀", FAMILY, LINK, "<", "e\u0301", "」", "\u0301", "\ufe0f", "🏽"]


@settings(max_examples=150)
@given(
    text=st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    room=st.integers(100, 400),
)
def test_case_33_parts_always_fit_and_rejoin(text: str, room: int) -> None:
    parts = split(text, room)
    assert "".join(parts) == text
    assert all(size(part) <= room for part in parts)
    clusters = regex.findall(r"\X", text)
    assert [c for part in parts for c in regex.findall(r"\X", part)] == clusters


@given(before=st.integers(0, 300), room=st.integers(150, 250))
@settings(max_examples=60)
def test_case_34_a_link_is_never_split(before: int, room: int) -> None:
    text = "水" * before + LINK + "地" * 100
    parts = split(text, room)
    assert "".join(parts) == text
    assert sum(part.count(LINK) for part in parts) == 1


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "weixin://dl/business", "/documents/1", "",
        'https://x"onclick="y', "https://x/<a>", "https://x/ y", "https://x/" + "y" * 3000,
    ],
)  # fmt: skip
def test_case_34_only_ordinary_addresses_become_links(url: str) -> None:
    assert link(url, "看原文") == "看原文"
    assert links(link("https://town.example/", "<b>看原文</b>")) == ["https://town.example/"]
    assert links(say_link('坏"><a href="https://evil">'))[0].startswith("weixin://bizmsgmenu?")
    assert len(links(say_link('坏"><a href="https://evil">'))) == 1


def citation(quote: str, title: str = "办事指南", number: int = 1) -> Citation:
    """A quoted passage."""
    url = f"https://town.example/documents/x{number}?quote=0-9#quote"
    return Citation(number, "x", title, (), quote, 0, len(quote), "2024", url)


def answer(*quotes: str, title: str = "办事指南") -> Answer:
    """An answer that quotes."""
    citations = tuple(citation(q, f"{title}{n}", n) for n, q in enumerate(quotes, 1))
    text = "".join(quotes)
    return Answer(
        "answered", text, "问", 0.9, citations, pieces=quotes, lines=(Line("", citations),)
    )


HOSTILE = '<a href="https://evil.example">点我领补贴</a><img src=x>5<6，</a><!--'


def test_case_34_tags_of_others_are_shown_and_do_nothing(plain: Running) -> None:
    assert links(neutral(HOSTILE)) == []
    assert "5<6" in neutral(HOSTILE)
    for style in (OfficialStyle(), AppStyle()):
        told = body(answer(HOSTILE, title=HOSTILE), style, lambda _: True)
        assert {url.split("/")[2] for url in links(told)} == {"town.example"}
    reply = plain.ask("p-34", f"{HOSTILE}{BUS}")
    assert all(not url.startswith("https://evil") for url in links(reply))


@pytest.mark.parametrize(
    "text", ["a]]>b", "a\x00\x08b", "a\ud800b", "a\ufffe\uffffb", "]]>" * 3, "&<>'\""]
)
def test_case_35_any_answer_is_whole_xml(text: str) -> None:
    message = read_message(text_message(ACCOUNT, "p-35", "问", 1, 0))
    xml = text_reply(message, text, 1.0)
    parseString(xml.encode())  # noqa: S318 - our own text
    fields, repeated = read_fields(xml.encode())
    assert not repeated
    kept = "".join(c for c in text if c not in "\x00\x08\ud800\ufffe\uffff")
    assert fields["Content"] == kept


@given(text=st.text(st.characters(), max_size=100))
@settings(max_examples=100)
def test_case_35_whatever_it_holds(text: str) -> None:
    message = read_message(text_message(ACCOUNT, "p-35", "问", 1, 0))
    document = parseString(text_reply(message, text, 1.0).encode())  # noqa: S318 - our own text
    assert document.documentElement.tagName == "xml"


MARKDOWN = """\
# 办理流程

**请带**身份证，见[办事指南](https://town.example/guide)和 `表一`。

- 申请书
* 户口簿

> 注意
![图](https://town.example/a.png)
```
代码
```
2*3*4=24，__init__，价格*以原文为准。
"""


def test_case_36_markdown_becomes_plain_text_with_its_addresses() -> None:
    told = plain(MARKDOWN)
    for mark in ("#", "**", "](", "`", "- ", "> "):
        assert mark not in told
    assert "办事指南 https://town.example/guide" in told
    assert "· 申请书\n· 户口簿" in told
    assert "2*3*4=24，__init__，价格*以原文为准。" in told


def test_case_36_the_label_stands_in_every_part_and_counts(plain: Running) -> None:
    long = tuple("".join(f"第{n}条，应当{k}。" for n in range(150)) for k in ("申请", "报告"))
    given = answer(*long)
    told = label(given)
    assert "《办事指南1》《办事指南2》" in told
    room = BUDGET - size(labelled("", told)) - size("\n" + more_line())
    parts = split(body(given, OfficialStyle(), lambda _: True), room)
    assert len(parts) > 2
    for part in parts:
        shown = f"{labelled(part, told)}\n{more_line()}"
        assert size(shown) <= BUDGET
        assert told in shown


def test_case_36_a_long_answer_is_read_part_by_part(
    plain: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "".join(f"第{n}条，申请人应当提交材料。" for n in range(150))
    ask = plain.service.ask

    def longer(*given: object, **more: object) -> object:
        reply = ask(*given, **more)  # type: ignore[arg-type]
        return replace(reply, answer=answer(long))

    monkeypatch.setattr(plain.service, "ask", longer)
    shown = [plain.ask("p-36", BUS)]
    while load("wechat")["more"][:4] in shown[-1]:
        shown.append(plain.ask("p-36", load("wechat")["collect"]))
    assert len(shown) >= 3
    told = label(answer(long))
    cut = [one.split(f"\n\n{told}")[0] for one in shown]
    assert all(told in one and size(one) <= BUDGET for one in shown)
    assert "".join(cut) == body(replace(answer(long), notices=notices(BUS)), OfficialStyle(), bool)
    assert plain.ask("p-36", load("wechat")["collect"]).startswith(
        load("wechat")["nothing_pending"]
    )


def notices(question: str) -> tuple[str, ...]:
    """What stands before an answer to a question that was understood as another."""
    return (load("wechat")["understood"].format(text=answer("").understood_as),)


def test_case_36_words_that_quote_nothing_are_labelled_too(plain: Running) -> None:
    for said in ("你好", "zyxwvut", load("wechat")["collect"], " "):
        assert plain.ask("p-36-b", said).endswith(fixed_label())
    message = text_message(ACCOUNT, "p-36-b", ALLOWANCE, next(numbers), plain.clock.now())
    assert "自动摘录自《最低生活保障申请指南》" in content(plain.post(message).text)


def test_a_link_to_a_page_that_not_everyone_may_read_is_left_out() -> None:
    for style in (OfficialStyle(), BotStyle()):
        assert "https://" not in body(answer("甲。"), style, lambda _: False)
        assert "https://town.example" in body(answer("甲。"), style, lambda _: True)


def test_case_36_answers_to_several_questions_stand_below_one_another() -> None:
    first, third = citation("周一至周五。", number=1), citation("一楼。", number=2)
    lines = (Line("有。", (first,)), Line("关于“电话”，文档里没有提到。"), Line("", (third,)))
    several = Answer("answered", "", "问", 0.9, (first, third), lines=lines)
    said = body(several, OfficialStyle(), lambda _: False)
    assert said.splitlines()[:3] == [
        "有。周一至周五。【1】",
        "关于“电话”，文档里没有提到。",
        "一楼。【2】",
    ]
