"""The audit log: who changed what and when, with what was there before and after.

There is nothing here to change or delete an entry; the database refuses it too. Secrets are not in
it, nor what was asked: of a password it tells that there is one, of questions how many were deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, select

from assistant.store.database import with_zone
from assistant.store.tables import audit

Values = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """One change; ``before`` and ``after`` hold only what it touched."""

    number: int
    at: datetime
    actor: str
    action: str
    target: str
    before: Values
    after: Values


def record(
    connection: Connection,
    actor: str,
    action: str,
    target: str,
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    """Write an entry in the transaction of the change itself: there is none without the other."""
    connection.execute(
        insert(audit).values(
            at=datetime.now(UTC),
            actor=actor,
            action=action,
            target=target,
            before=dict(before or {}),
            after=dict(after or {}),
        )
    )


class AuditLog:
    """Reads the log."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def entries(self, count: int, before: int | None = None) -> list[Entry]:
        """The newest entries, newest first; only those numbered below ``before`` if given."""
        query = select(audit).order_by(audit.c.number.desc()).limit(count)
        if before is not None:
            query = query.where(audit.c.number < before)
        with self._engine.connect() as connection:
            return [
                Entry(
                    row.number, with_zone(row.at), row.actor, row.action, row.target,
                    row.before, row.after,
                )
                for row in connection.execute(query)
            ]  # fmt: skip
