"""The API for looking into the documents: policy search, ask with all detail, list, whole text."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from assistant.channels.api import Parts
from assistant.channels.console.api import api_router
from assistant.channels.console.search import Narrowed, known_document
from assistant.channels.console.search_schemas import (
    AskRequest,
    DescribedOut,
    Documents,
    ExplanationOut,
    ResultsOut,
    StaffDocumentOut,
)
from assistant.channels.schemas import Plain

router = api_router()


@router.get("/search", summary="Search the documents")
def search(
    parts: Parts, narrowed: Narrowed, q: Annotated[Plain, Query(min_length=1, max_length=2000)]
) -> ResultsOut:
    """Passages of both audiences' documents, with why each ranked where it did, and rejected ones."""
    return ResultsOut.of(parts.desk.search(q, narrowed))


@router.post("/ask", summary="Ask with all detail")
def ask(given: AskRequest, parts: Parts) -> ExplanationOut:
    """An answer with steps, times, candidates, scores and threshold; nothing of it is kept."""
    return ExplanationOut.of(parts.desk.explain(given.question, given.audience))


@router.get("/documents", summary="All documents")
def documents(parts: Parts) -> Documents:
    """Every document that can be asked about, of both audiences."""
    return Documents(
        documents=[DescribedOut.model_validate(d) for d in parts.desk.documents().values()]
    )


@router.get("/documents/{document_id}", summary="Read a document of either audience")
def document(document_id: Plain, parts: Parts) -> StaffDocumentOut:
    """A document's whole text; the offsets of passages are into it."""
    return StaffDocumentOut.of_staff(known_document(parts, document_id))
