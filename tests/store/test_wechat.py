"""What is kept of questions from WeChat, by whom it may be taken, and when it is gone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from assistant.store.conversations import ConversationStore
from assistant.store.database import open_database
from assistant.store.migrations import MIGRATIONS, _wechat
from assistant.store.tables import wechat_conversations, wechat_jobs, wechat_signatures
from assistant.store.wechat import NewJob, WechatStore
from assistant.types import Answer

TABLES = (wechat_jobs, wechat_conversations, wechat_signatures)
ANSWER = Answer("answered", "到窗口办理。", "怎么办理？", 0.9)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A new database."""
    return open_database(f"sqlite:///{tmp_path / 'a.db'}")


@pytest.fixture
def store(engine: Engine) -> WechatStore:
    """An empty store."""
    return WechatStore(engine)


def new(job: str, person: str = "p", **more: object) -> NewJob:
    """A question that arrived."""
    return NewJob(job, "official", person, question="怎么办理？", **more)  # type: ignore[arg-type]


def test_a_database_from_before_wechat_gets_its_tables(engine: Engine) -> None:
    assert _wechat in MIGRATIONS
    with engine.begin() as connection:
        for table in reversed(TABLES):
            table.drop(connection)
        _wechat(connection)
    assert {table.name for table in TABLES} <= set(inspect(engine).get_table_names())


def test_a_message_that_arrives_again_is_counted_and_not_kept_twice(store: WechatStore) -> None:
    counted = [store.arrive(new("a"), float(n)).deliveries for n in range(3)]
    assert counted == [1, 2, 3]
    found = store.get("a")
    assert found is not None
    assert found.created_at == 0.0
    assert store.get("b") is None


def test_of_many_that_want_a_job_one_gets_it(store: WechatStore) -> None:
    won: list[bool] = []
    workers = [
        threading.Thread(
            target=lambda n=n: (
                store.arrive(new("a"), 1.0),
                won.append(store.claim("a", str(n), 1.0, 9.0)),
            )
        )
        for n in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(won) == [False] * 7 + [True]
    found = store.get("a")
    assert found is not None
    assert found.deliveries == 8


def test_a_claim_lasts_as_long_as_it_is_held(store: WechatStore) -> None:
    store.arrive(new("a"), 1.0)
    assert store.claim("a", "one", 1.0, 9.0)
    store.hold("one", ("a",), 20.0)
    store.hold("other", ("a",), 90.0)
    assert not store.claim("a", "other", 19.0, 29.0)
    assert store.unclaimed(19.0) == []
    assert [job.id for job in store.unclaimed(21.0)] == ["a"]
    store.release("one")
    assert store.claim("a", "other", 2.0, 29.0)


def test_the_first_of_two_answers_is_kept_and_the_question_is_not(store: WechatStore) -> None:
    job = store.arrive(new("a"), 1.0)
    assert store.finish(job, ("一。", "二。"), "标签", None)
    assert store.finish(job, ("三。",), "", None)
    found = store.get("a")
    assert found is not None
    assert (found.parts, found.label, found.question, found.done) == (
        ("一。", "二。"), "标签", "", True,
    )  # fmt: skip
    assert not store.claim("a", "late", 99.0, 109.0)


def test_what_waits_for_a_person_comes_oldest_first(store: WechatStore) -> None:
    first, second = store.arrive(new("a"), 1.0), store.arrive(new("b"), 2.0)
    store.arrive(new("c", "someone else"), 0.0)
    assert store.pending("p", 0.5) is None, "both may yet be delivered by themselves"
    store.hint("b")
    assert store.pending("p", 0.5) == store.get("b")
    assert store.pending("p", 5.0) == store.get("a")
    store.finish(first, ("一。", "二。"), "", None)
    store.delivered("a", 2)
    assert store.pending("p", 5.0) == store.get("b")
    store.finish(second, ("一。", "二。"), "", None)
    store.delivered("b", 1)
    store.delivered("b", 0)
    left = store.pending("p", 5.0)
    assert left is not None
    assert (left.id, left.delivered) == ("b", 1)


def test_a_signature_is_good_for_one_message(store: WechatStore) -> None:
    assert store.is_message_of("s", "one", 1.0)
    assert store.is_message_of("s", "one", 2.0)
    assert not store.is_message_of("s", "other", 3.0)
    store.expire(0.0, 5.0)
    assert store.is_message_of("s", "other", 6.0)


def test_who_leaves_takes_every_conversation_along(engine: Engine, store: WechatStore) -> None:
    kept = ConversationStore(engine, 30)
    ids = [kept.add(None, "怎么办理？", ANSWER, 1).conversation for _ in range(3)]
    for name, person, conversation in zip("abc", ("p", "p", "q"), ids, strict=True):
        store.finish(store.arrive(new(name, person), 1.0), ("好。",), "", conversation)
    assert store.conversation("p") == ids[1]
    store.erase("p")
    assert store.conversation("p") is None
    assert store.get("a") is store.get("b") is None
    assert store.conversation("q") == ids[2]
    assert kept.history(ids[2])


def test_an_answer_for_someone_who_left_is_not_kept(engine: Engine, store: WechatStore) -> None:
    kept = ConversationStore(engine, 30)
    job = store.arrive(new("a"), 1.0)
    store.erase("p")
    conversation = kept.add(None, "怎么办理？", ANSWER, 1).conversation
    assert not store.finish(job, ("好。",), "", conversation)
    with engine.connect() as connection:
        assert connection.execute(wechat_conversations.select()).all() == []
    assert store.conversation("p") is None


def test_what_is_old_is_deleted(store: WechatStore) -> None:
    store.arrive(new("old"), 1.0)
    store.arrive(new("new"), 10.0)
    store.expire(5.0, 5.0)
    assert store.get("old") is None
    assert store.get("new") is not None
