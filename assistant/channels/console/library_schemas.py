"""The shapes of the console's API for the documents that it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from assistant.channels.console.search_schemas import MetadataOut
from assistant.channels.schemas import Plain, SectionOut
from assistant.store.versions import State, Task, TaskKind, Version
from assistant.types import Audience, Document


class VersionId(BaseModel):
    """A version that was made."""

    id: str


class TaskOut(BaseModel):
    """What is being done with a version."""

    kind: TaskKind
    asked_by: str
    done: int = Field(description="Chunks that are indexed.")
    total: int = Field(description="Chunks that are to be; 0 where not known yet.")
    at: str = Field(description="The place of the original that reading has come to.")

    @classmethod
    def of(cls, task: Task) -> TaskOut:
        """The public form of a task."""
        return cls(
            kind=task.kind, asked_by=task.asked_by, done=task.done, total=task.total, at=task.at
        )


class VersionOut(BaseModel):
    """A version of a document that the console keeps."""

    id: str
    library_id: str = Field(description="The document that it is a version of.")
    number: int
    name: str
    state: State
    reason: str = Field(description="Why it could not be read or published; else empty.")
    size: int = Field(description="Of the uploaded file, in bytes.")
    reviewed: bool = Field(description="Whether somebody has checked what is told of it.")
    published: bool = Field(description="Whether this is the version that is asked about.")
    uploaded_by: str
    uploaded_at: datetime
    task: TaskOut | None

    @classmethod
    def of(cls, version: Version) -> VersionOut:
        """The public form of a version."""
        return cls(
            id=version.id,
            library_id=version.library_id,
            number=version.number,
            name=version.name,
            state=version.state,
            reason=version.reason,
            size=version.size,
            reviewed=version.reviewed,
            published=version.published,
            uploaded_by=version.uploaded_by,
            uploaded_at=version.uploaded_at,
            task=TaskOut.of(version.task) if version.task else None,
        )


class Versions(BaseModel):
    """All versions of all documents that the console keeps."""

    versions: list[VersionOut]


class VersionDetail(VersionOut):
    """A version with what was read of it, once it was."""

    metadata: MetadataOut | None
    text: str
    sections: list[SectionOut]

    @classmethod
    def of_document(cls, version: Version, document: Document | None) -> VersionDetail:
        """A version and its document, None before it was read."""
        return cls(
            **VersionOut.of(version).model_dump(),
            metadata=MetadataOut.model_validate(document) if document else None,
            text=document.text if document else "",
            sections=[
                SectionOut(headings=list(s.headings), start=s.start, end=s.end)
                for s in (document.sections if document else ())
            ],
        )


class MetadataIn(BaseModel):
    """What is told of a document; for whom it is meant has to be said."""

    model_config = ConfigDict(extra="forbid")

    title: Plain = Field(max_length=1000)
    number: Plain = Field("", max_length=1000, description="The official one (文号).")
    issuer: Plain = Field("", max_length=1000)
    department: Plain = Field("", max_length=1000)
    source: Plain = Field("", max_length=1000)
    date: Plain = Field("", max_length=1000, description="`2024`, `2024-05` or `2024-05-01`.")
    effective: Plain = Field("", max_length=1000, description="The same, of coming into force.")
    topics: list[Plain] = Field([], max_length=100)
    audience: Audience

    def typed(self) -> Mapping[str, str]:
        """The same as a form's fields."""
        return {**self.model_dump(exclude={"topics"}), "topics": "、".join(self.topics)}
