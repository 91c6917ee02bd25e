"""Pages for one version of a document: reviewing it beside its original, publishing, withdrawing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request, Response

from assistant.assembly import Assembly
from assistant.channels.api import Parts
from assistant.channels.console.guard import Guarded, Visitor, guard
from assistant.channels.console.library import known_by, versions_of
from assistant.channels.console.metadata import FIELDS, LENGTH, begun, early, fields_of, told
from assistant.channels.console.pages import go_to, page
from assistant.channels.page import Line, lines_of
from assistant.channels.schemas import Plain
from assistant.errors import MetadataError, NotFoundError, ParseError
from assistant.indexing.parse.preview import (
    Preview,
    kind_of_preview,
    original_text,
    page_image,
    pages_note,
)
from assistant.resources import load
from assistant.store.versions import State, Version
from assistant.types import TOLD, Audience, Document, Span

router = APIRouter(prefix="/staff", include_in_schema=False, dependencies=[Depends(guard)])

MOST_LINES = 3000
MOST_CHARACTERS = 200_000
"""How much of a parsed text is shown for review; of the original no more is."""


async def typed_fields(request: Request) -> dict[str, str]:
    """What stands in the fields of the form; halves of characters could not be sent back."""
    form = await request.form()
    given = {name: str(form.get(name, "")) for name in FIELDS}
    return {name: text.encode("utf-8", "replace").decode() for name, text in given.items()}


Typed = Annotated[dict[str, str], Depends(typed_fields)]


def read_document(parts: Assembly, version_id: str) -> Document:
    """What was read of a version.

    Raises:
        NotFoundError: there is no such version, or nothing was read of it.
    """
    found = parts.library.document(version_id)
    if found is None:
        raise NotFoundError("error_not_found")
    return found


def original_file(parts: Assembly, version_id: str) -> Response:
    """The file as it was uploaded, for the disk and never for a page.

    Raises:
        NotFoundError: there is no such version, or nothing is kept of it.
    """
    version = parts.library.version(version_id)
    if version.state is State.REFUSED:
        raise NotFoundError("error_not_found")
    # Only names that were checked are kept; the second form is RFC 5987's.
    disposition = f"attachment; filename=original; filename*=UTF-8''{quote(version.name, safe='')}"
    return Response(
        parts.library.content(version_id),
        media_type="application/octet-stream",
        headers={"Content-Disposition": disposition},
    )


@router.get("/versions/{version_id}")
def version_page(
    version_id: Plain, request: Request, parts: Parts, visitor: Guarded, done: str = ""
) -> Response:
    """What was read of a file beside its original, and what can be done with it."""
    return _shown(request, parts, visitor, parts.library.version(version_id), saved=done == "saved")


@router.get("/versions/{version_id}/pages/{number}")
def original_page(
    version_id: Plain, number: Annotated[int, Path(ge=1, le=1_000_000)], parts: Parts
) -> Response:
    """A page of the original as a picture."""
    version = parts.library.version(version_id)
    if number > version.page_count:
        raise NotFoundError("error_not_found")
    picture = page_image(version.name, parts.library.pages(version_id), number)
    return Response(picture, media_type="image/png")


@router.get("/versions/{version_id}/original")
def original(version_id: Plain, parts: Parts) -> Response:
    """The file as it was uploaded."""
    return original_file(parts, version_id)


@router.post("/versions/{version_id}/metadata")
def describe(
    version_id: Plain, request: Request, parts: Parts, visitor: Guarded, typed: Typed
) -> Response:
    """Take what is told of a draft; what cannot be taken is told at its field."""
    version = parts.library.version(version_id)
    try:
        document = told(read_document(parts, version_id), typed)
    except MetadataError as error:
        return _shown(request, parts, visitor, version, 422, typed, error.fields)
    parts.library.describe(version_id, document, visitor.signed_in.name)
    return go_to(f"/staff/versions/{version_id}?done=saved")


@router.post("/versions/{version_id}/publish")
def publish(version_id: Plain, parts: Parts, visitor: Guarded) -> Response:
    """Ask for a version to be published."""
    parts.library.publish(version_id, visitor.signed_in.name)
    return go_to(f"/staff/versions/{version_id}")


@router.post("/versions/{version_id}/withdraw")
def withdraw(version_id: Plain, parts: Parts, visitor: Guarded) -> Response:
    """Ask for a version to be withdrawn."""
    parts.library.withdraw(version_id, visitor.signed_in.name)
    return go_to(f"/staff/versions/{version_id}")


@router.post("/versions/{version_id}/revision")
def revise(version_id: Plain, parts: Parts, visitor: Guarded) -> Response:
    """Begin a draft with the content of a published version."""
    new = parts.library.revise(version_id, visitor.signed_in.name)
    return go_to(f"/staff/versions/{new}")


@router.post("/versions/{version_id}/discard")
def discard(version_id: Plain, parts: Parts, visitor: Guarded) -> Response:
    """Delete a version that was never published."""
    parts.library.discard(version_id, visitor.signed_in.name)
    return go_to("/staff/documents")


def _shown(
    request: Request,
    parts: Assembly,
    visitor: Visitor,
    version: Version,
    code: int = 200,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    *,
    saved: bool = False,
) -> Response:
    document = parts.library.document(version.id)
    before = parts.library.told(version.id)
    if document and not typed:
        typed = fields_of(begun(document, before), chosen=before is not None)
    lines = list(_shortened(_with_places(document))) if document else []
    shown = sum(len(line.after) for _, line in lines)
    return page(
        request, "version.html", visitor.session, visitor.form, code,
        version=version, known=known_by(versions_of(parts, version.library_id)),
        document=document, typed=typed or {}, wrong=wrong or {}, saved=saved,
        carried=before is not None and before.id != version.id,
        early=early(typed) if typed else False,
        fields=TOLD, audiences=list(Audience), length=LENGTH,
        lines=lines, cut=document is not None and shown < len(document.text),
        text_of_original=_text(parts, version) if document else "",
        note=pages_note(version.name, version.page_count),
        error=load("console")["review"]["wrong"] if wrong else "",
    )  # fmt: skip


def _text(parts: Assembly, version: Version) -> str:
    """The characters of the original; empty where it is shown in another way or not at all."""
    if kind_of_preview(version.name) is not Preview.TEXT:
        return ""
    try:
        return original_text(version.name, parts.library.content(version.id))
    except ParseError as error:
        return str(error)


def _shortened(lines: Iterable[tuple[str, Line]]) -> Iterator[tuple[str, Line]]:
    """As many lines as are shown; one may be longer than all that is."""
    left = MOST_CHARACTERS
    for place, line in islice(lines, MOST_LINES):
        if not left:
            return
        text = line.after[:left]
        left -= len(text)
        yield place, replace(line, after=text)


def _with_places(document: Document) -> Iterator[tuple[str, Line]]:
    """The lines of a document, each with the place of the original that begins there, if one does."""
    starts = [place.start for place in document.places]
    at, before = 0, -1
    for line in lines_of(document, Span(0, 0)):
        found = bisect_right(starts, at) - 1
        begins = found != before and found >= 0
        yield document.places[found].text if begins else "", line
        at += len(line.before) + len(line.marked) + len(line.after)
        before = found
