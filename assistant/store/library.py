"""Documents that staff keep in the console: what was uploaded, each of its versions, what is asked.

A version is uploaded, read, reviewed and published; from then on it never changes, and can be
published again. What is asked here is done by whoever claims the task (``library_tasks``).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from assistant.errors import NotFoundError, StaffError
from assistant.store.audit import record
from assistant.store.database import Clock, utc_now
from assistant.store.documents import DocumentStore, read, written
from assistant.store.tables import library_documents, library_tasks, library_versions
from assistant.store.versions import State, TaskKind, Versions, told_of
from assistant.types import TOLD, Document, Owner

_V, _L, _T = library_versions.c, library_documents.c, library_tasks.c


class Library(Versions):
    """What staff do with the console's documents. ``actor`` is who, for the audit log.

    Every method here is one transaction and begins with a write, for which the database lets one at
    a time through.
    """

    def __init__(self, engine: Engine, store: DocumentStore, clock: Clock = utc_now) -> None:
        super().__init__(engine)
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
            earlier = told_of(connection, version_id)
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


def _logged(row: Row[Any]) -> dict[str, str]:
    """What is told of a version, without for whom it is before somebody has said that."""
    found = _metadata(read(json.loads(row.document))) if row.document else {}
    return {key: value for key, value in found.items() if row.reviewed or key != "audience"}


def _target(name: str, number: int) -> str:
    return f"{name} v{number}"
