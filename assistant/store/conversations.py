"""Conversations: what was asked and answered, kept for a set number of days, and the ratings."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from assistant.errors import NotFoundError
from assistant.store.database import with_zone
from assistant.store.tables import conversations, feedback, turns
from assistant.types import Answer, Citation, Span, Turn

HISTORY = 5
"""How many turns back a follow-up may reach."""


@dataclass(frozen=True, slots=True)
class Ids:
    """Under which ids an answer was kept."""

    answer: str
    conversation: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was given, with its question, without personal data, and when (UTC)."""

    question: str
    answer: str
    citations: tuple[Citation, ...]
    answered_at: datetime


class ConversationStore:
    """Reads and writes conversations. Ids are random, so knowing one is the right to use it."""

    def __init__(self, engine: Engine, retention_days: int) -> None:
        self._engine = engine
        self._retention = timedelta(days=retention_days)

    def history(self, conversation_id: str) -> tuple[Turn, ...]:
        """The last turns of a conversation, oldest first.

        Without those that were routed: greetings and thanks are no subject to go on from.

        Raises:
            NotFoundError: there is no such conversation, or it was deleted for its age.
        """
        query = (
            select(turns.c.question, turns.c.understood_as, turns.c.answer, turns.c.status)
            .where(turns.c.conversation_id == conversation_id)
            .order_by(turns.c.asked_at.desc())
            .limit(HISTORY)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        if not rows:
            raise NotFoundError("error_conversation_not_found")
        return tuple(
            Turn(row.question, row.understood_as, row.answer, row.status)
            for row in reversed(rows)
            if not row.status.startswith("routed_")
        )

    def add(
        self,
        conversation_id: str | None,
        question: str,
        answer: Answer,
        took_ms: int,
        channel: str = "",
    ) -> Ids:
        """Keep a question with its answer, in a new conversation if none is given.

        ``channel`` is the way by which it was asked, empty if that is not known.

        Nothing is kept of a conversation that was erased while the answer was sought.
        """
        ids = Ids(_new_id(), conversation_id or _new_id())
        now = datetime.now(UTC)
        with self._engine.begin() as connection:
            used = update(conversations).where(conversations.c.id == ids.conversation)
            if connection.execute(used.values(last_used_at=now)).rowcount == 0:
                if conversation_id:
                    return ids
                connection.execute(
                    insert(conversations).values(id=ids.conversation, last_used_at=now)
                )
            connection.execute(
                insert(turns).values(
                    answer_id=ids.answer,
                    conversation_id=ids.conversation,
                    asked_at=now,
                    question=question,
                    understood_as=answer.understood_as,
                    status=answer.status,
                    answer=answer.text,
                    confidence=answer.confidence,
                    took_ms=took_ms,
                    channel=channel,
                    citations=[asdict(citation) for citation in answer.citations],
                )
            )
        return ids

    def answer(self, answer_id: str) -> KeptAnswer:
        """An answer as it was given.

        Raises:
            NotFoundError: there is no such answer, or it was deleted.
        """
        query = select(turns).where(turns.c.answer_id == answer_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFoundError("error_answer_not_found")
        citations = tuple(map(_citation, row.citations))
        return KeptAnswer(row.question, row.answer, citations, with_zone(row.asked_at))

    def rate(self, answer_id: str, rating: str, reason: str) -> None:
        """Keep a rating of an answer, its reason as it is given; a later one replaces it.

        Raises:
            NotFoundError: there is no such answer.
        """
        with self._engine.begin() as connection:
            known = select(turns.c.answer_id).where(turns.c.answer_id == answer_id)
            if connection.execute(known).first() is None:
                raise NotFoundError("error_answer_not_found")
            connection.execute(delete(feedback).where(feedback.c.answer_id == answer_id))
            connection.execute(
                insert(feedback).values(
                    answer_id=answer_id, rating=rating, reason=reason, given_at=datetime.now(UTC)
                )
            )

    def erase(self, conversation_id: str) -> None:
        """Delete a conversation with its turns and ratings; nothing if there is none."""
        with self._engine.begin() as connection:
            connection.execute(delete(conversations).where(conversations.c.id == conversation_id))

    def expire(self) -> int:
        """Delete the conversations last used longer ago than they may be kept; how many."""
        limit = datetime.now(UTC) - self._retention
        with self._engine.begin() as connection:
            gone = connection.execute(
                delete(conversations).where(conversations.c.last_used_at < limit)
            )
        return gone.rowcount


def _citation(kept: dict[str, Any]) -> Citation:
    emphasis = kept["emphasis"] and Span(**kept["emphasis"])
    return Citation(**{**kept, "headings": tuple(kept["headings"]), "emphasis": emphasis})


def _new_id() -> str:
    return secrets.token_hex(16)
