"""Small talk is told from questions, also where one begins with a greeting."""

from __future__ import annotations

import time

import pytest

from assistant.answering.small_talk import STATUSES, SmallTalk
from assistant.segment import Segmenter

CASES = [
    ("你好", "routed_greeting"),
    ("您好！", "routed_greeting"),
    ("你好呀～", "routed_greeting"),
    ("喂，有人吗？", "routed_greeting"),
    ("在吗", "routed_greeting"),
    ("早上好", "routed_greeting"),
    ("Hello", "routed_greeting"),
    ("ＨＩ", "routed_greeting"),
    ("大家好", "routed_greeting"),
    ("谢谢", "routed_thanks"),
    ("谢谢你啊", "routed_thanks"),
    ("好的，谢谢！", "routed_thanks"),
    ("多謝", "routed_thanks"),
    ("辛苦了", "routed_thanks"),
    ("知道了", "routed_thanks"),
    ("thank you", "routed_thanks"),
    ("再见", "routed_goodbye"),
    ("拜拜", "routed_goodbye"),
    ("谢谢，再见", "routed_goodbye"),
    ("没有别的问题了", "routed_goodbye"),
    ("你是谁", "routed_identity"),
    ("你是誰？", "routed_identity"),
    ("你叫什么名字", "routed_identity"),
    ("你好，你是机器人吗", "routed_identity"),
    ("你是真人还是AI", "routed_identity"),
    ("谁开发了你", "routed_identity"),
    ("介绍一下你自己", "routed_identity"),
    ("你会做什么", "routed_abilities"),
    ("你能帮我做什么？", "routed_abilities"),
    ("你有什么功能", "routed_abilities"),
    ("我可以问你什么", "routed_abilities"),
    ("怎么用", "routed_abilities"),
    ("帮助", "routed_abilities"),
    ("转人工", "routed_person"),
    ("我要找人工客服", "routed_person"),
]

QUESTIONS = [
    "你好，请问公交从哪里出发",
    "您好启隆镇有多大",
    "谢谢，那面积呢",
    "你好镇长是谁",
    "请问镇长叫什么名字",
    "专窗能办什么",
    "你们能办社保卡吗",
    "再见了工厂",
    "怎么用社保卡",
    "帮助残疾人的政策",
    "人工智能产业有哪些",
    "面积",
    "公交",
    "好的地段",
    "谁开发了这块地",
    "人工河在哪里",
]


@pytest.mark.parametrize(("said", "status"), CASES)
def test_small_talk_has_its_status(segmenter: Segmenter, said: str, status: str) -> None:
    assert SmallTalk().status(segmenter.normalise(said)) == status


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_no_small_talk(segmenter: Segmenter, question: str) -> None:
    assert SmallTalk().status(segmenter.normalise(question)) == ""


def test_every_status_has_a_case() -> None:
    assert {status for _, status in CASES} == set(STATUSES)


@pytest.mark.parametrize("piece", ["你好", "嗯", "喂", "hi", "谢谢", "好的", "8", "啊", "拜", "的"])
def test_no_repetition_takes_long(piece: str) -> None:
    talk = SmallTalk()
    start = time.perf_counter()
    for length in range(1, 31):
        talk.status((piece * 30)[:length] + "x")
    assert time.perf_counter() - start < 0.5
