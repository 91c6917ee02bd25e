"""A follow-up gets its subject from the conversation; a question that stands by itself is left."""

from __future__ import annotations

import pytest

from assistant.answering.context import Context, Understood
from assistant.answering.understand import Understand
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Question, Turn


@pytest.fixture(scope="module")
def understand(segmenter: Segmenter) -> Understand:
    """The step, with the town's own words."""
    return Understand(segmenter)


def understood(understand: Understand, *dialogue: str) -> Understood:
    """The last question of a dialogue, each question before it understood in its turn."""
    *before, last = dialogue
    history: tuple[Turn, ...] = ()
    for asked in before:
        history = (*history, Turn(asked, understood_in(understand, history, asked).text, "……"))
    return understood_in(understand, history, last)


def understood_in(understand: Understand, history: tuple[Turn, ...], asked: str) -> Understood:
    """A question as it is understood after the turns before it."""
    result = understand(Context(Question(asked, history))).understood
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("dialogue", "holds"),
    [
        (["启隆镇有多少人口？", "面积呢"], ["启隆镇", "面积"]),
        (["启隆镇有多少人口？", "面积呢？"], ["启隆镇", "面积"]),
        (["启隆镇有多少人口？", "那么，面积呢"], ["启隆镇", "面积"]),
        (["启隆镇面积多大？", "那人口呢"], ["启隆镇", "人口"]),
        (["启隆镇在哪里？", "它有多大"], ["启隆镇", "多大"]),
        (["启隆镇在哪里？", "它的面积是多少？"], ["启隆镇", "面积"]),
        (["启隆镇和新海镇结对了吗？", "还有哪些"], ["启隆镇", "新海镇", "哪些"]),
        (["启隆镇和新海镇结对了吗？", "还有哪些镇"], ["启隆镇", "哪些镇"]),
        (["启隆镇设立了什么专窗？", "在哪儿"], ["启隆镇", "专窗", "在哪儿"]),
        (["启隆镇有多少人口？", "为什么"], ["启隆镇", "为什么"]),
        (["互派干部有导师帮带制吗？", "派了几批了？"], ["互派干部派了几批"]),
        (["啟隆鎮有多少人口？", "面積呢"], ["启隆镇", "面积"]),
        (["启隆镇有多少人口？", "面积呢", "在什么位置呢"], ["启隆镇", "位置"]),
    ],
)
def test_a_follow_up_gets_its_subject_from_the_question_before(
    understand: Understand, dialogue: list[str], holds: list[str]
) -> None:
    text = understood(understand, *dialogue).text
    assert all(part in text for part in holds)


@pytest.mark.parametrize(
    ("dialogue", "text"),
    [
        (["启隆镇面积多大？", "那海门呢"], "海门面积多大"),
        (["启隆镇的面积是多少？", "海门区呢？"], "海门区的面积是多少"),
        (["省际治安卡点有几个？", "县际的呢"], "县际治安卡点有几个"),
        (["什么是六聚焦？", "那三项机制呢"], "什么是三项机制"),
        (["永隆沙在哪里？", "兴隆沙呢？"], "兴隆沙在哪里"),
        (["永隆沙在哪里？", "兴隆沙呢？", "新村沙呢？"], "新村沙在哪里"),
        (["启隆镇有多少人口？", "面积呢", "那海门呢"], "海门的面积呢"),
    ],
)
def test_another_name_takes_the_place_of_the_one_before(
    understand: Understand, dialogue: list[str], text: str
) -> None:
    assert understood(understand, *dialogue).text.rstrip("?？") == text


@pytest.mark.parametrize(
    "question",
    [
        "花博会启东分会场叫什么？",
        "专线公交首班车几点发车？",
        "启隆镇有多少人口？",
        "毗邻党建联盟什么时候签约？",
        "崇启专窗设在哪里",
    ],
)
@pytest.mark.parametrize("before", ["启隆镇有多少人口？", "什么是六聚焦？", "你好"])
def test_a_question_that_stands_by_itself_is_left_alone(
    understand: Understand, before: str, question: str
) -> None:
    assert understood(understand, before, question).text == question


def test_a_first_question_is_left_alone_whatever_it_looks_like(understand: Understand) -> None:
    for question in ("面积呢", "那海门呢", "它有多大", "还有哪些"):
        assert understood(understand, question).text == question


def test_this_town_is_ours_unless_another_was_just_spoken_of(understand: Understand) -> None:
    assert understood(understand, "这个镇有多大").text == "启隆镇有多大"
    dialogue = ["东平镇在哪里？", "这个镇有多大"]
    assert understood(understand, *dialogue).text == "东平镇有多大"


@pytest.mark.parametrize("question", ["咱们镇到底有多大呀？", "我们镇有多少人口", "镇上有公交吗"])
def test_our_town_is_this_town(understand: Understand, question: str) -> None:
    assert "启隆镇" in understood(understand, question).text


def test_a_change_of_subject_leaves_the_old_one_behind(understand: Understand) -> None:
    dialogue = ["启隆镇有多少人口？", "花博会启东分会场叫什么？", "接待了多少人呢"]
    text = understood(understand, *dialogue).text
    assert "花博会" in text
    assert "人口" not in text


@pytest.mark.parametrize("question", ["呢", "？", "🙂", "那", "它", "。。。", "a"])
@pytest.mark.parametrize("before", ["启隆镇有多少人口？", "🙂", "？", "的了吗"])
def test_anything_may_follow_anything(understand: Understand, before: str, question: str) -> None:
    assert understood(understand, before, question).text.endswith(question)


def test_width_case_and_script_are_folded_for_matching_only(understand: Understand) -> None:
    read = understood(understand, "啟隆鎮有５Ｇ嗎")
    assert read.text == "啟隆鎮有５Ｇ嗎"
    assert read.normal == "启隆镇有5g吗"
    assert "启隆镇" in read.content


def test_words_that_only_ask_carry_no_meaning(understand: Understand) -> None:
    read = understood(understand, "请问启隆镇的面积是多少？")
    assert set(read.content) == {"启隆镇", "启隆", "面积"}
    assert set(read.content) < set(read.words)
    assert all(weight > 0 for weight in read.content.values())


def test_a_question_of_nothing_but_such_words_is_searched_by_them(understand: Understand) -> None:
    read = understood(understand, "有没有呢")
    assert set(read.content) == set(read.words) != set()
    assert set(read.words) <= set(load("understanding")["stop_words"])


def test_a_rare_word_tells_more_than_a_common_one(understand: Understand) -> None:
    content = understood(understand, "毗邻党建的工作").content
    assert content["毗邻党建"] > content["工作"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("公交啥时候开？", "公交什么时候开?"),
        ("年轻干部换了几拨了？", "年轻干部换了几批了?"),
        ("经费有几拨款", "经费有几拨款"),
        ("专窗在啥地方呀", "专窗在哪里"),
        ("河是跟哪个镇一道管的？", "河是和哪个镇一起管的?"),
        ("咋去崇明？", "怎么去崇明?"),
        ("跟东平镇签过啥没有？", "跟东平镇签过什么?"),
        ("启隆算启东的还是算崇明的？", "启隆属于启东还是属于崇明?"),
        ("那个叫啥来着？", "那个叫什么?"),
        ("看花的人多不多呀？", "看花的有多少人?"),
        ("看花的人多吗？", "看花的有多少人?"),
        ("放鞭炮有人管吗", "放爆竹有人管吗"),
        ("联盟 哪年成立", "毗邻党建联盟 哪年成立"),
        ("那个联盟有几个镇", "那个毗邻党建联盟有几个镇"),
        ("毗邻党建联盟哪年成立", "毗邻党建联盟哪年成立"),
        ("足球联盟哪年成立", "足球联盟哪年成立"),
        ("有没有專線公交啊", "有没有专线公交"),
        ("启隆镇有多少人口？", "启隆镇有多少人口?"),
        ("啊呀，公交停在哪里？", "啊,公交停在哪里?"),
    ],
)
def test_what_is_said_is_looked_for_as_it_would_be_written(
    understand: Understand, said: str, written: str
) -> None:
    found = understand.read(said)
    assert found.normal == written
    assert found.text == said


@pytest.mark.parametrize(
    ("question", "normal"),
    [
        ("启 隆 镇 有 多 少 人", "启隆镇有多少人"),
        ("启隆镇 面积 多少", "启隆镇 面积 多少"),
        ("启隆镇多大", "启隆镇的面积有多大"),
        ("咱们镇到底有多大呀？", "启隆镇的面积有多大?"),
        ("俺镇归谁管", "启隆镇属于哪个市"),
        ("咱镇子有多大", "启隆镇的面积有多大"),
        ("启隆镇 zai nali", "启隆镇 在哪里"),
        ("启隆镇 you duoshao ren", "启隆镇 有多少人"),
        ("启隆镇mianji duoshao", "启隆镇面积 有多少"),
        ("这个会有多大", "这个会有多大"),
    ],
)
def test_what_is_said_or_typed_is_put_as_it_would_be_written(
    understand: Understand, question: str, normal: str
) -> None:
    assert understood(understand, question).normal == normal
