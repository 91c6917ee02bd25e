"""Pages that list documents: all that can be asked about, what waits for staff, one's versions."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from assistant.answering.desk import Filters
from assistant.assembly import Assembly
from assistant.channels.api import Parts
from assistant.channels.console.guard import MOST_FILES, Guarded, Visitor, guard
from assistant.channels.console.pages import go_to, page
from assistant.channels.console.search import Word, departments
from assistant.channels.schemas import Plain
from assistant.errors import NotFoundError
from assistant.indexing.parse import MOST_BYTES, PARSERS
from assistant.store.versions import State, Version
from assistant.types import Audience, Role

router = APIRouter(prefix="/staff", include_in_schema=False, dependencies=[Depends(guard)])


@dataclass(frozen=True, slots=True)
class Shelf:
    """The versions of the console's documents, sorted by what they wait for.

    ``waiting`` are those that somebody or something has to do with, ``refused`` those that could
    not be read, ``withdrawn`` the last published version of each document that cannot be asked
    about any more.
    """

    waiting: list[Version]
    refused: list[Version]
    withdrawn: list[Version]
    published: dict[str, Version]

    @classmethod
    def of(cls, versions: list[Version]) -> Shelf:
        """Sort versions, of which the newest come first."""
        live = {version.library_id for version in versions if version.published}
        withdrawn: dict[str, Version] = {}
        for version in versions:
            if version.state is State.KEPT and version.library_id not in live:
                withdrawn.setdefault(version.library_id, version)
        return cls(
            [
                v
                for v in versions
                if v.state is not State.REFUSED
                and (v.state is not State.KEPT or v.task or v.reason)
            ],
            [v for v in versions if v.state is State.REFUSED],
            list(withdrawn.values()),
            {version.id: version for version in versions if version.published},
        )

    @property
    def busy(self) -> int:
        """How many the program is at work on."""
        return sum(1 for version in self.waiting if version.task)

    @property
    def drafts(self) -> int:
        """How many wait for a person."""
        return sum(1 for v in self.waiting if v.state is State.DRAFT and not v.task)


@router.get("/documents")
def documents_page(
    request: Request,
    parts: Parts,
    visitor: Guarded,
    department: Word = "",
    audience: Annotated[Literal["", "residents", "staff"], Query()] = "",
) -> Response:
    """Every document that can be asked about, and for editors what is on its way there."""
    narrowed = Filters(department=department, audience=Audience(audience) if audience else None)
    return documents_shown(request, parts, visitor, narrowed)


@router.post("/refused/discard")
def discard_refused(parts: Parts, visitor: Guarded) -> Response:
    """Delete all that could not be read."""
    for version in parts.library.versions():
        if version.state is State.REFUSED:
            # Somebody else may have been faster.
            with suppress(NotFoundError):
                parts.library.discard(version.id, visitor.signed_in.name)
    return go_to("/staff/documents")


@router.get("/library/{library_id}")
def history_page(library_id: Plain, request: Request, parts: Parts, visitor: Guarded) -> Response:
    """The versions of a document of the console."""
    return history_shown(request, parts, visitor, library_id)


def documents_shown(
    request: Request,
    parts: Assembly,
    visitor: Visitor,
    narrowed: Filters | None = None,
    code: int = 200,
    **values: Any,
) -> Response:
    """The page of all documents; with files that were ``refused``, each with the reason."""
    narrowed = narrowed or Filters()
    documents = list(parts.desk.documents().values())
    edits = visitor.signed_in.role.includes(Role.EDITOR)
    return page(
        request, "documents.html", visitor.session, visitor.form, code,
        documents=[document for document in documents if narrowed.take(document)],
        departments=departments(documents), audiences=list(Audience), filters=narrowed,
        shelf=Shelf.of(parts.library.versions() if edits else []), **_upload_values(), **values,
    )  # fmt: skip


def history_shown(
    request: Request,
    parts: Assembly,
    visitor: Visitor,
    library_id: str,
    code: int = 200,
    **values: Any,
) -> Response:
    """The page of one document's versions.

    Raises:
        NotFoundError: there is no such document.
    """
    versions = versions_of(parts, library_id)
    if not versions:
        raise NotFoundError("error_not_found")
    return page(
        request, "history.html", visitor.session, visitor.form, code,
        versions=versions, known=known_by(versions), library_id=library_id,
        busy=any(version.task for version in versions), **_upload_values(), **values,
    )  # fmt: skip


def versions_of(parts: Assembly, library_id: str) -> list[Version]:
    """The versions of a document of the console, the newest first."""
    return [v for v in parts.library.versions() if v.library_id == library_id]


def known_by(versions: list[Version]) -> Version:
    """Which of its versions a document is known by: what was published goes before any draft."""
    return min(versions, key=lambda v: (not v.published, v.state is not State.KEPT))


def _upload_values() -> dict[str, object]:
    return {
        "kinds": sorted(PARSERS), "most_bytes": MOST_BYTES, "most_files": MOST_FILES,
        "megabytes": MOST_BYTES // 1_000_000,
    }  # fmt: skip
