"""Whom to call: told numbers in their order, and telephone numbers told from other numbers."""

from __future__ import annotations

import re

import pytest

from assistant.answering import contacts
from assistant.resources import load
from assistant.types import Citation, Contact

TITLE = "便民服务中心"


def citation(quote: str, title: str = TITLE) -> Citation:
    """A quote of a document."""
    return Citation(1, "d", title, (), quote, 0, len(quote), "", "/documents/d")


@pytest.mark.parametrize(
    ("quote", "number"),
    [
        ("电话：0513-83331234。", "0513-83331234"),
        ("便民服务中心（0513）83331234", "0513-83331234"),
        ("0513—83331234转801", "0513-83331234"),
        ("电话051383331234", "051383331234"),
        ("电话０５１３－８３３３１２３４", "0513-83331234"),
        ("上海值班室021-69691234", "021-69691234"),
        ("联系人王主任，手机13812345678", "13812345678"),
        ("请拨打138 1234 5678。", "138-1234-5678"),
        ("咨询热线400-820-1234", "400-820-1234"),
        ("供电故障拨打95598", "95598"),
        ("劳动争议12333热线", "12333"),
    ],
)
def test_a_telephone_number_is_found_under_its_documents_title(quote: str, number: str) -> None:
    assert contacts.quoted([citation(quote)]) == (Contact(TITLE, number),)


@pytest.mark.parametrize(
    "quote",
    [
        "启隆镇有5052人，面积36平方公里。",
        "全镇12345人，其中党员120人。",
        "电话回访12345人次，联系120户。",
        "投资13812345678元。",
        "文号：苏政发13812345678号",
        "编号A0513-83331234",
        "统一社会信用代码913206810513833312",
        "身份证号320681199001011234，电话另行通知。",
        "2024-03-15至2024-04-15",
        "110千伏变电站已经投运。",
        "本月受理电话咨询。共12345件",
        "电话：83331234",
        "联系12345.67",
        "",
    ],
)
def test_other_numbers_are_no_telephone_numbers(quote: str) -> None:
    assert contacts.quoted([citation(quote)]) == ()


def test_a_hotline_that_is_known_has_its_own_name() -> None:
    found = contacts.quoted([citation("可以拨打12345政务服务便民热线，紧急时拨打110、119。")])
    assert [c.number for c in found] == ["12345", "110", "119"]
    assert found[0].name == load("contacts")[0]["name"]
    assert TITLE not in {c.name for c in found}


def test_a_number_that_is_quoted_twice_stands_once_under_the_first_title() -> None:
    quotes = [citation("电话0513-83331234"), citation("电话（0513）83331234", "另一份")]
    assert contacts.quoted(quotes) == (Contact(TITLE, "0513-83331234"),)


@pytest.mark.parametrize("kind", load("urgent")["kinds"])
def test_every_kind_of_emergency_has_numbers_in_the_order_of_its_words(kind: str) -> None:
    line = load("urgent")["kinds"][kind]["line"]
    told = [c.number for c in contacts.urgent(kind)]
    assert told
    first = re.search(r"\d{3,}", line)
    assert first is not None
    assert told[0] == first[0]
    assert len(told) == len(set(told))
