"""One question of a conversation: history in, answer kept, and no slot held longer than needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from assistant.answering.pipeline import Pipeline
from assistant.answering.service import ChatService, Step
from assistant.errors import NotFoundError, QuestionError
from assistant.store.conversations import ConversationStore
from assistant.store.tables import turns
from assistant.types import Audience
from tests.answering.readers import PlainReader
from tests.conftest import Indexed

PATIENCE = 20
"""Seconds after which something that waits is taken to wait for ever."""

QUESTIONS = ["汛期是几月到几月？", "全程票价多少元？", "需要户口簿吗？", "zyxwvut"]

Make = Callable[[int], ChatService]


@pytest.fixture
def service(indexed: Indexed) -> Make:
    """Makes a service that works on so many questions at once."""
    pipeline = Pipeline(
        indexed.segmenter, indexed.embedder, indexed.store, indexed.index, PlainReader()
    )
    conversations = ConversationStore(indexed.engine, retention_days=30)
    return lambda at_once: ChatService(pipeline, conversations, at_once)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Eight threads, not waited for if one of them hangs."""
    threads = ThreadPoolExecutor(8)
    yield threads
    threads.shutdown(wait=False, cancel_futures=True)


def test_questions_asked_together_get_the_answers_they_get_alone(
    service: Make, pool: ThreadPoolExecutor
) -> None:
    asked = QUESTIONS * 4
    chat = service(2)
    alone = [chat.ask(q).answer for q in asked]
    begin = Barrier(8)

    def ask(number: int) -> list[object]:
        begin.wait(PATIENCE)
        return [chat.ask(q).answer for q in asked[number::8]]

    together = list(pool.map(ask, range(8), timeout=PATIENCE))
    assert together == [alone[number::8] for number in range(8)]


def test_each_question_asked_together_is_kept_once(
    service: Make, indexed: Indexed, pool: ThreadPoolExecutor
) -> None:
    chat = service(2)
    replies = list(pool.map(chat.ask, QUESTIONS * 4, timeout=PATIENCE))
    with indexed.engine.connect() as connection:
        kept = connection.execute(select(turns.c.answer_id)).scalars().all()
    assert sorted(kept) == sorted(reply.ids.answer for reply in replies)
    assert len({reply.ids.conversation for reply in replies}) == len(replies)


def test_a_stream_abandoned_half_way_keeps_no_slot(service: Make, pool: ThreadPoolExecutor) -> None:
    chat = service(1)
    abandoned = []
    for steps_taken in range(6):
        stream = chat.steps(QUESTIONS[0])
        abandoned.append(stream)  # still referred to: nobody cleans up behind it
        for _ in range(steps_taken):
            next(stream)
        answered = pool.submit(chat.ask, QUESTIONS[0]).result(PATIENCE)
        assert answered.answer.status == "answered"


def test_an_abandoned_question_is_not_kept(service: Make, indexed: Indexed) -> None:
    steps = service(1).steps(QUESTIONS[0])
    next(steps)
    del steps
    with indexed.engine.connect() as connection:
        assert connection.execute(select(turns)).all() == []


def test_a_step_that_breaks_keeps_no_slot(
    service: Make, pool: ThreadPoolExecutor, indexed: Indexed, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = service(1)

    def broken(_text: str) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(indexed.embedder, "encode_query", broken)
        with pytest.raises(RuntimeError, match="broken"):
            chat.ask(QUESTIONS[0])
    assert pool.submit(chat.ask, QUESTIONS[0]).result(PATIENCE).answer.status == "answered"


def test_the_steps_end_with_the_reply(service: Make) -> None:
    steps: list[Step] = list(service(1).steps(QUESTIONS[0]))
    names = ["screen", "understand", "retrieve", "read", "check", "phrase", "final"]
    assert [s.name for s in steps] == names
    assert [s.reply is not None for s in steps] == [False] * 6 + [True]
    assert [bool(s.hits) for s in steps] == [False] * 2 + [True] * 5
    reply = steps[-1].reply
    assert reply is not None
    assert reply.took_ms >= 0


def test_a_conversation_is_remembered_in_its_order(service: Make) -> None:
    chat = service(1)
    first = chat.ask("专线公交从崇明南门几点发车？").ids.conversation
    assert chat.ask("票价呢", first).answer.understood_as == "专线公交的票价呢"
    assert "公交的票价" in chat.ask("那老人呢", first).answer.understood_as
    assert chat.ask("那老人呢").answer.understood_as == "那老人呢"


def test_a_question_is_checked_before_anything_is_done(service: Make) -> None:
    chat = service(1)
    with pytest.raises(QuestionError):
        chat.steps(" ")
    with pytest.raises(NotFoundError):
        chat.steps("票价", "no such conversation")


def test_staff_get_what_residents_do_not(service: Make) -> None:
    chat = service(1)
    question = "机关干部每班值多少小时？"
    assert "镇机关值班安排" not in told(chat, question, Audience.RESIDENTS)
    assert "镇机关值班安排" in told(chat, question, Audience.STAFF)


def told(chat: ChatService, question: str, audience: Audience) -> set[str]:
    """The titles that an answer stands on."""
    return {c.title for c in chat.ask(question, audience=audience).answer.citations}
