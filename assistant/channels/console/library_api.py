"""The API for the documents that the console keeps: the same as its pages, in JSON."""

from __future__ import annotations

from fastapi import Response

from assistant.channels.api import Parts
from assistant.channels.console.api import api_router
from assistant.channels.console.guard import Guarded
from assistant.channels.console.library_schemas import (
    MetadataIn,
    VersionDetail,
    VersionId,
    VersionOut,
    Versions,
)
from assistant.channels.console.metadata import begun, told
from assistant.channels.console.versions import original_file, read_document
from assistant.channels.schemas import Accepted, Plain

router = api_router()


@router.get("/library", summary="All versions")
def library(parts: Parts) -> Versions:
    """Every version of every document that the console keeps, with its state, the newest first."""
    return Versions(versions=[VersionOut.of(version) for version in parts.library.versions()])


@router.get("/versions/{version_id}", summary="Look at a version")
def version(version_id: Plain, parts: Parts) -> VersionDetail:
    """What was read of an uploaded file, what is told of it, and what is being done with it.

    What is told of a draft that nobody has reviewed is what its form begins with.
    """
    found, document = parts.library.version(version_id), parts.library.document(version_id)
    if document:
        document = begun(document, parts.library.told(version_id))
    return VersionDetail.of_document(found, document)


@router.put("/versions/{version_id}/metadata", summary="Review a draft")
def describe(version_id: Plain, given: MetadataIn, parts: Parts, visitor: Guarded) -> Accepted:
    """Tell what a draft is and for whom; with that it may be published."""
    document = told(read_document(parts, version_id), given.typed())
    parts.library.describe(version_id, document, visitor.signed_in.name)
    return Accepted()


@router.post("/versions/{version_id}/publish", summary="Publish a version", status_code=202)
def publish(version_id: Plain, parts: Parts, visitor: Guarded) -> Accepted:
    """Ask for a reviewed draft, or a version of before, to be what is asked about.

    It is done in the background; the version's `task` tells how far it is.
    """
    parts.library.publish(version_id, visitor.signed_in.name)
    return Accepted()


@router.post("/versions/{version_id}/withdraw", summary="Withdraw a version", status_code=202)
def withdraw(version_id: Plain, parts: Parts, visitor: Guarded) -> Accepted:
    """Ask for the published version to be asked about no longer, in the background too."""
    parts.library.withdraw(version_id, visitor.signed_in.name)
    return Accepted()


@router.post("/versions/{version_id}/revision", summary="Begin a new draft")
def revise(version_id: Plain, parts: Parts, visitor: Guarded) -> VersionId:
    """A new draft with the content of a version that was published."""
    return VersionId(id=parts.library.revise(version_id, visitor.signed_in.name))


@router.delete("/versions/{version_id}", summary="Delete a draft")
def discard(version_id: Plain, parts: Parts, visitor: Guarded) -> Accepted:
    """Delete a version that was never published, with its file."""
    parts.library.discard(version_id, visitor.signed_in.name)
    return Accepted()


@router.get(
    "/versions/{version_id}/original",
    summary="Download the original",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def original(version_id: Plain, parts: Parts) -> Response:
    """The file as it was uploaded; nothing is there of one that was refused."""
    return original_file(parts, version_id)
