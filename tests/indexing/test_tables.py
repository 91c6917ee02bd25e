"""How the rows of tables become sentences that name their columns."""

from __future__ import annotations

import pytest

from assistant.indexing.parse.tables import Merge, lines, named_row


def told(grid: list[list[str]], *merges: Merge) -> list[str]:
    """The text of each line."""
    return [line.text for line in lines(grid, merges)]


def test_each_row_names_its_columns_and_knows_where_it_stands() -> None:
    found = list(lines([["村名", "户数", "面积"], ["启隆村", "320", ""], ["永隆村", "150", "3.2"]]))
    assert [(line.number, line.text, line.is_row) for line in found] == [
        (1, "村名：启隆村；户数：320。", True),
        (2, "村名：永隆村；户数：150；面积：3.2。", True),
    ]


def test_a_title_above_the_headers_is_a_line_of_its_own() -> None:
    grid = [["各村情况", "", ""], ["", "", ""], ["村名", "户数", "面积"], ["启隆村", "320", "5"]]
    assert told(grid) == ["各村情况", "村名：启隆村；户数：320；面积：5。"]


def test_headers_of_two_rows_belong_together() -> None:
    grid = [
        ["姓名", "联系方式", "", "村"],
        ["", "电话", "手机", ""],
        ["张三", "0513", "138", "启隆村"],
    ]
    merges = (Merge(0, 0, 1, 0), Merge(0, 1, 0, 2), Merge(0, 3, 1, 3))
    assert told(grid, *merges) == [
        "姓名：张三；联系方式电话：0513；联系方式手机：138；村：启隆村。"
    ]


def test_a_cell_merged_over_rows_is_in_each_of_them() -> None:
    grid = [["村", "组", "组长"], ["启隆村", "一组", "张三"], ["", "二组", "李四"]]
    assert told(grid, Merge(1, 0, 2, 0))[1] == "村：启隆村；组：二组；组长：李四。"


def test_a_remark_or_a_row_in_one_cell_is_no_value_of_the_first_column() -> None:
    grid = [
        ["项目", "费用", "地点"],
        ["农业类", "", ""],
        ["翻耕", "10", "村"],
        ["注：含税。", "", ""],
    ]
    assert told(grid, Merge(1, 0, 1, 2)) == [
        "农业类",
        "项目：翻耕；费用：10；地点：村。",
        "注：含税。",
    ]


def test_a_first_row_of_values_heads_nothing() -> None:
    assert told([["2024", "320", "5"], ["2023", "310", "5"]]) == [
        "2024；320；5。",
        "2023；310；5。",
    ]


def test_of_a_form_the_first_column_names_the_second() -> None:
    grid = [["办理地点", "便民服务中心一楼"], ["办理时间", "周一至周五"]]
    assert told(grid) == ["办理地点：便民服务中心一楼。", "办理时间：周一至周五。"]


def test_a_list_of_two_columns_is_no_form() -> None:
    assert told([["窗口", "时间"], ["社保", "周一"]]) == ["窗口：社保；时间：周一。"]


def test_another_table_of_the_sheet_has_its_own_headers() -> None:
    grid = [["甲", "乙", "丙"], ["一", "二", "三"], ["", "", ""], ["表二", "", ""]]
    grid += [["丁", "戊", "己"], ["四", "五", "六"]]
    assert told(grid) == ["甲：一；乙：二；丙：三。", "表二", "丁：四；戊：五；己：六。"]


def test_headers_without_rows_are_not_lost() -> None:
    assert told([["村名", "户数", "面积"]]) == ["村名；户数；面积"]


@pytest.mark.parametrize("grid", [[], [[]], [["", ""]]])
def test_an_empty_table_is_nothing(grid: list[list[str]]) -> None:
    assert told(grid) == []


def test_an_empty_row_is_no_sentence() -> None:
    assert named_row(["甲"], [""]) == ""
