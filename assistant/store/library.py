"""Documents that staff keep in the console: what was uploaded, each of its versions, what is asked.

A version is uploaded, read, reviewed and published; from then on it never changes, and can be
published again. What is asked here is done by whoever claims the task (``library_tasks``).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from assistant.errors import NotFoundError, StaffError
from assistant.store.audit import record
from assistant.store.database import (
    Clock,
    library_documents,
    library_tasks,
    library_versions,
    utc_now,
    with_zone,
)
from assistant.store.documents import DocumentStore, read, written
from assistant.types import TOLD, Document, Owner

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


class Library:
    """What staff do with the console's documents. ``actor`` is who, for the audit log.

    Every method is one transaction and begins with a write, for which the database lets one at
    a time through.
    """

    def __init__(self, engine: Engine, store: DocumentStore, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock

    def upload(self, name: str, content: bytes, actor: str, library_id: str = "") -> str:
        """Keep a file as a new document, or as a new version of one, to be read; the version's id.

        Raises:
            NotFoundError: there is no such document.
            StaffError: the name or the content is there already, be it in the folder.
        """
        self.check_name(name)
        version_id, digest = uuid.uuid4().hex[:16], hashlib.sha256(content).hexdigest()
        with self._engine.begin() as connection:
            number = 1
            if library_id:
                number = _next_number(connection, library_id)
            else:
                library_id = uuid.uuid4().hex[:16]
                connection.execute(
                    insert(library_documents).values(id=library_id, published="", versions=1)
                )
            _check_new(connection, library_id, name, digest)
            connection.execute(
                insert(library_versions).values(
                    id=version_id, library_id=library_id, number=number, name=name,
                    state=State.READING.value, reason="", digest=digest, size=len(content),
                    content=content, document="", reviewed=False, uploaded_by=actor,
                    uploaded_at=self._clock(), pages=b"", page_count=0,
                )
            )  # fmt: skip
            self._ask(connection, version_id, TaskKind.READ, actor)
            target = _target(name, number)
            record(connection, actor, "document_uploaded", target, after={"version": number})
        return version_id

    def describe(self, version_id: str, told: Document, actor: str) -> None:
        """Take what ``told`` tells of a draft beside its text; with that it is reviewed.

        The log has what differs from what was told before, of this version or the one it follows.

        Raises:
            NotFoundError: there is no such version.
            StaffError: it is not a draft that nothing is being done with.
        """
        with self._engine.begin() as connection:
            row = _locked(connection, version_id)
            _check(row, State.DRAFT)
            earlier = _told(connection, version_id)
            old = _metadata(earlier) if earlier else _logged(row)
            changed = {key: getattr(told, key) for key in TOLD}
            after = replace(
                read(json.loads(row.document)),
                **changed, topics=told.topics, audience=told.audience,
            )  # fmt: skip
            connection.execute(
                update(library_versions)
                .where(_V.id == version_id)
                .values(document=json.dumps(written(after), ensure_ascii=False), reviewed=True)
            )
            new = _metadata(after)
            differ = [key for key in new if new[key] != old.get(key)]
            record(
                connection, actor, "document_described", _target(row.name, row.number),
                {key: old[key] for key in differ if key in old},
                {key: new[key] for key in differ},
            )  # fmt: skip

    def revise(self, version_id: str, actor: str) -> str:
        """Begin a draft with the content of a version that was published; the new one's id.

        Raises:
            NotFoundError: there is no such version.
            StaffError: it was never published.
        """
        new = uuid.uuid4().hex[:16]
        with self._engine.begin() as connection:
            row = _locked(connection, version_id)
            _check(row, State.KEPT)
            number = _next_number(connection, row.library_id)
            document = replace(read(json.loads(row.document)), id=new)
            connection.execute(
                insert(library_versions).values(
                    {
                        **{c.name: getattr(row, c.name) for c in library_versions.c},
                        "id": new,
                        "number": number,
                        "state": State.DRAFT.value,
                        "reason": "",
                        "document": json.dumps(written(document), ensure_ascii=False),
                        "reviewed": False,
                        "uploaded_by": actor,
                        "uploaded_at": self._clock(),
                    }
                )
            )
            record(
                connection, actor, "document_revised", _target(row.name, number),
                {"version": row.number}, {"version": number},
            )  # fmt: skip
        return new

    def discard(self, version_id: str, actor: str) -> None:
        """Delete a version that was never published, with its content.

        Raises:
            NotFoundError: there is no such version.
            StaffError: it was published, or is about to be.
        """
        with self._engine.begin() as connection:
            row = _locked(connection, version_id)
            if row.state == State.KEPT or (row.state == State.DRAFT and row.kind):
                raise StaffError("error_document_state")
            connection.execute(delete(library_versions).where(_V.id == version_id))
            left = select(_V.id).where(_V.library_id == row.library_id).limit(1)
            if connection.execute(left).first() is None:
                connection.execute(delete(library_documents).where(_L.id == row.library_id))
            record(
                connection, actor, "document_discarded", _target(row.name, row.number),
                {"version": row.number, **{key: v for key, v in _logged(row).items() if v}},
            )  # fmt: skip

    def publish(self, version_id: str, actor: str) -> None:
        """Ask for a reviewed draft, or for a version of before, to be what can be asked about.

        Raises:
            NotFoundError: there is no such version.
            StaffError: it was not reviewed, is published already, the document is worked on, or
                a file of the folder has its name by now.
        """
        self.check_name(self.version(version_id).name)
        self._change(version_id, TaskKind.PUBLISH, actor)

    def withdraw(self, version_id: str, actor: str) -> None:
        """Ask for the published version to be asked about no longer.

        Raises:
            NotFoundError: there is no such version.
            StaffError: it is not published, or the document is worked on.
        """
        self._change(version_id, TaskKind.WITHDRAW, actor)

    def check_name(self, name: str) -> None:
        """Refuse a name that a file of the folder has: the two would answer beside each other.

        Raises:
            StaffError: it has.
        """
        current = self._store.current()
        if current and name in self._store.members(current, Owner.CORPUS):
            raise StaffError("error_document_of_corpus")

    def _change(self, version_id: str, kind: TaskKind, actor: str) -> None:
        with self._engine.begin() as connection:
            row = _locked(connection, version_id)
            if row.state == State.DRAFT and not row.reviewed:
                raise StaffError("error_document_unreviewed")
            wanted = kind is TaskKind.WITHDRAW
            busy = (
                select(_T.version_id)
                .join(library_versions)
                .where(_V.library_id == row.library_id, _T.kind != TaskKind.READ)
            )
            if (
                row.state not in (State.DRAFT, State.KEPT)
                or (row.published == version_id) is not wanted
                or connection.execute(busy).first()
            ):
                raise StaffError("error_document_state")
            connection.execute(
                update(library_versions).where(_V.id == version_id).values(reason="")
            )
            self._ask(connection, version_id, kind, actor)

    def _ask(self, connection: Connection, version_id: str, kind: TaskKind, actor: str) -> None:
        now = self._clock()
        connection.execute(
            insert(library_tasks).values(
                version_id=version_id, kind=kind.value, asked_by=actor, asked_at=now,
                worker="", claimed_until=now, attempts=0, done=0, total=0, at="",
            )
        )  # fmt: skip

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
            return _told(connection, version_id)

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


def _locked(connection: Connection, version_id: str) -> Row[Any]:
    """A version with its document and task, which nobody else changes until the end."""
    of = select(_V.library_id).where(_V.id == version_id).scalar_subquery()
    connection.execute(update(library_documents).where(_L.id == of).values(versions=_L.versions))
    query = (
        select(library_versions, _L.published, _T.kind)
        .join(library_documents, _V.library_id == _L.id)
        .outerjoin(library_tasks, _T.version_id == _V.id)
        .where(_V.id == version_id)
    )
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError("error_not_found")
    return row


def _check(row: Row[Any], state: State) -> None:
    """Refuse a version in another state, or one that something is being done with."""
    if row.state != state or row.kind:
        raise StaffError("error_document_state")


def _next_number(connection: Connection, library_id: str) -> int:
    """A number that no version of the document has or had."""
    counted = (
        update(library_documents)
        .where(_L.id == library_id)
        .values(versions=_L.versions + 1)
        .returning(_L.versions)
    )
    number = connection.execute(counted).scalar()
    if number is None:
        raise NotFoundError("error_not_found")
    return int(number)


def _check_new(connection: Connection, library_id: str, name: str, digest: str) -> None:
    """Refuse a file that is there under another document, or the very same one again."""
    live = _V.state != State.REFUSED
    named = select(_V.id).where(live, _V.name == name, _V.library_id != library_id)
    if connection.execute(named.limit(1)).first():
        raise StaffError("error_document_name")
    same = select(_V.id).where(live, _V.digest == digest)
    if connection.execute(same.limit(1)).first():
        raise StaffError("error_document_same")


def _metadata(document: Document) -> dict[str, str]:
    told = {key: getattr(document, key) for key in (*TOLD, "topics", "audience")}
    return {k: "、".join(v) if isinstance(v, tuple) else str(v) for k, v in told.items()}


def _told(connection: Connection, version_id: str) -> Document | None:
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


def _logged(row: Row[Any]) -> dict[str, str]:
    """What is told of a version, without for whom it is before somebody has said that."""
    found = _metadata(read(json.loads(row.document))) if row.document else {}
    return {key: value for key, value in found.items() if row.reviewed or key != "audience"}


def _target(name: str, number: int) -> str:
    return f"{name} v{number}"
