"""The versions of the documents that staff keep in the console, as they are read.

What becomes of them is in ``library``, what is being done with them in ``library_tasks``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from assistant.errors import NotFoundError
from assistant.store.database import with_zone
from assistant.store.documents import read
from assistant.store.tables import library_documents, library_tasks, library_versions
from assistant.types import Document

_V, _L, _T = library_versions.c, library_documents.c, library_tasks.c


class State(StrEnum):
    """What has become of a version so far."""

    READING = "reading"
    REFUSED = "refused"
    """It could not be read; nothing of its content is kept."""
    DRAFT = "draft"
    KEPT = "kept"
    """It is or was published."""


class TaskKind(StrEnum):
    """What is to be done with a version."""

    READ = "read"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Task:
    """Work on a version: ``done`` of ``total`` chunks, or ``at`` a place of the original."""

    version_id: str
    kind: TaskKind
    asked_by: str
    done: int = 0
    total: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a document of the library, without its text.

    ``library_id`` is the document that it is a version of, ``reason`` why it could not be read
    or published. ``reviewed`` tells whether somebody has checked what is told of it. ``page_count``
    is how many pages of the original can be drawn.
    """

    id: str
    library_id: str
    number: int
    name: str
    state: State
    reason: str
    size: int
    reviewed: bool
    uploaded_by: str
    uploaded_at: datetime
    page_count: int
    published: bool
    task: Task | None


class Versions:
    """Reads what staff keep."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def versions(self) -> list[Version]:
        """Every version, the newest first."""
        query = _versions().order_by(_V.uploaded_at.desc(), _V.number.desc())
        with self._engine.connect() as connection:
            return [_version(row) for row in connection.execute(query)]

    def version(self, version_id: str) -> Version:
        """One version.

        Raises:
            NotFoundError: there is no such version.
        """
        with self._engine.connect() as connection:
            row = connection.execute(_versions().where(_V.id == version_id)).first()
        if row is None:
            raise NotFoundError("error_not_found")
        return _version(row)

    def document(self, version_id: str) -> Document | None:
        """What was read of a version, with what is told of it; None before it was read.

        Raises:
            NotFoundError: there is no such version.
        """
        kept = str(self._kept(version_id, _V.document))
        return read(json.loads(kept)) if kept else None

    def told(self, version_id: str) -> Document | None:
        """A document as staff have told of it: the version itself or, before it is reviewed, another.

        That is the published version, or else the newest that was reviewed; None if there is none.
        A revision has the very content of a version that was told of, and so stands for itself.
        """
        with self._engine.connect() as connection:
            return told_of(connection, version_id)

    def content(self, version_id: str) -> bytes:
        """The file as it was uploaded; empty if it was refused.

        Raises:
            NotFoundError: there is no such version.
        """
        return bytes(self._kept(version_id, _V.content))

    def pages(self, version_id: str) -> bytes:
        """What the original's pages are drawn from: a pdf of an office file, else the file itself.

        Raises:
            NotFoundError: there is no such version.
        """
        return bytes(self._kept(version_id, _V.pages)) or self.content(version_id)

    def published(self, without: str = "") -> list[str]:
        """The ids of the versions that are published, which are their documents' ids too.

        Args:
            without: a document of the library that is left out.
        """
        query = (
            select(_L.published).where(_L.published != "", _L.id != without).order_by(_L.published)
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def _kept(self, version_id: str, column: Any) -> Any:
        with self._engine.connect() as connection:
            row = connection.execute(select(column).where(_V.id == version_id)).first()
        if row is None:
            raise NotFoundError("error_not_found")
        return row[0]


def told_of(connection: Connection, version_id: str) -> Document | None:
    """See ``Versions.told``."""
    of = select(_V.library_id).where(_V.id == version_id).scalar_subquery()
    query = (
        select(_V.id, _V.digest, _V.reviewed, _L.published)
        .join(library_documents, _V.library_id == _L.id)
        .where(_V.library_id == of, _V.state != State.REFUSED.value)
        .order_by(_V.number.desc())
    )
    rows = connection.execute(query).all()
    own = [row for row in rows if row.id == version_id]
    others = [row for row in rows if row.id != version_id]
    if own and (own[0].reviewed or own[0].digest in {row.digest for row in others}):
        chosen = own
    else:
        # The published one first, then the newest, as they are ordered already.
        chosen = sorted((r for r in others if r.reviewed), key=lambda row: row.id != row.published)
    if not chosen:
        return None
    kept = connection.execute(select(_V.document).where(_V.id == chosen[0].id)).scalar_one()
    return read(json.loads(kept))


_LISTED = [
    c for c in library_versions.c if c.name not in ("content", "pages", "document", "digest")
]


def _versions() -> Any:
    """Versions with whether they are published and what is being done, without what is large."""
    return (
        select(*_LISTED, _L.published, _T.kind, _T.asked_by, _T.done, _T.total, _T.at)
        .join(library_documents, _V.library_id == _L.id)
        .outerjoin(library_tasks, _T.version_id == _V.id)
    )


def _version(row: Row[Any]) -> Version:
    task = None
    if row.kind:
        task = Task(row.id, TaskKind(row.kind), row.asked_by, row.done, row.total, row.at)
    return Version(
        id=row.id, library_id=row.library_id, number=row.number, name=row.name,
        state=State(row.state), reason=row.reason, size=row.size, reviewed=row.reviewed,
        uploaded_by=row.uploaded_by, uploaded_at=with_zone(row.uploaded_at),
        page_count=row.page_count, published=row.published == row.id, task=task,
    )  # fmt: skip
