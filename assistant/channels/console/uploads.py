"""Takes in the files that staff upload: one with its progress through the API, or some by a form.

Neither way declares its body: what is declared is read before the guard has looked at who sends it.
A body waits on disk, in a file without a name, until it is its turn to be kept.
"""

from __future__ import annotations

import tempfile
import threading
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Depends, Query, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool

from assistant.assembly import Assembly
from assistant.channels.api import Parts
from assistant.channels.console.api import api_router
from assistant.channels.console.guard import MOST_FILES, Guarded, Visitor, guard
from assistant.channels.console.library import documents_shown, history_shown
from assistant.channels.console.library_schemas import VersionId
from assistant.channels.console.pages import go_to
from assistant.channels.schemas import Plain
from assistant.errors import ParseError, StaffError
from assistant.indexing.parse import MOST_BYTES, check_path
from assistant.indexing.parse.metadata import one_line
from assistant.resources import load

router = APIRouter(prefix="/staff", include_in_schema=False, dependencies=[Depends(guard)])
api = api_router()

UPLOADS = frozenset({("POST", "/staff/uploads"), ("POST", "/api/staff/uploads")})
"""Where a body may be as large as the largest file."""
NAME_LENGTH = 200

_IN_MEMORY = 1 << 20
_KEPT_AT_ONCE = threading.BoundedSemaphore(2)  # a file has to be whole in memory to be kept

_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@api.post("/uploads", summary="Upload a file", openapi_extra=_BODY)
async def upload(
    request: Request,
    parts: Parts,
    visitor: Guarded,
    name: Annotated[Plain, Query(max_length=2000, description="The file's name with its ending.")],
    replaces: Annotated[
        Plain, Query(max_length=64, description="The document that it is a new version of.")
    ] = "",
) -> VersionId:
    """Take the bytes of a file as the body; it is read in the background, see its version's state."""
    checked = checked_name(name)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as kept:
        file = UploadFile(kept)  # type: ignore[arg-type]
        async for part in request.stream():
            await file.write(part)
        await file.seek(0)
        identity = await run_in_threadpool(_keep, parts, checked, file.file, visitor, replaces)
    return VersionId(id=identity)


@router.post("/uploads")
async def upload_by_form(request: Request, parts: Parts, visitor: Guarded) -> Response:
    """Take the files of a form, each by itself; what is refused is told with its reason."""
    try:
        form = await request.form(max_files=MOST_FILES)
        replaces = one_line(str(form.get("replaces", "")))
        files = [
            (file.filename or "", file.file)
            for file in form.getlist("files")
            if not isinstance(file, str) and file.filename
        ]
        return await run_in_threadpool(_take, request, parts, visitor, files, replaces)
    finally:
        await request.close()


def checked_name(given: str) -> str:
    """The name that a file is kept under: the last part of what it is called where it comes from.

    Raises:
        ParseError: the name or its ending cannot be used.
    """
    name = given.replace("\\", "/").rsplit("/", 1)[-1].strip()
    check_path(name)
    if any(character < " " for character in name) or not name.rpartition(".")[0].strip(". "):
        raise ParseError("name_unusable")
    if len(name) > NAME_LENGTH:
        raise ParseError("name_too_long", limit=NAME_LENGTH)
    return name


def _take(
    request: Request,
    parts: Assembly,
    visitor: Visitor,
    files: list[tuple[str, BinaryIO]],
    replaces: str,
) -> Response:
    refused: list[tuple[str, str]] = []
    for name, file in files:
        try:
            _keep(parts, checked_name(name), file, visitor, replaces)
        except (ParseError, StaffError) as reason:
            refused.append((name, str(reason)))
    if files and not refused:
        return go_to(f"/staff/library/{replaces}" if replaces else "/staff/documents")
    error = "" if files else load("console")["uploads"]["none_chosen"]
    if replaces:
        return history_shown(request, parts, visitor, replaces, 422, refused=refused, error=error)
    return documents_shown(request, parts, visitor, code=422, refused=refused, error=error)


def _keep(parts: Assembly, name: str, file: BinaryIO, visitor: Visitor, replaces: str) -> str:
    with _KEPT_AT_ONCE:
        content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ParseError("file_too_large", limit=MOST_BYTES // 1_000_000)
        if not content:
            raise ParseError("file_empty")
        return parts.library.upload(name, content, visitor.signed_in.name, replaces)
