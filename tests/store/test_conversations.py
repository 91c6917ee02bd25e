"""What is kept of conversations, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from assistant.errors import NotFoundError
from assistant.store.conversations import HISTORY, ConversationStore
from assistant.store.database import open_database
from assistant.store.tables import conversations, feedback, turns
from assistant.types import Answer, Citation, Span, Turn


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A new database."""
    return open_database(f"sqlite:///{tmp_path / 'a.db'}")


@pytest.fixture
def store(engine: Engine) -> ConversationStore:
    """Conversations kept for thirty days."""
    return ConversationStore(engine, 30)


def answer(text: str) -> Answer:
    """An answer."""
    return Answer("answered", text, f"听懂：{text}", 0.9)


def rows(engine: Engine) -> list[int]:
    """How many conversations, turns and ratings there are."""
    with engine.connect() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (conversations, turns, feedback)
        ]


def age(engine: Engine, conversation: str, days: float) -> None:
    """Make a conversation look as if it was last used so many days ago."""
    then = datetime.now(UTC) - timedelta(days=days)
    with engine.begin() as connection:
        of = update(conversations).where(conversations.c.id == conversation)
        connection.execute(of.values(last_used_at=then))


def test_a_question_and_its_answer_are_kept(store: ConversationStore) -> None:
    ids = store.add(None, "怎么办理？", answer("到窗口办理。"), 12)
    assert store.history(ids.conversation) == (
        Turn("怎么办理？", "听懂：到窗口办理。", "到窗口办理。"),
    )


def test_every_new_conversation_has_an_id_of_its_own_that_cannot_be_guessed(
    store: ConversationStore,
) -> None:
    ids = [store.add(None, "问", answer("答"), 1) for _ in range(20)]
    assert len({i.conversation for i in ids} | {i.answer for i in ids}) == 40
    assert {len(i.conversation) for i in ids} == {32}


def test_history_is_the_last_turns_oldest_first(store: ConversationStore) -> None:
    first = store.add(None, "问0", answer("答0"), 1)
    for number in range(1, HISTORY + 3):
        again = store.add(first.conversation, f"问{number}", answer(f"答{number}"), 1)
        assert again.conversation == first.conversation
    expected = [f"问{number}" for number in range(3, HISTORY + 3)]
    assert [turn.question for turn in store.history(first.conversation)] == expected


def test_conversations_do_not_mix(store: ConversationStore) -> None:
    one = store.add(None, "问一", answer("答一"), 1)
    store.add(None, "问二", answer("答二"), 1)
    assert [turn.question for turn in store.history(one.conversation)] == ["问一"]


def test_an_unknown_conversation_is_not_found(store: ConversationStore) -> None:
    with pytest.raises(NotFoundError) as caught:
        store.history("0" * 32)
    assert caught.value.key == "error_conversation_not_found"


def test_an_answer_can_be_rated_and_rated_again(store: ConversationStore, engine: Engine) -> None:
    ids = store.add(None, "问", answer("答"), 1)
    store.rate(ids.answer, "up", "")
    store.rate(ids.answer, "down", "答非所问")
    with engine.connect() as connection:
        [kept] = connection.execute(select(feedback)).all()
    assert (kept.answer_id, kept.rating, kept.reason) == (ids.answer, "down", "答非所问")


def test_an_unknown_answer_cannot_be_rated(store: ConversationStore, engine: Engine) -> None:
    with pytest.raises(NotFoundError) as caught:
        store.rate("0" * 32, "up", "")
    assert caught.value.key == "error_answer_not_found"
    assert rows(engine) == [0, 0, 0]


def test_what_is_too_old_is_deleted_with_all_that_belongs_to_it(
    store: ConversationStore, engine: Engine
) -> None:
    old, young = (store.add(None, q, answer("答"), 1) for q in ("旧问题", "新问题"))
    store.rate(old.answer, "up", "")
    age(engine, old.conversation, 30.1)
    age(engine, young.conversation, 29.9)
    assert store.expire() == 1
    assert rows(engine) == [1, 1, 0]
    assert store.history(young.conversation)
    with pytest.raises(NotFoundError):
        store.history(old.conversation)
    assert store.expire() == 0


CITATION = Citation(
    1, "d", "《标题》", ("一", "二"), "到窗口办理。", 5, 11, "2024", "/documents/d?quote=5-11#quote"
)


def test_an_answer_is_given_back_with_its_citations_as_it_was(store: ConversationStore) -> None:
    cited = (CITATION, replace(CITATION, number=2, emphasis=Span(6, 8)))
    before = datetime.now(UTC)
    ids = store.add(None, "怎么办理？", replace(answer("到窗口办理。"), citations=cited), 1)
    kept = store.answer(ids.answer)
    assert (kept.question, kept.answer) == ("怎么办理？", "到窗口办理。")
    assert kept.citations == cited
    assert before <= kept.answered_at <= datetime.now(UTC)


def test_an_answer_that_was_erased_or_never_given_is_not_found(store: ConversationStore) -> None:
    ids = store.add(None, "问", answer("答"), 1)
    store.erase(ids.conversation)
    for identity in (ids.answer, "none", ""):
        with pytest.raises(NotFoundError) as caught:
            store.answer(identity)
        assert caught.value.key == "error_answer_not_found"


def test_a_conversation_is_erased_with_all_that_belongs_to_it_and_no_other(
    store: ConversationStore, engine: Engine
) -> None:
    gone, kept = (store.add(None, q, answer("答"), 1) for q in ("要删的", "要留的"))
    store.add(gone.conversation, "再问", answer("再答"), 1)
    for ids in (gone, kept):
        store.rate(ids.answer, "up", "")
    for _ in range(2):
        store.erase(gone.conversation)
        assert rows(engine) == [1, 1, 1]
    assert [turn.question for turn in store.history(kept.conversation)] == ["要留的"]


def test_an_answer_that_comes_after_its_conversation_was_erased_is_not_kept(
    store: ConversationStore, engine: Engine
) -> None:
    ids = store.add(None, "问", answer("答"), 1)
    store.erase(ids.conversation)
    store.add(ids.conversation, "再问", answer("再答"), 1)
    assert rows(engine) == [0, 0, 0]


def test_using_a_conversation_keeps_it(store: ConversationStore, engine: Engine) -> None:
    ids = store.add(None, "问", answer("答"), 1)
    age(engine, ids.conversation, 40)
    store.add(ids.conversation, "再问", answer("再答"), 1)
    assert store.expire() == 0
    assert len(store.history(ids.conversation)) == 2


def test_nothing_deleted_can_be_read_in_the_file(
    store: ConversationStore, engine: Engine, tmp_path: Path
) -> None:
    ids = store.add(None, "我的身份证丢了", answer("请挂失。"), 1)
    age(engine, ids.conversation, 31)
    store.expire()
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("a.db*"))
    assert "身份证".encode() not in kept


def test_keeping_nothing_is_possible(engine: Engine) -> None:
    store = ConversationStore(engine, 0)
    store.add(None, "问", answer("答"), 1)
    assert store.expire() == 1
