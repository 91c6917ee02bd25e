"""What people call things becomes what the documents call them, and nothing else changes."""

from __future__ import annotations

import pytest

from assistant.answering.correct import Change, Corrector
from assistant.answering.everyday import Everyday
from assistant.resources import load
from assistant.segment import Segmenter
from tests.conftest import Indexed

CASES = [
    # documents, question, what is understood
    ("不动产权证书每本80元。", "房产证多少钱", "不动产权证书多少钱"),
    ("不动产登记每件80元。", "办房产证要多少钱", "办不动产登记要多少钱"),
    ("补领居民身份证收取工本费。", "身份证丢了补一张多少钱", "身份证丢了补领多少钱"),
    ("带上居民户口簿。", "户口本要带吗，户口本", "居民户口簿要带吗，居民户口簿"),
    ("带上户口簿。", "戶口本要帶嗎", "户口簿要帶嗎"),
    ("尊老金按月发放。", "高龄津贴怎么领", "尊老金怎么领"),
    # the longer of two
    ("城乡居民医保每年缴费。", "农村合作医疗交多少", "城乡居民医保交多少"),
    ("户口迁移在派出所办理。", "迁户口在哪办，户口本呢", "户口迁移在哪办，户口本呢"),
    # the documents write it themselves, or have no other word for it
    ("房产证又叫不动产权证书。", "房产证多少钱", "房产证多少钱"),
    ("图书馆周一闭馆。", "房产证多少钱", "房产证多少钱"),
    # it only stands across two other words
    ("办理出生医学证明。", "出生证明怎么开", "出生证明怎么开"),
    ("带上居民户口簿。", "我户口本来在外地", "我户口本来在外地"),
    ("不动产权证书每本80元。", "土地证明在哪开", "土地证明在哪开"),
    ("施教区每年公布。", "大学区在哪", "大学区在哪"),
    ("居民户口簿。", "", ""),
]


@pytest.mark.parametrize(("documents", "asked", "understood"), CASES)
def test_words_are_those_of_the_documents(
    segmenter: Segmenter, documents: str, asked: str, understood: str
) -> None:
    text, changes = Everyday(segmenter).written(asked, documents.__contains__)
    assert text == understood
    assert bool(changes) == (asked != understood)


def test_no_word_is_part_of_what_is_put_for_it() -> None:
    """Documents that write the longer one write it too, so it would never be put."""
    for said, words in load("everyday")["written"].items():
        assert words, said
        assert not [word for word in words if said in word], said


def test_the_corrector_tells_what_it_changed(indexed: Indexed) -> None:
    indexed.write("fees.md", "# 收费标准\n\n补领居民户口簿，每本收取工本费六元。\n")
    indexed.ingest()
    corrected = Corrector(indexed.segmenter, indexed.store, indexed.index).correct("户口本多少钱")
    assert corrected.text == "居民户口簿多少钱"
    assert corrected.changes == (Change("户口本", "居民户口簿"),)


def test_what_only_staff_may_read_is_not_told(indexed: Indexed) -> None:
    page = "---\ntitle: 内部\naudience: staff\n---\n\n# 内部\n\n机动车驾驶证存根保存三年。\n"
    indexed.write("staff/secret.md", page)
    indexed.ingest()
    corrector = Corrector(indexed.segmenter, indexed.store, indexed.index)
    assert corrector.correct("驾照多少钱").text == "驾照多少钱"
