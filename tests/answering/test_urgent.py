"""Calls for help: how many are recognised, how seldom others are, and what is said then."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from assistant.answering.meaning import Meaning
from assistant.answering.query_vectors import QueryVectors
from assistant.answering.sounds import is_pinyin
from assistant.answering.urgent import Urgent
from assistant.models.embedder import Embedder
from assistant.resources import load
from assistant.segment import Segmenter
from tests.fakes import HashEmbedder

HERE = Path(__file__).parent
MEASURED = yaml.safe_load((HERE / "urgent_questions.yml").read_text("utf-8"))
BANK = yaml.safe_load((HERE.parent / "questions.yml").read_text("utf-8"))
BANK_QUESTIONS = [q for e in BANK for q in e.get("dialogue") or [e["question"]]]

RECALL = 0.97
FALSE_ALARMS = 0.06
RECALL_BY_WORDS = 0.8
FALSE_ALARMS_BY_WORDS = 0.12


@pytest.fixture(scope="module")
def urgent(meaning: Meaning) -> Urgent:
    """With the built-in model."""
    return Urgent(meaning)


def share(urgent: Urgent, segmenter: Segmenter, groups: dict[str, list[str]]) -> float:
    """The share of all questions of some groups that are taken for calls for help."""
    questions = [q for group in groups.values() for q in group]
    return sum(bool(urgent.kind(segmenter.normalise(q))) for q in questions) / len(questions)


def test_the_measured_questions_are_many_and_none_of_the_fitted_ones() -> None:
    questions = [q for part in MEASURED.values() for group in part.values() for q in group]
    assert len(questions) == len(set(questions)) >= 240
    assert not set(questions) & {q for group in load("screen_examples").values() for q in group}


def test_nearly_every_call_for_help_is_recognised(urgent: Urgent, segmenter: Segmenter) -> None:
    assert share(urgent, segmenter, MEASURED["urgent"]) >= RECALL


def test_few_that_only_sound_like_one_are(urgent: Urgent, segmenter: Segmenter) -> None:
    assert share(urgent, segmenter, MEASURED["ordinary"]) <= FALSE_ALARMS


def test_by_words_alone_it_still_serves(segmenter: Segmenter) -> None:
    """With another embedding model, its vectors mean nothing to the fitted weights."""
    other = Meaning(QueryVectors(HashEmbedder()))
    assert not other.known
    urgent = Urgent(other)
    assert share(urgent, segmenter, MEASURED["urgent"]) >= RECALL_BY_WORDS
    assert share(urgent, segmenter, MEASURED["ordinary"]) <= FALSE_ALARMS_BY_WORDS


@pytest.mark.parametrize("question", BANK_QUESTIONS)
def test_no_question_of_the_bank_is_a_call_for_help(
    urgent: Urgent, segmenter: Segmenter, question: str
) -> None:
    assert urgent.kind(segmenter.normalise(question)) == ""


@pytest.mark.parametrize(
    "question",
    [
        "消防检查怎么申请", "灭火器哪里买", "120急救知识培训", "防溺水宣传", "反诈宣传活动什么时候",
        "煤气费怎么交", "年轻干部换了几拨", "阿婆七十八了坐公交收钱不", "娃在外地念书能报不",
        # Dangers of others, and long ago.
        "诗人在哪一年自杀", "哪颗星爆炸了", "旧塔为何倒塌", "人质被拘禁了多少天",
    ],
)  # fmt: skip
def test_what_is_only_about_the_matter_is_no_call_for_help(
    urgent: Urgent, segmenter: Segmenter, question: str
) -> None:
    assert urgent.kind(segmenter.normalise(question)) == ""


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("着火了怎么办", "fire"),
        ("楼上晾的被子着了", "fire"),
        ("田里有颗炸弹", "crime"),
        ("儿子被传销的扣住了", "crime"),
        ("说我中奖要先交手续费", "fraud"),
        ("公交几点有？还有厨房着火了", "fire"),
        ("煤气漏了，灭火器在哪里买", "gas"),
        ("請問，有人落水了怎麼辦", "drowning"),
        ("我的身份证怎么补办，我不想活了", "suicide"),
        ("救命", "unclear"),
    ],
)
def test_an_emergency_counts_whatever_else_is_asked(
    urgent: Urgent, segmenter: Segmenter, question: str, kind: str
) -> None:
    assert urgent.kind(segmenter.normalise(question)) == kind


@pytest.mark.parametrize(
    "question",
    [
        # 死 that only makes a word stronger.
        "笑死我了", "忙死了", "热死了", "累死了", "气死我了", "饿死了", "冷死了", "吵死了", "心烦死了",
        "穷死了", "吓死我了", "想死你了", "高兴死了", "爱死启隆了", "美死了", "难死了这网站",
        "痛死了走路走的", "热得要死，哪里有纳凉点", "去死吧", "我的手机没电快死了", "办个证跑死我了",
        # Other words that only look like a sign.
        "自杀率是多少", "跳楼价大甩卖", "我想学跳楼梯舞", "上火了吃什么", "发火了怎么办", "冒烟是什么意思",
        "蛇在家里出现", "电动车充电会着火吗", "我想学游泳", "河里能游泳吗", "水里有鱼吗", "河里鱼死了好多",
        "掉河里的手机能捞吗", "打车", "拿刀切菜", "偷菜游戏", "偷税漏税举报", "打人犯法吗", "电脑中病毒了",
        "被扣钱了", "转账手续费", "验证码收不到", "手机中毒了", "晕车药", "胸口碎大石",
        # Trouble that is no danger.
        "停电了", "钥匙丢了", "门锁坏了", "电梯坏了", "煤气公司电话", "走失的狗找不到", "走丢的行李",
        "车被刮了", "台风来了屋子漏", "房子漏雨", "手机掉水里了",
        # What is over.
        "隔壁上个月着火过，启隆镇面积多大", "我爸昨天晕倒了，现在好了，启隆镇在哪",
    ],
)  # fmt: skip
def test_what_only_sounds_like_one_is_no_call_for_help(
    urgent: Urgent, segmenter: Segmenter, question: str
) -> None:
    assert urgent.kind(segmenter.normalise(question)) == ""


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("误食毒蘑菇了", "medical"), ("血流不止", "medical"), ("休克了", "medical"), ("心梗", "medical"),
        ("抽过去了", "medical"), ("被开水烫到了", "medical"), ("小囡吞了个硬币", "medical"),
        ("打雷劈到人了", "medical"), ("手被机器轧了", "medical"), ("被牛顶了", "medical"),
        ("火警电话多少", "fire"), ("119", "fire"), ("119是什么电话", "fire"),
        ("小孩掉粪坑里了", "rescue"), ("掉粪池里了", "rescue"), ("发大水了", "rescue"),
        ("电线杆倒了", "rescue"), ("老太太上吊了", "suicide"), ("我去年离婚了，我不想活了", "suicide"),
        ("我爸以前中过风，现在晕倒了", "medical"), ("气死我了，有人拿刀", "crime"),
    ],
)  # fmt: skip
def test_a_call_for_help_gets_the_line_of_its_kind(
    urgent: Urgent, segmenter: Segmenter, question: str, kind: str
) -> None:
    assert urgent.kind(segmenter.normalise(question)) == kind


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("zhaohuo le", "fire"), ("Zhao Huo Le!", "fire"), ("jiu ming", "unclear"),
        ("jiuming a", "unclear"), ("bu xiang huo le", "suicide"), ("qilong zhaohuo le", "fire"),
        ("qilongzhen zai nali", ""), ("qilong zai nali", ""), ("zai nali", ""),
        ("qilong zhen you duoshao ren", ""), ("qi huoche qu nali", ""),
    ],
)  # fmt: skip
def test_in_pinyin_signs_alone_decide(
    urgent: Urgent, segmenter: Segmenter, question: str, kind: str
) -> None:
    assert urgent.kind(segmenter.normalise(question)) == kind


@pytest.mark.parametrize(
    "text", ["hello", "help", "who are you", "zhaohuo 2楼", "119", "?!", "an" * 99 + "x"]
)
def test_what_is_not_pinyin_throughout_is_none(text: str) -> None:
    assert not is_pinyin(text)


def test_a_question_of_many_clauses_costs_few_vectors(
    model_folder: Path, segmenter: Segmenter
) -> None:
    calculated: list[str] = []

    class Counting(Embedder):
        def encode_query(self, text: str) -> NDArray[np.float32]:
            calculated.append(text)
            return super().encode_query(text)

    urgent = Urgent(Meaning(QueryVectors(Counting(model_folder, number_type="float32"))))
    assert urgent.kind(segmenter.normalise(",".join(f"{n}号着火了" for n in range(30))))
    assert len(calculated) <= 10  # with the one that tells the model


@pytest.mark.parametrize("kind", load("urgent")["kinds"])
def test_every_line_names_a_number_and_every_kind_has_examples(kind: str) -> None:
    entry = load("urgent")["kinds"][kind]
    numbers = set(re.findall(r"\d{3,}", entry["line"]))
    assert numbers
    assert numbers <= {n["number"] for n in load("urgent")["numbers"]}
    assert len(entry["line"]) <= 60
    assert load("screen_examples")[kind]


def test_every_number_is_said_and_has_a_source() -> None:
    data = load("urgent")
    said = " ".join([*(entry["line"] for entry in data["kinds"].values()), data["otherwise"]])
    for number in data["numbers"]:
        assert number.keys() == {"number", "name", "source"}
        assert re.search(rf"(?<!\d){number['number']}(?!\d)", said)
        assert len(number["source"]) > 10
