"""Personal data is found as people write it, and public numbers are left alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.personal import (
    find,
    is_bank_card,
    is_identity_card,
    masked,
    notice,
    without_masks,
)
from assistant.resources import load

ID = "11010519491231002X"  # the example of GB 11643-1999

CASES = [
    (f"我的身份证{ID}能办低保吗", "我的身份证【身份证号】能办低保吗"),
    (f"身份证号是{ID.lower()}。", "身份证号是【身份证号】。"),
    ("１１０１０５１９４９１２３１００２Ｘ", "【身份证号】"),
    ("110105 19491231 002X 查一下", "【身份证号】 查一下"),
    ("110105-1949-1231-002x", "【身份证号】"),
    ("电话13812345678能查吗", "电话【手机号】能查吗"),
    ("我叫老王138 1234 5678请回电", "我叫老王【手机号】请回电"),
    ("138-1234-5678", "【手机号】"),
    ("１３８１２３４５６７８", "【手机号】"),
    ("+86 13812345678", "【手机号】"),
    ("手机一三八一二三四五六七八", "手机【手机号】"),
    ("家里电话0513-83312345打不通", "家里电话【电话号码】打不通"),
    ("(0513)83312345", "【电话号码】"),
    ("021 56781234", "【电话号码】"),
    ("座机83312345", "座机【电话号码】"),
    ("卡号6222021234567890128的钱", "卡号【银行卡号】的钱"),
    ("4111 1111 1111 1111", "【银行卡号】"),
    ("车牌苏F12345停哪里", "车牌【车牌号】停哪里"),
    ("蘇F·A1234", "【车牌号】"),
    ("沪AD12345能上岛吗", "【车牌号】能上岛吗"),
    ("苏f１２３４５", "【车牌号】"),
    ("沪A1234学", "【车牌号】"),
    ("邮箱wang.xm@example.com收不到", "邮箱【电子邮箱】收不到"),
    ("ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "【电子邮箱】"),
    (f"{ID}，13812345678", "【身份证号】，【手机号】"),
    # With a wrong check digit, as one mistypes.
    ("身份证110105194912310021", "身份证【身份证号】"),
    ("32068119500101123X能办吗", "【身份证号】能办吗"),
    ("32068119501301123X", "【身份证号】"),
    ("622202195001011230", "【身份证号】"),
    ("6222021234567890123", "【银行卡号】"),
    ("6222 0212 3456 7890 123", "【银行卡号】"),
    ("卡4111111111111112", "卡【银行卡号】"),
    ("护照E12345678过期了", "护照【护照号】过期了"),
    ("護照號碼是ea1234567", "護照號碼是【护照号】"),
]

PUBLIC = [
    "12345是什么电话",
    "96110",
    "400-820-8820怎么打不通",
    "2020年5月签的约",
    "2021年5月21日至7月2日",
    "48.31平方公里",
    "5052人",
    "统一社会信用代码91320681MA1XXXXX0X",
    "文号国办发〔2020〕53号",
    "138123456789012",  # too long for a mobile
    "E12345678",
    "护照在哪里办",
    "苏A级景区",
    "京沪高铁G1234次",
    "川A轮",
    "@所有人",
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_personal_data_is_masked(text: str, wanted: str) -> None:
    assert masked(text, find(text)) == wanted


@pytest.mark.parametrize("text", PUBLIC)
def test_other_numbers_are_left(text: str) -> None:
    assert find(text) == ()


def test_a_span_is_where_the_data_stands() -> None:
    text = "电话13812345678，证件11010519491231002X"
    assert [(f.kind, text[f.start : f.end]) for f in find(text)] == [
        ("mobile", "13812345678"),
        ("identity_card", "11010519491231002X"),
    ]


def test_the_rest_is_searched_for_without_the_masks() -> None:
    text = f"我的身份证{ID}能办低保吗"
    assert without_masks(masked(text, find(text))) == "我的身份证 能办低保吗"


def test_the_notice_names_each_kind_once() -> None:
    found = find("13812345678和13912345678，苏F12345")
    assert notice(found) == load("personal")["notice"].format(names="手机号、车牌号")


@pytest.mark.parametrize(
    ("asked", "searched"),
    [
        ("我手机号13812345678，请问花博会啥时候开的", "请问花博会啥时候开的"),
        ("启隆镇面积多少？电话138-1234-5678", "启隆镇面积多少？"),
        ("邮箱abc@qq.com，启隆镇面积", "启隆镇面积"),
        ("我电话13800138000，启隆镇有多少人", "启隆镇有多少人"),
        (f"我的身份证号是{ID}。低保怎么办", "低保怎么办"),
        (f"证件{ID}，电话：13812345678，汛期几月", "汛期几月"),
        ("我手机号13812345678", ""),
        ("张三的电话13812345678，他在家吗", "张三的电话 ，他在家吗"),
    ],
)
def test_a_clause_that_only_tells_ones_own_number_is_not_searched_for(
    asked: str, searched: str
) -> None:
    assert without_masks(masked(asked, find(asked))) == searched


def test_a_number_with_neither_date_nor_x_is_no_identity_card() -> None:
    assert is_identity_card(ID)
    assert not is_identity_card("110105194913310021")
    assert not is_identity_card("110105084912310021")


def test_a_changed_digit_is_no_bank_card() -> None:
    assert is_bank_card("6222021234567890128")
    assert not any(is_bank_card(f"622202123456789012{d}") for d in "012345679")


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_can_be_searched(text: str) -> None:
    found = find(text)
    assert all(0 <= f.start < f.end <= len(text) for f in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
