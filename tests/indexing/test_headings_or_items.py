"""Which numbered lines are headings, and which are items of a list."""

from __future__ import annotations

import pytest

from assistant.indexing.parse.blocks import Block, heading_level, listed_apart


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("第一章 总则", 2),
        ("第二节 申请", 3),
        ("一、申请条件", 2),
        ("（二）办理时间", 3),
        ("一、申请人应当具有启隆镇户籍。", 0),
        ("（一）身份证；", 0),
        ("二、" + "长" * 60, 0),
        ("启隆镇", 0),
    ],
)
def test_a_short_line_with_a_number_may_be_a_heading(line: str, level: int) -> None:
    assert heading_level(line) == level


def levels(*lines: str) -> list[int]:
    """The level of each line that its number gives and its neighbours leave."""
    return [b.level for b in listed_apart(Block(line, heading_level(line)) for line in lines)]


def test_a_heading_has_text_or_a_deeper_heading_below() -> None:
    assert levels("一、条件", "（一）户籍", "须有户籍。", "二、时间", "周一。") == [2, 3, 0, 2, 0]


def test_numbered_lines_one_after_the_other_are_a_list() -> None:
    assert levels("需要：", "（一）身份证", "（二）户口簿", "以上各一份。") == [0, 0, 0, 0]
    assert levels("一、材料", "（一）身份证", "（二）户口簿", "二、时间", "周一。") == [
        2,
        0,
        0,
        2,
        0,
    ]


def test_a_number_with_nothing_below_is_no_heading() -> None:
    assert levels("正文。", "一、咨询电话12345") == [0, 0]
    assert levels("一、总则", "（一）依据", "二、附则", "即日施行。") == [2, 0, 2, 0]


def test_headings_of_a_style_stay() -> None:
    blocks = [Block("总则", 2), Block("附则", 2), Block("即日施行。")]
    assert list(listed_apart(blocks)) == blocks
