"""The shapes of the HTTP API, in and out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.answering.pipeline import QUESTION_LENGTH
from assistant.answering.service import Reply
from assistant.types import Citation, Document

Plain = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""Text that every database can hold: whole characters, and no NUL."""


class ChatRequest(BaseModel):
    """A question."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(
        description=f"1 to {QUESTION_LENGTH} characters.", examples=["启隆镇有多少人口？"]
    )
    conversation_id: Plain | None = Field(
        None, max_length=64, description="The conversation to go on with; a new one if not given."
    )
    stream: bool = Field(False, description="Whether to answer in server-sent events.")


class Emphasis(BaseModel):
    """The words of a quote that answer: ``text[start:end]`` in the document's text."""

    start: int
    end: int


class CitationOut(BaseModel):
    """One quoted passage; ``text[start:end] == quote`` in the document's text."""

    number: int
    document_id: str
    title: str
    headings: list[str]
    quote: str
    start: int
    end: int
    date: str
    url: str
    emphasis: Emphasis | None = Field(None, description="The words that answer, where known.")
    place: str = Field("", description="Pages, slides or rows of the original, where known.")

    @classmethod
    def of(cls, citation: Citation) -> CitationOut:
        """The public form of a citation."""
        return cls(
            number=citation.number,
            document_id=citation.document_id,
            title=citation.title,
            headings=list(citation.headings),
            quote=citation.quote,
            start=citation.start,
            end=citation.end,
            date=citation.date,
            url=citation.url,
            emphasis=Emphasis(start=citation.emphasis.start, end=citation.emphasis.end)
            if citation.emphasis
            else None,
            place=citation.place,
        )


class LineOut(BaseModel):
    """What is said to one question of the message."""

    lead: str = Field(description="In our own voice, in front of the quotes; may be empty.")
    citations: list[int] = Field(description="The numbers of the citations quoted here.")


class ContactOut(BaseModel):
    """Whom to call."""

    name: str
    number: str = Field(description="Digits and dashes.", examples=["0513-83331234"])


class ChatResponse(BaseModel):
    """An answer or a refusal."""

    answer_id: str
    conversation_id: str
    status: str
    answer: str
    lead: str = Field(description="What stands before the quotes, in our own voice; may be empty.")
    lines: list[LineOut] = Field(
        description="What is said to each question of the message, mostly one; none for a refusal."
    )
    kind: str = Field(description="The kind of emergency, for `routed_urgent`; else empty.")
    citations: list[CitationOut]
    contacts: list[ContactOut] = Field(
        description="Whom to call: told by a refusal or an urgent reply, or standing in a quote."
    )
    suggestions: list[str]
    understood_as: str
    confidence: float
    notices: list[str] = Field(description="To be shown before the answer.")
    took_ms: int

    @classmethod
    def of(cls, reply: Reply) -> ChatResponse:
        """The public form of a reply."""
        answer = reply.answer
        return cls(
            answer_id=reply.ids.answer,
            conversation_id=reply.ids.conversation,
            status=answer.status,
            answer=answer.text,
            lead=answer.lead,
            lines=[
                LineOut(lead=line.lead, citations=[c.number for c in line.citations])
                for line in answer.lines
            ],
            kind=answer.kind,
            citations=[CitationOut.of(c) for c in answer.citations],
            contacts=[ContactOut(name=c.name, number=c.number) for c in answer.contacts],
            suggestions=list(answer.suggestions),
            understood_as=answer.understood_as,
            confidence=round(answer.confidence, 4),
            notices=list(answer.notices),
            took_ms=reply.took_ms,
        )


class SectionOut(BaseModel):
    """A section of a document's text."""

    headings: list[str]
    start: int
    end: int


class DocumentOut(BaseModel):
    """A whole document; citations' offsets are into ``text``."""

    id: str
    title: str
    number: str = Field(description="The official one (文号); empty where not known.")
    issuer: str
    source: str
    date: str
    effective: str = Field(description="When it came into force, as exact as known.")
    topics: list[str]
    text: str
    sections: list[SectionOut]

    @classmethod
    def of(cls, document: Document) -> DocumentOut:
        """The public form of a document."""
        return cls(
            id=document.id,
            title=document.title,
            number=document.number,
            issuer=document.issuer,
            source=document.source,
            date=document.date,
            effective=document.effective,
            topics=list(document.topics),
            text=document.text,
            sections=[
                SectionOut(headings=list(s.headings), start=s.start, end=s.end)
                for s in document.sections
            ],
        )


class Suggestions(BaseModel):
    """Questions that the documents answer."""

    suggestions: list[str]


class Embedding(BaseModel):
    """Whether a site may embed the chat."""

    allowed: bool
    message: str = Field(description="What to tell there.")


class FeedbackRequest(BaseModel):
    """A rating of one answer."""

    model_config = ConfigDict(extra="forbid")

    answer_id: Plain = Field(max_length=64)
    rating: Literal["up", "down"] = Field(description="Whether the answer helped.")
    reason: Plain = Field("", max_length=500, description="Why, if one likes to say.")


class Accepted(BaseModel):
    """The request was taken."""

    ok: Literal[True] = True


class ErrorBody(BaseModel):
    """What went wrong."""

    code: str
    message: str
    request_id: str


class ErrorResponse(BaseModel):
    """Every error of the API."""

    error: ErrorBody


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether questions can be answered, and by what."""

    ready: bool
    reader: str = Field(description="What reads the passages.")
    embedding_model: str
    generation: str = Field(description="The generation of the index in use.")
    documents: int
    chunks: int
