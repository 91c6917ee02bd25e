"""A follow-up gets what it leaves out from the last turns; what stands by itself is left alone."""

from __future__ import annotations

import pytest

from assistant.answering.follow_up import FollowUp
from assistant.segment import Segmenter
from assistant.types import Turn

PEOPLE = Turn("启隆镇有多少人口？", "启隆镇有多少人口？", "5052人。启隆镇的总户籍人口是5052人。[1]")
BUS = Turn("公交从哪里出发？", "公交从哪里出发？", "从崇明南门到启隆镇，已经开通了专线公交。[1]")
SANDS = Turn(
    "启隆镇由哪三个沙组成？",
    "启隆镇由哪三个沙组成？",
    "启隆镇由三个沙组成：永隆沙、兴隆沙和新村沙。[1]",
)
PAIRED = Turn(
    "启隆镇和哪三个镇结对？",
    "启隆镇和哪三个镇结对？",
    "三个。启隆镇先后和三个镇签了结对共建协议：东平镇、新海镇、港西镇。[1]",
)
ALLIANCE = Turn(
    "毗邻党建联盟什么时候签约？",
    "毗邻党建联盟什么时候签约？",
    "2020年5月。“毗邻党建”联盟是2020年5月签约的。[1]",
)
RIVER = Turn(
    "启隆镇和城桥镇签了什么协议？",
    "启隆镇和城桥镇签了什么协议？",
    "启隆镇和城桥镇签的是《跨界河湖共管协议》。[1]",
)
FACTORIES = Turn(
    "启隆镇的工业企业怎么样了？",
    "启隆镇的工业企业怎么样了？",
    "启隆镇的工业企业已经整体退出。[1]",
)
EXPO = Turn(
    "花博会启东分会场叫什么？",
    "花博会启东分会场叫什么？",
    "启东分会场的名字叫“林洋·花田秀水”。[1]",
)
WINDOW = Turn(
    "启隆镇设立了什么专窗？",
    "启隆镇设立了什么专窗？",
    "启隆镇设立了“长三角一体化崇启专窗”。[1]",
)
PRICE = Turn(
    "票价多少？",
    "公交的票价多少？",
    "现有的文档里没有这个问题的答案。您可以问：专线公交和道路。",
    "refused_not_answered",
)
WEATHER = Turn(
    "今天天气怎么样？", "今天天气怎么样？", "文档里没有提到这件事。", "refused_nothing_found"
)
THANKS = Turn("谢谢", "谢谢", "不客气。", "routed_thanks")


@pytest.fixture(scope="module")
def follow_up(segmenter: Segmenter) -> FollowUp:
    """With the town's own words."""
    return FollowUp(segmenter)


@pytest.mark.parametrize(
    ("turns", "question", "understood"),
    [
        # something else of the same
        ([PEOPLE], "面积呢？", "启隆镇的面积呢？"),
        ([PEOPLE], "那面积呢", "启隆镇的面积呢"),
        ([PEOPLE], "那么，面积多大？", "启隆镇的面积多大？"),
        ([PEOPLE], "好的，那面积呢", "启隆镇的面积呢"),
        ([PEOPLE], "面積呢", "启隆镇的面积呢"),
        ([EXPO], "门票多少钱？", "花博会启东分会场的门票多少钱？"),
        ([BUS], "首班车呢？", "公交的首班车呢？"),
        # the same of another
        ([PEOPLE], "那海门呢？", "海门有多少人口？"),
        ([RIVER], "那东平镇呢", "启隆镇和东平镇签了什么协议"),
        ([RIVER], "和东平镇呢？", "启隆镇和东平镇签了什么协议？"),
        ([BUS], "那出租车呢", "出租车从哪里出发"),
        # what was spoken of, left out
        ([BUS], "几点开？", "公交几点开？"),
        ([BUS], "怎么收费", "公交怎么收费"),
        ([ALLIANCE], "谁签的？", "毗邻党建联盟谁签的？"),
        ([ALLIANCE], "有多少人参加？", "毗邻党建联盟有多少人参加？"),
        ([EXPO], "接待了多少游客？", "花博会启东分会场接待了多少游客？"),
        ([PEOPLE], "在哪里？", "启隆镇在哪里？"),
        ([PEOPLE], "在崇明岛哪里？", "启隆镇在崇明岛哪里？"),
        ([WINDOW], "怎么预约？", "“长三角一体化崇启专窗”怎么预约？"),
        ([PAIRED], "还有哪些？", "启隆镇和镇结对 还有哪些？"),
        ([FACTORIES], "为什么？", "为什么启隆镇的工业企业已经整体退出？"),
        ([FACTORIES], "什么时候的事？", "启隆镇的工业企业已经整体退出 什么时候的事？"),
        ([PEOPLE], "再说一遍", "启隆镇有多少人口？"),
        # the second of those named
        ([SANDS], "第二个呢？", "兴隆沙呢？"),
        ([PAIRED], "最后一个属于哪个区？", "港西镇属于哪个区？"),
        # a pronoun
        ([PEOPLE], "它有多大？", "启隆镇有多大？"),
        ([PAIRED], "这三个镇属于哪里", "东平镇、新海镇、港西镇属于哪里"),
        ([PAIRED], "它们属于哪里", "东平镇、新海镇、港西镇属于哪里"),
        ([RIVER], "这份协议什么时候签的", "《跨界河湖共管协议》什么时候签的"),
        ([WINDOW], "它的电话呢", "“长三角一体化崇启专窗”的电话呢"),
        ([EXPO], "那里有多少游客？", "花博会启东分会场有多少游客？"),
        # further back
        ([BUS, PRICE], "几点开？", "公交几点开？"),
        ([PEOPLE, WEATHER], "面积呢", "启隆镇的面积呢"),
        ([PEOPLE, WEATHER, THANKS], "面积呢", "启隆镇的面积呢"),
        ([PEOPLE, EXPO], "接待了多少人？", "花博会启东分会场接待了多少人？"),
        ([PEOPLE, BUS], "面积呢", "启隆镇的面积呢"),
    ],
)
def test_what_a_question_leaves_out_is_put_in(
    follow_up: FollowUp, turns: list[Turn], question: str, understood: str
) -> None:
    assert follow_up.resolve(question, turns) == understood


@pytest.mark.parametrize(
    "question",
    [
        "公交从哪里出发？",
        "那公交从哪里出发？",
        "另外，崇启专窗设在哪里？",
        "那启隆镇的面积呢？",
        "花博会启东分会场叫什么？",
        "什么是六聚焦？",
        "哪些部门签了渔业执法备忘录？",
        "有多少家媒体宣传过毗邻党建？",
        "交界道路的监控装齐了吗？",
        "这篇报道是谁写的？",
        "那个毗邻党建啥时候开始搞的？",
        "其他镇的干部能来吗？",
        "申请低保要什么材料？",
        "怎么办身份证",
        "我想投诉",
        "你是谁",
        "您好",
        "再见",
        "谢谢",
        "垃圾什么时候收？",
        "六聚焦",
        "🙂",
        "？",
        "呢",
        "",
    ],
)
@pytest.mark.parametrize("turn", [PEOPLE, SANDS, EXPO, RIVER, PRICE, WEATHER])
def test_nothing_is_carried_into_what_stands_by_itself(
    follow_up: FollowUp, turn: Turn, question: str
) -> None:
    assert follow_up.resolve(question, [turn]) == question


@pytest.mark.parametrize("turn", [PEOPLE, EXPO, WINDOW])
@pytest.mark.parametrize(
    "question",
    [
        "出生证明怎么开",
        "低保怎么申请？",
        "离婚怎么办",
        "征兵怎么报名",
        "拆迁如何补偿",
        "准生证咋办",
    ],
)
def test_a_matter_that_was_not_spoken_of_stands_by_itself(
    follow_up: FollowUp, turn: Turn, question: str
) -> None:
    assert follow_up.resolve(question, [turn]) == question


@pytest.mark.parametrize("question", ["怎么报名", "缴费怎么弄", "退票怎么办"])
def test_what_is_done_about_a_matter_is_none(follow_up: FollowUp, question: str) -> None:
    assert follow_up.resolve(question, [EXPO]) != question


def test_a_matter_that_was_spoken_of_goes_on_from_it(follow_up: FollowUp) -> None:
    said = Turn("启隆镇签约了吗？", "启隆镇签约了吗？", "启隆镇签约了，还举行了仪式。[1]")
    assert "启隆镇" in follow_up.resolve("签约怎么签的", [said])


@pytest.mark.parametrize(("turn", "question"), [(BUS, "户籍人口有多少？"), (PEOPLE, "票价多少？")])
def test_an_attribute_is_not_given_to_what_cannot_have_it(
    follow_up: FollowUp, turn: Turn, question: str
) -> None:
    assert follow_up.resolve(question, [turn]) == question


@pytest.mark.parametrize("question", ["面积呢", "那海门呢", "它有多大", "还有哪些", "第二个呢"])
def test_without_anything_before_it_every_question_is_left_alone(
    follow_up: FollowUp, question: str
) -> None:
    assert follow_up.resolve(question, []) == question
    assert follow_up.resolve(question, [WEATHER, THANKS]) == question


def test_what_is_too_far_back_is_forgotten(follow_up: FollowUp) -> None:
    assert follow_up.resolve("面积呢", [PEOPLE, *[THANKS] * 4]) == "启隆镇的面积呢"
    assert follow_up.resolve("面积呢", [PEOPLE, *[THANKS] * 5]) == "面积呢"


def test_an_ordinal_beyond_the_list_means_none_of_it(follow_up: FollowUp) -> None:
    assert "沙" not in follow_up.resolve("第四个呢", [SANDS]).removeprefix("启隆镇由沙组成")


def test_what_is_understood_is_not_carried_twice(follow_up: FollowUp) -> None:
    once = follow_up.resolve("面积呢", [PEOPLE])
    then = Turn("面积呢", once, "48.31平方公里。启隆镇的总面积是48.31平方公里。[1]")
    assert follow_up.resolve(once, [PEOPLE, then]) == once
    assert follow_up.resolve("人口呢", [PEOPLE, then]) == "启隆镇的人口呢"
