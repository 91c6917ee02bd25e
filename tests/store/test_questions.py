"""What staff see of what was asked, and how it is deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from assistant.errors import NotFoundError
from assistant.store.audit import AuditLog
from assistant.store.conversations import ConversationStore
from assistant.store.database import open_database
from assistant.store.questions import SLOW_MS, Only, QuestionLog
from assistant.store.tables import schema_version
from assistant.types import Answer


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database with an answer, a slow refusal and a badly rated answer, in three conversations."""
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    store = ConversationStore(engine, 30)
    store.add(None, "一", Answer("answered", "甲", "一", 0.9), 10, "wechat")
    store.add(None, "二", Answer("refused_not_answered", "乙", "二", 0.1), SLOW_MS, "page")
    rated = store.add(None, "三", Answer("answered", "丙", "三", 0.9), SLOW_MS - 1)
    store.rate(rated.answer, "down", "答非所问")
    return engine


@pytest.mark.parametrize(
    ("only", "questions"),
    [(Only.ALL, "三二一"), (Only.REFUSED, "二"), (Only.BADLY_RATED, "三"), (Only.SLOW, "二")],
)
def test_questions_are_listed_newest_first_and_can_be_filtered(
    engine: Engine, only: Only, questions: str
) -> None:
    log = QuestionLog(engine)
    assert "".join(q.question for q in log.listed(only, 10)) == questions
    assert "".join(q.question for q in log.export(only, "zhang")) == questions
    assert log.count(only) == len(questions)
    assert [q.question for q in log.listed(only, 1, 1)] == [*questions[1:2]]


def test_a_question_has_its_channel_time_status_and_rating(engine: Engine) -> None:
    third, second, first = QuestionLog(engine).listed(Only.ALL, 3)
    assert (first.channel, second.channel, third.channel) == ("wechat", "page", "")
    assert (first.took_ms, first.status, first.answer) == (10, "answered", "甲")
    assert (first.rating, third.rating, third.reason) == ("", "down", "答非所问")
    assert first.asked_at.tzinfo


def test_a_conversation_is_deleted_whole_and_the_log_says_so_without_its_words(
    engine: Engine,
) -> None:
    log = QuestionLog(engine)
    gone = log.listed(Only.BADLY_RATED, 1)[0].conversation_id
    log.erase(gone, "zhang")
    assert [q.question for q in log.listed(Only.ALL, 10)] == ["二", "一"]
    [entry] = AuditLog(engine).entries(10)
    assert (entry.actor, entry.action, entry.target) == ("zhang", "conversation_erased", gone)
    assert (entry.before, entry.after) == ({"questions": 1}, {})
    with pytest.raises(NotFoundError):
        log.erase(gone, "zhang")
    assert len(AuditLog(engine).entries(10)) == 1


def test_questions_of_a_database_without_channels_are_kept_and_have_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine = open_database(url)
    ConversationStore(engine, 30).add(None, "问", Answer("answered", "答", "问", 0.9), 1, "page")
    with engine.begin() as connection:
        # As the second version left it.
        connection.exec_driver_sql("ALTER TABLE turns DROP COLUMN channel")
        for table in ("staff_recovery_codes", "staff_sessions", "staff_accounts", "audit"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.execute(delete(schema_version).where(schema_version.c.number > 2))
    engine.dispose()
    [kept] = QuestionLog(open_database(url)).listed(Only.ALL, 10)
    assert (kept.question, kept.channel) == ("问", "")
