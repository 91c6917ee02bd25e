"""Which messages are taken apart, and which ask one thing however they are put."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.answering.parts import Parts
from assistant.resources import load
from assistant.segment import Segmenter

TESTS = Path(__file__).parents[1]

SEVERAL = {
    "启隆镇有多少人，面积多大？": ["启隆镇有多少人", "面积多大？"],
    "启隆镇在哪？有多少人？": ["启隆镇在哪？", "有多少人？"],
    "啟隆鎮在哪？有多少人？": ["啟隆鎮在哪？", "有多少人？"],
    "联盟哪年签的？和谁签的？": ["联盟哪年签的？", "和谁签的？"],
    "报道谁写的，图片谁提供的": ["报道谁写的", "图片谁提供的"],
    "互派了几批干部，重点学什么": ["互派了几批干部", "重点学什么"],
    "六聚焦是什么，三项机制是什么": ["六聚焦是什么", "三项机制是什么"],
    "公交从哪里开，票价多少钱？": ["公交从哪里开", "票价多少钱？"],
    "花博会什么时候办的？门票多少钱？": ["花博会什么时候办的？", "门票多少钱？"],
    "联盟哪年签约，有哪三地": ["联盟哪年签约", "有哪三地"],
    "启隆镇面积多大？启东市面积多大？": ["启隆镇面积多大？", "启东市面积多大？"],
    "属于哪个市？镇长是谁？": ["属于哪个市？", "镇长是谁？"],
    "启隆镇有多少人；面积多大": ["启隆镇有多少人", "面积多大"],
    "启隆镇有多少人 面积多大": ["启隆镇有多少人", "面积多大"],
    "启隆镇有多少人还有面积多大": ["启隆镇有多少人", "面积多大"],
    "启隆镇有多少人，还有，面积多大": ["启隆镇有多少人", "面积多大"],
    "三项机制是什么以及六聚焦是什么": ["三项机制是什么", "六聚焦是什么"],
    "启隆镇有多少人？面积呢？那公交呢？": ["启隆镇有多少人？", "面积呢？", "那公交呢？"],
    "启隆镇和新海镇结对了吗，还有哪些镇？": ["启隆镇和新海镇结对了吗", "还有哪些镇？"],
    "我想去启隆镇，公交从哪里开，票价多少钱": ["我想去启隆镇，公交从哪里开", "票价多少钱"],
    "有没有公交去启隆，我老太婆腿脚不好。票价多少？": [
        "有没有公交去启隆，我老太婆腿脚不好",
        "票价多少？",
    ],
    "你好，启隆镇有多少人？我还想问一下，面积多大？谢谢": [
        "你好，启隆镇有多少人？",
        "面积多大？",
    ],
    "工厂还在吗？为什么？": ["工厂还在吗？", "为什么？"],
    "“青声畅想，花开逐梦”是什么，哪年办的": ["“青声畅想，花开逐梦”是什么", "哪年办的"],
    "和启隆镇一起管河道的是哪个镇？它属于哪里？": [
        "和启隆镇一起管河道的是哪个镇？",
        "它属于哪里？",
    ],
    # At most three; what is more stays with the last.
    "启隆镇在哪？有多少人？面积多大？镇长是谁？": [
        "启隆镇在哪？",
        "有多少人？",
        "面积多大？镇长是谁？",
    ],
}

ONE = [
    "我老太婆腿脚不好，有没有公交去启隆镇啊",
    "听说花博会办了，什么时候办的",
    "那边有什么好玩的，要是下雨呢",
    "几个沙拼成的启隆啊，都叫啥？",
    "启隆镇有多少人，你知道吗？",
    "你们有没有人知道，启隆镇面积多大？",
    "能不能帮我查一下，启隆镇有多少人？",
    "我有几个问题想问，启隆镇面积多大",
    "您好，在吗？启隆镇有多少人",
    "启隆算启东的，还是算崇明的？",
    "哪个镇最大，是启隆镇还是海永镇",
    "什么时候，在哪里办的花博会",
    "谁，什么时候，签的联盟",
    "启隆镇属于启东，对不对？",
    "是哪年签的，2020年吗",
    "除了东平镇还有哪些镇和启隆结对",
    "除了哪三个镇，还有谁签了",
    "镇上现在还有没有工厂啦？",
    "“青声畅想，谁来逐梦”是什么活动",
    "《什么时候办，怎么办》是哪年发的",
    "不管什么时候，公交都有吗",
    "这几年，启隆镇接待了多少游客",
    "启隆镇有多少人，面积",
    "公交，从哪里开？",
    "派来的干部有人带吗，什么制度",
    "六聚焦里头有没有环境整治，分别是啥",
    "启隆镇的面积和人口",
    "？？，。",
    "，启隆镇有多少人，",
]


def asked_of_one() -> list[str]:
    """Every question of the bank, and every turn of the dialogues."""
    bank: list[dict[str, Any]] = yaml.safe_load((TESTS / "questions.yml").read_text("utf-8"))
    talks: list[dict[str, Any]] = yaml.safe_load((TESTS / "dialogues.yml").read_text("utf-8"))
    asked = [q for entry in bank for q in entry.get("dialogue") or [entry["question"]]]
    return [*asked, *(turn for entry in talks for turn in entry["turns"]), *load("suggestions")]


@pytest.fixture(scope="module")
def parts(segmenter: Segmenter) -> Parts:
    """The rules of the data file."""
    return Parts(segmenter)


@pytest.mark.parametrize("message", SEVERAL)
def test_a_message_that_asks_several_things_is_taken_apart(parts: Parts, message: str) -> None:
    assert list(parts.of(message)) == SEVERAL[message]


@pytest.mark.parametrize("message", ONE)
def test_a_message_that_asks_one_thing_stays_as_it_was_sent(parts: Parts, message: str) -> None:
    assert parts.of(message) == (message,)


@pytest.mark.parametrize("question", dict.fromkeys(asked_of_one()))
def test_no_question_of_the_bank_or_the_dialogues_is_taken_apart(
    parts: Parts, question: str
) -> None:
    assert parts.of(question) == (question,)


@pytest.mark.parametrize("message", SEVERAL)
def test_a_part_is_one_question_unless_there_are_too_many(parts: Parts, message: str) -> None:
    several = parts.of(message)
    assert len(several) <= load("parts")["most"]
    for part in several[: load("parts")["most"] - 1]:
        assert parts.of(part) == (part,)
