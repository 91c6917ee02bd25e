"""The work on the console's documents: claimed by one worker at a time, kept until it is done.

A claim lapses when its worker is no longer heard of, and another one begins the task anew.
"""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update

from assistant.errors import StoreError
from assistant.store.audit import record
from assistant.store.database import Clock, utc_now
from assistant.store.documents import written
from assistant.store.tables import library_documents, library_tasks, library_versions
from assistant.store.versions import State, Task, TaskKind
from assistant.types import Document

LEASE = timedelta(seconds=180)
"""How long a worker may be silent (it is while a large index is built) before its task is another's."""
MOST_ATTEMPTS = 3
"""How often a task may be begun: one that takes its worker down must not do so for ever."""

_V, _L, _T = library_versions.c, library_documents.c, library_tasks.c


class TaskQueue:
    """The tasks as one worker sees them."""

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self._worker = uuid.uuid4().hex

    def claim(self) -> Task | None:
        """The task that waits longest, now this worker's; None if none waits."""
        now = self._clock()
        waiting = (
            select(_T.version_id)
            .where(_T.claimed_until <= now)
            .order_by(_T.asked_at, _T.version_id)
            .limit(1)
            .scalar_subquery()
        )
        claimed = (
            update(library_tasks)
            .where(_T.version_id == waiting, _T.claimed_until <= now)
            .values(
                worker=self._worker, claimed_until=now + LEASE, attempts=_T.attempts + 1,
                done=0, total=0, at="",
            )
            .returning(_T.version_id, _T.kind, _T.asked_by, _T.attempts)
        )  # fmt: skip
        with self._engine.begin() as connection:
            row = connection.execute(claimed).first()
        if row is None:
            return None
        task = Task(row.version_id, TaskKind(row.kind), row.asked_by)
        if row.attempts > MOST_ATTEMPTS:
            self.fail(task, str(StoreError("task_given_up")))
            return self.claim()
        return task

    def advance(self, task: Task, done: int = 0, total: int = 0, at: str = "") -> bool:
        """Tell how far the work has come, and keep the claim; False if it is no longer wanted."""
        until = self._clock() + LEASE
        told = self._mine(task).values(done=done, total=total, at=at, claimed_until=until)
        with self._engine.begin() as connection:
            return bool(connection.execute(told).rowcount)

    def release(self, task: Task) -> None:
        """Let another worker begin the task at once: this one is about to end."""
        freed = self._mine(task).values(
            worker="", claimed_until=self._clock(), attempts=_T.attempts - 1
        )
        with self._engine.begin() as connection:
            connection.execute(freed)

    def finish_reading(
        self, task: Task, document: Document, pages: bytes = b"", page_count: int = 0
    ) -> None:
        """Keep what was read of a version, which is a draft from now on.

        Args:
            task: the reading.
            document: what was read.
            pages: what the original's pages are drawn from, if not from itself.
            page_count: how many there are.
        """
        kept = json.dumps(written(document), ensure_ascii=False)
        self._finish(
            task, state=State.DRAFT.value, document=kept, pages=pages, page_count=page_count
        )

    def refuse(self, task: Task, reason: str) -> None:
        """Keep the reason why a version cannot be read, and nothing of its content."""
        self._finish(task, state=State.REFUSED.value, reason=reason, content=b"")

    def fail(self, task: Task, reason: str) -> None:
        """Give a task up; a version that was not read is refused, others stay as they are."""
        if task.kind is TaskKind.READ:
            self.refuse(task, reason)
        else:
            self._finish(task, reason=reason)

    def _finish(self, task: Task, **values: object) -> None:
        with self._engine.begin() as connection:
            if self._end(connection, task):
                connection.execute(
                    update(library_versions).where(_V.id == task.version_id).values(**values)
                )

    def take_effect(self, connection: Connection, task: Task) -> None:
        """Write down that a version is published or withdrawn, in the generation's transaction.

        Raises:
            RuntimeError: the task is no longer this worker's; nothing of the transaction holds.
        """
        if not self._end(connection, task):
            raise RuntimeError("the claim has lapsed")
        row = connection.execute(
            select(_V.library_id, _V.name, _V.number, _L.published)
            .join(library_documents, _V.library_id == _L.id)
            .where(_V.id == task.version_id)
        ).one()
        publishing = task.kind is TaskKind.PUBLISH
        before = connection.execute(select(_V.number).where(_V.id == row.published)).scalar()
        connection.execute(
            update(library_documents)
            .where(_L.id == row.library_id)
            .values(published=task.version_id if publishing else "")
        )
        connection.execute(
            update(library_versions)
            .where(_V.id == task.version_id)
            .values(state=State.KEPT.value, reason="")
        )
        record(
            connection,
            task.asked_by,
            "document_published" if publishing else "document_withdrawn",
            row.name,
            {"version": before} if before else {},
            {"version": row.number} if publishing else {},
        )

    def _end(self, connection: Connection, task: Task) -> bool:
        """Take the task off the list; False if it is not this worker's any more."""
        mine = (_T.version_id == task.version_id) & (_T.worker == self._worker)
        return bool(connection.execute(delete(library_tasks).where(mine)).rowcount)

    def _mine(self, task: Task) -> Any:
        return update(library_tasks).where(
            _T.version_id == task.version_id, _T.worker == self._worker
        )
