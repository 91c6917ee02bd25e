"""What was asked, for staff: listed, filtered, exported and, on request, deleted.

Questions are kept without personal data and for a set number of days; that is left to the
conversations' own store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, Row, Select, delete, func, select

from assistant.errors import NotFoundError
from assistant.store.audit import record
from assistant.store.database import with_zone
from assistant.store.tables import conversations, feedback, turns

SLOW_MS = 3000
"""From how many milliseconds on an answer counts as slow."""


class Only(StrEnum):
    """Which questions to look at."""

    ALL = "all"
    REFUSED = "refused"
    BADLY_RATED = "badly_rated"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question with what came of it; ``rating`` is ``up``, ``down`` or empty."""

    conversation_id: str
    asked_at: datetime
    question: str
    status: str
    answer: str
    channel: str
    took_ms: int
    rating: str
    reason: str


class QuestionLog:
    """Reads what was asked. ``actor`` is the name of who does it, for the audit log."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(self, only: Only) -> int:
        """How many questions there are."""
        query = select(func.count()).select_from(_chosen(only).subquery())
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def listed(self, only: Only, count: int, skip: int = 0) -> list[AskedQuestion]:
        """The newest questions, newest first, without the first ``skip``."""
        with self._engine.connect() as connection:
            rows = connection.execute(_chosen(only).limit(count).offset(skip))
            return [_asked(row) for row in rows]

    def export(self, only: Only, actor: str) -> Iterator[AskedQuestion]:
        """All questions, newest first, few at a time; that they were taken is in the log."""
        with self._engine.begin() as connection:
            record(connection, actor, "questions_exported", only.value)
        return self._each(only)

    def erase(self, conversation_id: str, actor: str) -> None:
        """Delete a conversation with its answers and ratings; how many there were is in the log.

        Raises:
            NotFoundError: there is no such conversation.
        """
        with self._engine.begin() as connection:
            of = turns.c.conversation_id == conversation_id
            count = connection.execute(select(func.count()).select_from(turns).where(of))
            gone = delete(conversations).where(conversations.c.id == conversation_id)
            before = {"questions": int(count.scalar_one())}
            if not connection.execute(gone).rowcount:
                raise NotFoundError("error_conversation_not_found")
            record(connection, actor, "conversation_erased", conversation_id, before)

    def _each(self, only: Only) -> Iterator[AskedQuestion]:
        with self._engine.connect().execution_options(yield_per=200) as connection:
            for row in connection.execute(_chosen(only)):
                yield _asked(row)


def _chosen(only: Only) -> Select[Any]:
    query = (
        select(turns, feedback.c.rating, feedback.c.reason)
        .join_from(turns, feedback, isouter=True)
        .order_by(turns.c.asked_at.desc(), turns.c.answer_id)
    )
    match only:
        case Only.REFUSED:
            return query.where(turns.c.status.startswith("refused_", autoescape=True))
        case Only.BADLY_RATED:
            return query.where(feedback.c.rating == "down")
        case Only.SLOW:
            return query.where(turns.c.took_ms >= SLOW_MS)
        case Only.ALL:
            return query


def _asked(row: Row[Any]) -> AskedQuestion:
    return AskedQuestion(
        conversation_id=row.conversation_id,
        asked_at=with_zone(row.asked_at),
        question=row.question,
        status=row.status,
        answer=row.answer,
        channel=row.channel,
        took_ms=row.took_ms,
        rating=row.rating or "",
        reason=row.reason or "",
    )
