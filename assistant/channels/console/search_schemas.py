"""The shapes of the console's API for looking into the documents."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from assistant.answering.desk import Explanation, Found, Results
from assistant.channels.schemas import CitationOut, DocumentOut, Plain
from assistant.types import Audience, Document, Owner


class MetadataOut(BaseModel):
    """What is told of a document beside its text."""

    model_config = ConfigDict(from_attributes=True)

    title: str
    number: str = Field(description="The official one (文号).")
    issuer: str
    department: str
    source: str
    date: str
    effective: str
    topics: list[str]
    audience: Audience


class DescribedOut(MetadataOut):
    """A document without its text."""

    id: str
    path: str
    owner: Owner = Field(description="The folder of documents, or the console.")


class Documents(BaseModel):
    """All documents."""

    documents: list[DescribedOut]


class StaffDocumentOut(DocumentOut):
    """A whole document, for staff."""

    department: str
    audience: Audience

    @classmethod
    def of_staff(cls, document: Document) -> StaffDocumentOut:
        """The form of a document for staff."""
        return cls(
            **DocumentOut.of(document).model_dump(),
            department=document.department,
            audience=document.audience,
        )


class FoundOut(BaseModel):
    """A passage: ``text`` is ``[start, end)`` of its document's text."""

    document_id: str
    title: str
    audience: Audience
    headings: list[str]
    text: str
    start: int
    end: int
    vector: float = Field(description="Cosine of question and passage.")
    keyword: float = Field(
        description="BM25's share of its possible most; 0 where no word is found."
    )
    fused: float = Field(description="The weighted sum that ranks.")
    reading: float | None = Field(
        description="The probability that a sentence of it answers best; null where not read."
    )
    rejected: str = Field(description="Why it was not read: `rank`; else empty.")
    citation: str = Field(description="In official form; empty where rejected.")

    @classmethod
    def of(cls, found: Found) -> FoundOut:
        """The public form of what was found."""
        hit = found.hit
        return cls(
            document_id=hit.chunk.document_id,
            title=hit.chunk.title,
            audience=found.document.audience,
            headings=list(hit.chunk.headings),
            text=hit.chunk.text,
            start=hit.chunk.start,
            end=hit.chunk.end,
            vector=hit.vector,
            keyword=hit.keyword,
            fused=hit.fused,
            reading=hit.reading,
            rejected=hit.rejected,
            citation=found.citation,
        )


class ResultsOut(BaseModel):
    """What a search found, best first, and what it rejected."""

    understood_as: str
    found: list[FoundOut]
    rejected: list[FoundOut]

    @classmethod
    def of(cls, results: Results) -> ResultsOut:
        """The public form of a search's results."""
        return cls(
            understood_as=results.understood_as,
            found=[FoundOut.of(f) for f in results.found],
            rejected=[FoundOut.of(f) for f in results.rejected],
        )


class AskRequest(BaseModel):
    """A question, and for whom it is to be answered."""

    model_config = ConfigDict(extra="forbid")

    question: Plain = Field(max_length=2000)
    audience: Audience = Audience.RESIDENTS


class StepOut(BaseModel):
    """A step of the chain and how long it took."""

    name: str
    milliseconds: float


class ExplanationOut(BaseModel):
    """An answer with all that led to it."""

    status: str
    answer: str
    confidence: float
    threshold: float = Field(description="Below this confidence the answer is refused.")
    citations: list[CitationOut]
    steps: list[StepOut]
    results: ResultsOut

    @classmethod
    def of(cls, explained: Explanation) -> ExplanationOut:
        """The public form of an explanation."""
        answer = explained.answer
        return cls(
            status=answer.status,
            answer=answer.text,
            confidence=answer.confidence,
            threshold=explained.threshold,
            citations=[CitationOut.of(c) for c in answer.citations],
            steps=[StepOut(name=name, milliseconds=ms) for name, ms in explained.steps],
            results=ResultsOut.of(explained.results),
        )
