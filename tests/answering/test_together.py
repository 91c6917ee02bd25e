"""Several questions of one message: each answered by itself, all of them in one answer."""

from __future__ import annotations

import pytest

from assistant.answering.pipeline import Pipeline
from assistant.answering.service import ChatService
from assistant.resources import load
from assistant.store.conversations import ConversationStore
from assistant.types import ANSWERED, Answer, Question
from tests.answering.readers import PlainReader
from tests.answering.test_pipeline import STEPS, CountingReader, pipeline_of
from tests.conftest import Indexed, Town

BOTH = "全程票价多少元，各村什么时候修订防汛预案？"
ONE_REFUSED = "汛期是几月到几月？zyxwvut怎么样？"
NONE = "zyxwvut多少？tuvwxyz多少？"


@pytest.fixture
def pipeline(indexed: Indexed) -> Pipeline:
    """One that quotes a sentence for whatever shares two characters with a document."""
    return pipeline_of(indexed, PlainReader())


def quotes(answer: Answer) -> list[list[str]]:
    """What is quoted in each line."""
    return [[c.quote for c in line.citations] for line in answer.lines]


def not_told(question: str) -> str:
    """What is said of a question that the documents do not answer."""
    return str(load("replies")["not_told"].format(question=question))


def whole(answer: Answer) -> bool:
    """Whether an answer's text, pieces, lines and citations are one."""
    assert answer.text == "".join(answer.pieces)
    assert answer.text.count("\n") >= len(answer.lines) - 1
    assert answer.citations == tuple(c for line in answer.lines for c in line.citations)
    assert answer.lead == answer.lines[0].lead
    return [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))


def test_both_are_answered_below_one_another(pipeline: Pipeline) -> None:
    answer = pipeline.answer(Question(BOTH))
    fare, flood = (pipeline.answer(Question(q)) for q in BOTH.split("，"))
    assert answer.status == ANSWERED
    assert quotes(answer) == [*quotes(fare), *quotes(flood)]
    assert answer.text == f"{fare.text}\n{flood.text.replace('[1]', '[2]')}"
    assert whole(answer)
    assert answer.understood_as == BOTH
    assert answer.confidence == min(fare.confidence, flood.confidence)
    assert {h.chunk.id for h in answer.hits} == {h.chunk.id for h in (*fare.hits, *flood.hits)}


def test_what_is_not_told_is_named_in_its_place(pipeline: Pipeline) -> None:
    answer = pipeline.answer(Question(ONE_REFUSED))
    assert answer.status == ANSWERED
    assert answer.confidence == 1.0
    assert answer.lines[1].lead == not_told("zyxwvut怎么样")
    assert answer.text.endswith("\n" + not_told("zyxwvut怎么样"))
    assert whole(answer)
    first, second = ONE_REFUSED.strip("？").split("？")
    turned = pipeline.answer(Question(f"{second}？{first}？"))
    assert turned.lines[0].lead == not_told("zyxwvut怎么样")
    assert [c.number for c in turned.citations] == [1]
    assert whole(turned)


def test_if_none_is_answered_it_is_one_refusal(pipeline: Pipeline) -> None:
    answer = pipeline.answer(Question(NONE))
    alone = pipeline.answer(Question("zyxwvut多少？"))
    assert (answer.status, answer.text) == (alone.status, alone.text)
    assert (answer.lines, answer.pieces, answer.citations) == ((), (), ())
    assert answer.understood_as == NONE


def test_a_later_question_takes_its_subject_from_the_one_before(pipeline: Pipeline) -> None:
    answer = pipeline.answer(Question("专线公交从崇明南门几点发车，票价多少？"))
    assert answer.understood_as == "专线公交从崇明南门几点发车？专线公交的票价多少？"


def test_the_same_sentence_is_quoted_once(pipeline: Pipeline) -> None:
    answer = pipeline.answer(Question("全程票价几元，几周岁以上的老人免费乘坐？"))
    assert len(answer.citations) == 1
    assert answer.text.count("全程票价六元") == 1
    assert whole(answer)


def test_three_are_answered_in_their_order(pipeline: Pipeline) -> None:
    answer = pipeline.answer(Question(f"{BOTH}哪些家庭可以申请最低生活保障？"))
    assert len(answer.lines) == 3
    assert "票价" in answer.lines[0].citations[0].quote
    assert "防汛预案" in answer.lines[1].citations[0].quote
    assert "最低生活保障" in answer.lines[2].citations[0].quote
    assert whole(answer)


def test_the_steps_are_the_same_and_the_message_stays_what_was_sent(pipeline: Pipeline) -> None:
    done = list(pipeline.progress(Question(BOTH)))
    assert [p.step for p in done] == STEPS
    assert {p.context.question.text for p in done} == {BOTH}
    assert done[-1].context.answer == pipeline.answer(Question(BOTH))
    assert [p.step for p in pipeline.afresh(Question(BOTH))] == STEPS


def test_a_message_is_remembered_as_a_whole(indexed: Indexed) -> None:
    reader = CountingReader()
    pipeline = pipeline_of(indexed, reader)
    first, again = (list(pipeline.progress(Question(BOTH)))[-1] for _ in range(2))
    assert first == again
    assert reader.asked == 2


def test_the_message_is_screened_as_a_whole_and_once(pipeline: Pipeline) -> None:
    urgent = pipeline.answer(Question("家里着火了怎么办？专线公交票价多少？"))
    assert urgent.status == "routed_urgent"
    told = pipeline.answer(Question(f"我的电话13800138000，{BOTH}"))
    assert len(told.notices) == 1
    assert "13800138000" not in told.understood_as
    assert len(told.lines) == 2


def test_the_next_turn_goes_on_from_a_message_of_several(
    pipeline: Pipeline, indexed: Indexed
) -> None:
    chat = ChatService(pipeline, ConversationStore(indexed.engine, retention_days=30), 1)
    asked = chat.ask("专线公交几点发车，票价多少？")
    assert asked.answer.understood_as == "专线公交几点发车？专线公交的票价多少？"
    later = chat.ask("那老人呢", asked.ids.conversation)
    assert "公交" in later.answer.understood_as


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("启隆镇有多少人，面积多大？", ["5052人", "48.31平方公里"]),
        ("启隆镇在哪？有多少人？", ["中北部", "5052人"]),
        ("报道谁写的，图片谁提供的", ["黄海", "启隆镇政府"]),
        ("互派了几批干部，重点学什么", ["3批次", "乡村振兴"]),
        ("六聚焦是什么，三项机制是什么", ["党建引领", "联席会议"]),
        ("联盟哪年签约，有哪三地", ["2020年5月", "海门区"]),
        ("公交从哪里开，票价多少钱？", ["崇明南门", not_told("票价多少钱")]),
        ("花博会什么时候办的？门票多少钱？", ["5月21日至7月2日", not_told("门票多少钱")]),
        ("启隆镇面积多大？启东市面积多大？", ["48.31平方公里", not_told("启东市面积多大")]),
        ("属于哪个市？镇长是谁？", ["启东市", not_told("镇长是谁")]),
        ("启隆镇有多少人？面积呢？镇长是谁？", ["5052人", "48.31", not_told("镇长是谁")]),
    ],
)
def test_the_towns_own_pages_answer_each_question(
    town: Town, message: str, wanted: list[str]
) -> None:
    answer = town.pipeline.answer(Question(message))
    said = answer.text
    assert answer.status == ANSWERED
    assert whole(answer)
    for words in wanted:
        assert words in said, said
        said = said[said.find(words) :]


def test_what_an_answer_names_can_be_meant_by_the_next_question(town: Town) -> None:
    answer = town.pipeline.answer(Question("和启隆镇一起管河道的是哪个镇？它属于哪里？"))
    assert answer.understood_as.endswith("城桥镇属于哪里？")
