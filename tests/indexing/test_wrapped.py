"""Lines that were broken within a sentence are put together, and no others."""

from __future__ import annotations

import pytest

from assistant.indexing.parse import parse
from assistant.indexing.parse.wrapped import filled_columns, unwrapped
from tests.indexing import made

WIDE = [
    "　　启隆镇位于崇明岛的中北部，由永隆沙、兴隆沙和新村沙连成",
    "一片，全镇共有五千多人，其中户籍人口不到四千，镇上的便民",
    "服务中心周一至周五办公。",
]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["早餐七点十五分开始供应，", "每份六元。"], ["早餐七点十五分开始供应，每份六元。"]),
        (["身份证、", "  户口簿。"], ["身份证、", "  户口簿。"]),
        (["  身份证、", "  户口簿", "各一份。"], ["  身份证、户口簿", "各一份。"]),
        (["Bring it,", "please."], ["Bring it,", "please."]),
        (["请带好,", "身份证。"], ["请带好, 身份证。"]),
        (["需要：", "身份证；", "户口簿。"], ["需要：", "身份证；", "户口簿。"]),
        (["应当，", "（一）登记；"], ["应当，", "（一）登记；"]),
        (["供应，", "", "每份"], ["供应，", "", "每份"]),
    ],
)
def test_a_line_goes_on_behind_a_comma(lines: list[str], found: list[str]) -> None:
    assert list(unwrapped(lines)) == found


def test_lines_as_wide_as_the_page_go_on_up_to_an_end_mark() -> None:
    filled = filled_columns(WIDE)
    assert filled == 58
    assert list(unwrapped(WIDE, filled)) == ["".join(WIDE)]
    listed = [*WIDE[:1], "关于启隆镇二〇二五年城乡居民养老保险缴费工作安排的有关通知"]
    assert list(unwrapped(listed, filled)) == listed, "no sentence ends here"
    assert filled_columns(["短的一行。", WIDE[0]]) == 0


def text_of(path: str, content: str | bytes) -> str:
    """The text of a file."""
    return parse(path, content.encode() if isinstance(content, str) else content).text


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.txt", "标题\n\n早餐七点十五分开始供应，\n每份早餐收费六元。\n请自带餐具。\n"),
        ("a.md", "标题\n\n早餐七点十五分开始供应，  \n每份早餐收费六元。  \n请自带餐具。\n"),
        (
            "a.html",
            "<body><p>标题</p><p>早餐七点十五分开始供应，<br>\n每份早餐<b>收费</b>六元。"
            "<br/>请自带餐具。</p></body>",
        ),
        (
            "a.pdf",
            made.pdf(
                [
                    [
                        (80, 80, 14, "标题"),
                        (80, 110, 14, "早餐七点十五分开始供应，"),
                        (80, 140, 14, "每份早餐收费六元。"),
                        (80, 170, 14, "请自带餐具。"),
                        (80, 200, 14, "这一行比别的各行都要长得多，所以别的都没有到头。"),
                    ]
                ]
            ),
        ),
    ],
)
def test_a_sentence_over_two_lines_is_one_in_every_format(path: str, content: str) -> None:
    lines = text_of(path, content).splitlines()
    assert lines[:3] == ["标题", "早餐七点十五分开始供应，每份早餐收费六元。", "请自带餐具。"]


def test_an_article_that_was_broken_into_lines_is_no_heading() -> None:
    lines = [
        "办法",
        "",
        "第一条　为了加强启隆镇场地的管理和使用，根据有关规定制定本",
        "办法，请各村和各单位认真执行，有不明白的地方可以到办公室咨",
        "询。",
    ]
    found = parse("a.txt", "\n".join(lines).encode())
    assert found.text == "办法\n" + "".join(lines[2:]) + "\n"
    assert all(not section.headings for section in found.sections)
