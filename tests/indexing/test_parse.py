"""What becomes of a file's text, headings and metadata."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import ParseError
from assistant.indexing.parse import document_id, parse
from assistant.types import Audience, Document
from tests.conftest import ALLOWANCE, BUS, DUTY, FLOOD


def document(path: str, text: str) -> Document:
    """The document that a file with this text makes."""
    return parse(path, text.encode())


def parts(found: Document) -> list[tuple[tuple[str, ...], str]]:
    """Headings and text of each section."""
    return [(s.headings, found.text[s.start : s.end]) for s in found.sections]


def page(body: str, head: str = "") -> str:
    """A web page."""
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>办事指南</title>'
        f"{head}</head><body>{body}</body></html>"
    )


def test_front_matter_becomes_metadata_and_is_not_in_the_text() -> None:
    found = document("allowance.md", ALLOWANCE)
    assert found.title == "最低生活保障申请指南"
    assert found.source == "启隆镇便民服务中心"
    assert found.date == "2024-03-15"
    assert found.topics == ("低保", "社会救助")
    assert found.audience is Audience.RESIDENTS
    assert "audience" not in found.text


def test_a_document_for_staff_says_so() -> None:
    assert document("duty.md", DUTY).audience is Audience.STAFF


@pytest.mark.parametrize("date", ["2024", '"2024"', "2024-03", "2024-03-15", "2024年春"])
def test_a_date_is_as_exact_as_the_file_tells_it(date: str) -> None:
    assert document("a.md", f"---\ndate: {date}\n---\n正文。").date == date.strip('"')


def test_headings_become_sections() -> None:
    found = document(
        "a.md", "前言。\n\n# 甲\n\n一。\n\n## 乙\n\n二。\n\n### 丙\n\n三。\n\n## 丁\n\n四。"
    )
    assert parts(found) == [
        ((), "前言。\n"),
        (("甲",), "一。\n"),
        (("甲", "乙"), "二。\n"),
        (("甲", "乙", "丙"), "三。\n"),
        (("甲", "丁"), "四。\n"),
    ]


def test_list_items_are_lines_of_their_own() -> None:
    found = document("a.md", "需要：\n\n- 身份证；\n- 户口簿：\n  1. 原件；\n  2. 复印件。\n")
    assert found.text == "需要：\n身份证；\n户口簿：\n原件；\n复印件。\n"


def test_each_row_of_a_table_carries_its_headers() -> None:
    lines = document("allowance.md", ALLOWANCE).text.splitlines()
    assert "窗口：残疾人窗口；时间：周一、周三；地点：便民服务中心二楼。" in lines


def test_empty_cells_and_empty_rows_leave_nothing_behind() -> None:
    found = document("a.md", "| 项目 | 费用 |\n|---|---|\n| 办证 | |\n| | |\n| 换证 | 5元 |\n")
    assert found.text == "项目：办证。\n项目：换证；费用：5元。\n"


def test_marks_of_markdown_are_dropped() -> None:
    found = document("a.md", "请到**一楼**[窗口](http://a.cn/)办理，填写`申请表`。\n\n> 引用的话。")
    assert found.text == "请到一楼窗口办理，填写申请表。\n引用的话。\n"


def test_html_in_markdown_is_not_markup_in_the_text() -> None:
    found = document(
        "a.md", '<div onclick="steal()">块</div>\n\n请到<b>一楼</b>办理<br><img src="x">。'
    )
    assert found.text == "请到一楼办理。\n"


def test_a_paragraph_of_several_lines_is_one_line() -> None:
    assert document("a.md", "第一行，\n第二行。\nThe\nend.").text == "第一行，第二行。 The end.\n"


@pytest.mark.parametrize(
    "metadata",
    ["title: [没有结束", "title: 甲\n\t乙: 丙", "date: 2024-02-30", "title: " + "[" * 3000],
    ids=["bracket", "tab", "no such date", "brackets"],
)
def test_metadata_that_is_not_yaml_is_refused_with_its_line(metadata: str) -> None:
    with pytest.raises(ParseError, match=r"不是正确的 YAML（第 \d+ 行附近）"):
        document("a.md", f"---\n{metadata}\n---\n正文。")


@pytest.mark.parametrize(
    "text", ["---\naudience：staff\n---\n正文。", "---\naudience: staff\n\n# 标题\n\n正文。"]
)
def test_metadata_is_never_passed_over_in_silence(text: str) -> None:
    """Or else a document for staff would be shown to everybody for a slip of the keyboard."""
    with pytest.raises(ParseError, match="元数据不完整"):
        document("a.md", text)


def test_a_line_across_the_page_is_not_taken_for_metadata() -> None:
    assert document("a.md", "---\n\n分隔线之后的正文。").text == "分隔线之后的正文。\n"


@pytest.mark.parametrize("audience", ["public", "Staff", "[staff]", "", "1"])
def test_an_audience_that_is_not_known_is_refused(audience: str) -> None:
    with pytest.raises(ParseError, match="residents 或 staff"):
        document("a.md", f"---\naudience: {audience}\n---\n正文。")


@pytest.mark.parametrize("key", ["title", "source", "date", "topics"])
def test_metadata_is_plain_text(key: str) -> None:
    # Written out, this small file would be a title of gigabytes.
    names = "abcdefghijk"
    nested = [f"&{a} [{', '.join([f'*{b}'] * 10)}]" for b, a in pairwise(names)]
    bomb = f"[&a [{', '.join('x' * 10)}], {', '.join(nested)}]"
    with pytest.raises(ParseError, match=key):
        document("a.md", f"---\n{key}: {bomb}\n---\n正文。")


def test_topics_must_be_a_list() -> None:
    with pytest.raises(ParseError, match="topics 应当是词的列表"):
        document("a.md", "---\ntopics: 低保\n---\n正文。")


def test_plain_text_keeps_its_lines_and_is_named_by_the_first() -> None:
    found = document("flood.txt", FLOOD)
    assert found.title == "启隆镇防汛工作办法"
    assert found.text == FLOOD
    assert found.audience is Audience.RESIDENTS


def test_chapters_alone_on_a_line_are_headings_of_plain_text() -> None:
    found = document("a.txt", "管理办法\n第一章 总则\n要做好工作。\n第二章 附则\n即日施行。")
    assert found.title == "管理办法"
    assert parts(found)[1:] == [
        (("第一章 总则",), "要做好工作。\n"),
        (("第二章 附则",), "即日施行。\n"),
    ]


def test_a_long_first_line_gives_a_short_title() -> None:
    assert document("a.txt", "第一句话。" + "第二句话" * 20).title == "第一句话。"
    assert document("a.txt", "长" * 100).title == "长" * 40


def test_of_a_web_page_only_the_main_text_stays() -> None:
    found = document("bus.html", BUS)
    assert found.title == "崇明南门至启隆镇专线公交"
    assert "六十五周岁以上的老人免费乘坐。" in found.text
    assert parts(found)[-1][0] == ("崇明南门至启隆镇专线公交", "发车时间")
    for left_out in ("网站首页", "关于我们", "版权所有", "备案号"):
        assert left_out not in found.text


@pytest.mark.parametrize("suffix", ["html", "htm", "HTML"])
def test_scripts_and_styles_are_never_text(suffix: str) -> None:
    body = (
        "<p onclick=\"steal('点击')\">请到便民服务中心一楼窗口办理。<script>alert('脚本')</script></p>"
        "<style>p { color: red }</style><!-- 注释 -->"
    )
    found = document(f"a.{suffix}", page(body, "<script>var a = '头部';</script>"))
    assert found.text == "请到便民服务中心一楼窗口办理。\n"


def test_what_a_page_only_shows_as_markup_stays_text() -> None:
    found = document("a.html", page("<p>在网址栏输入 &lt;b&gt; 和 **星号** 没有作用。</p>"))
    assert "<b>" in found.text
    assert len(found.sections) == 1


def test_a_pages_own_date_is_taken_and_none_is_guessed() -> None:
    body = "<p>本站自2019年起发布信息，二十个工作日内审核。</p><p>版权所有 2019-2020</p>"
    assert document("a.html", page(body)).date == ""
    own = '<meta property="article:published_time" content="2023-05-06T08:00:00+08:00">'
    assert document("a.html", page(body, own)).date == "2023-05-06"


@pytest.mark.parametrize("title", ["公告: 低保", "[公告] 低保", "“低保” #1", "---", "{a}"])
def test_a_pages_title_may_be_anything(title: str) -> None:
    text = page("<p>请到便民服务中心一楼窗口办理。</p>").replace("办事指南", title)
    assert document("a.html", text).title == title


def test_a_short_page_keeps_its_headings_lists_and_tables() -> None:
    body = (
        '<div class="nav"><a href="/">网站首页</a></div><div><h1>公园办法</h1><h2>第一章 开放</h2>'
        "<p>公园早上<b>六点</b>开门。</p><ul><li>春季六点</li><li>冬季七点</li></ul>"
        '<table><tr><th>项目</th><th colspan="2">价格</th></tr>'
        "<tr><td>划船</td><td>十元</td><td>每小时</td></tr></table></div><footer>版权所有</footer>"
    )
    found = document("a.html", page(body))
    assert found.text.splitlines()[-4:-1] == ["公园早上六点开门。", "春季六点", "冬季七点"]
    assert "划船" in found.text.splitlines()[-1]
    assert "价格：十元" in found.text
    assert "版权" not in found.text
    assert found.sections[-1].headings == ("公园办法", "第一章 开放")


def test_a_page_that_is_a_form_as_a_whole_is_read() -> None:
    body = (
        '<form action="/"><h1>公园办法</h1><p>公园早上六点开门，晚上九点关门。</p>'
        "<select><option>选项</option></select><ul><li>冬季七点开门</li></ul></form>"
    )
    found = document("a.html", page(body)).text
    assert found == "公园办法\n公园早上六点开门，晚上九点关门。\n冬季七点开门\n"


def test_a_long_page_loses_none_of_its_lists_and_tables() -> None:
    chapter = (
        "<h2>第{0}章 规则</h2><p>这一章说的是公园的第{0}项规则，大家都应当遵守，违者罚款。</p>"
        "<ul><li>第{0}章的第一项规定</li><li>第{0}章的第二项规定</li></ul>"
    )
    table = "<table><tr><th>项目</th><th>价格</th></tr><tr><td>划船</td><td>十元</td></tr></table>"
    body = "<h1>公园办法</h1>" + "".join(map(chapter.format, "一二三四五六")) + table
    found = document("a.html", page(body))
    for number in "一二三四五六":
        assert f"第{number}章的第二项规定" in found.text
        assert ("公园办法", f"第{number}章 规则") in [s.headings for s in found.sections]
    assert found.text.endswith("项目：划船；价格：十元。\n")


def test_rows_of_a_table_on_a_page_carry_their_headers() -> None:
    body = (
        "<table><tr><th>项目</th><th>费用</th></tr><tr><td>办证</td><td>10元</td></tr></table>"
        "<p>以上是收费标准，请按规定缴纳费用。</p>"
    )
    assert "项目：办证；费用：10元。" in document("a.html", page(body)).text


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("a.md", b"", "文件是空的"),
        ("a.txt", b" \n\t ", "文件是空的"),
        ("a.md", "# 只有标题".encode(), "文件里没有正文"),
        ("a.md", b"---\ntitle: x\n---\n", "文件里没有正文"),
        ("a.txt", "\u200b\ufeff\u200e\u200b".encode(), "文件里没有正文"),
        ("a.html", b"<html><body></body></html>", "网页里没有找到正文"),
        ("a.html", b"<div>" * 3000, "网页里没有找到正文"),
        ("a.docm", b"x", "不支持的文件格式“.docm”"),
        ("README", b"x", "不支持的文件格式"),
    ],
)
def test_a_file_without_text_is_refused_with_the_reason(
    path: str, content: bytes, reason: str
) -> None:
    with pytest.raises(ParseError, match=reason):
        parse(path, content)


HIDDEN = "\u200b\u200e\u202e\u2066\u061c\u00ad\ufeff\x07\x1b\x7f\x85\U000e0041"


@pytest.mark.parametrize("path", ["a.txt", "a.md", "a.html"])
def test_characters_that_hide_or_reorder_are_removed(path: str) -> None:
    line = HIDDEN.join("请到便民服务中心一楼窗口办理。").replace("\x85", "")
    text = page(f"<p>{line}</p>") if path.endswith("html") else line
    assert document(path, text).text == "请到便民服务中心一楼窗口办理。\n"


def test_metadata_hides_nothing_either() -> None:
    head = '---\ntitle: "标\\u202E题\\n二"\nsource: "来\\u200B源"\ntopics: ["话\\u2066题"]\n---\n'
    found = document("a.md", head + "正文。")
    assert (found.title, found.source, found.topics) == ("标题 二", "来源", ("话题",))


def test_an_id_is_stable_and_depends_on_path_and_content() -> None:
    one = document_id("a.md", b"x")
    assert one == document_id("a.md", b"x") == parse("a.md", b"x").id
    assert len({one, document_id("b.md", b"x"), document_id("a.md", b"y")}) == 3
    assert document_id("a", b"b") != document_id("ab", b"")


@given(text=st.text(min_size=1, max_size=300), path=st.sampled_from(["a.md", "a.txt"]))
def test_any_text_becomes_sound_sections_or_is_refused(text: str, path: str) -> None:
    try:
        found = document(path, text.encode("utf-8", "replace").decode())
    except ParseError:
        return
    assert found.title
    at = 0
    for section in found.sections:
        assert at <= section.start < section.end <= len(found.text)
        at = section.end


def test_metadata_that_is_not_known_is_refused_by_name() -> None:
    """A misspelt audience would else show a staff document to residents."""
    with pytest.raises(ParseError, match="audiance"):
        parse("a.md", "---\ntitle: 甲\naudiance: staff\n---\n\n正文一句。\n".encode())
