"""Pages for looking into the documents: policy search, the ask box, a whole document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from assistant.answering.desk import Filters
from assistant.answering.pipeline import QUESTION_LENGTH
from assistant.assembly import Assembly
from assistant.channels.api import Parts
from assistant.channels.console.contents import contents
from assistant.channels.console.guard import Guarded, guard
from assistant.channels.console.pages import page
from assistant.channels.page import lines_of, marked_place
from assistant.channels.schemas import Plain
from assistant.errors import NotFoundError, QuestionError
from assistant.resources import load
from assistant.store.documents import Described
from assistant.types import Audience, Document

router = APIRouter(prefix="/staff", include_in_schema=False, dependencies=[Depends(guard)])

Day = Annotated[str, Query(pattern=r"^(\d{4}(-\d{2}(-\d{2})?)?)?$", examples=["2024-05"])]
Asked = Annotated[Plain, Query(max_length=2000)]
Word = Annotated[Plain, Query(max_length=100)]


def filters(
    topic: Word = "",
    department: Word = "",
    since: Day = "",
    until: Day = "",
    audience: Literal["", "residents", "staff"] = "",
) -> Filters:
    """What a search is narrowed to; a form sends what was not chosen as an empty text."""
    return Filters(topic, department, since, until, Audience(audience) if audience else None)


Narrowed = Annotated[Filters, Depends(filters)]


def departments(documents: Iterable[Described]) -> list[str]:
    """The departments that documents are told to belong to, each once."""
    return sorted({document.department for document in documents} - {""})


def known_document(parts: Assembly, document_id: str) -> Document:
    """A document of the current index, of either audience.

    Raises:
        NotFoundError: there is none with this id.
    """
    found = parts.store.document(document_id)
    if found is None:
        raise NotFoundError("error_not_found")
    return found


@router.get("/search")
def search_page(
    request: Request, parts: Parts, visitor: Guarded, narrowed: Narrowed, q: Asked = ""
) -> Response:
    """Search with filters, and what was found and rejected, and why."""
    results, error, code = None, "", 200
    if q:
        try:
            results = parts.desk.search(q, narrowed)
        except QuestionError as wrong:
            error, code = str(wrong), load("statuses")[wrong.key]["http"]
    documents = parts.desk.documents().values()
    return page(
        request, "search.html", visitor.session, visitor.form, code,
        q=q, filters=narrowed, topics=sorted({t for d in documents for t in d.topics}),
        departments=departments(documents), audiences=list(Audience), results=results,
        question_length=QUESTION_LENGTH, error=error,
    )  # fmt: skip


@router.get("/ask")
def ask_page(request: Request, visitor: Guarded) -> Response:
    """The box to ask in."""
    return page(
        request, "ask.html", visitor.session, visitor.form,
        audience=Audience.RESIDENTS, audiences=list(Audience), question_length=QUESTION_LENGTH,
    )  # fmt: skip


@router.post("/ask")
def explain_page(
    request: Request,
    parts: Parts,
    visitor: Guarded,
    question: Annotated[Plain, Form(max_length=2000)],
    audience: Annotated[Audience, Form()],
) -> Response:
    """An answer with all that led to it; nothing of it is kept."""
    explained, error, code = None, "", 200
    try:
        explained = parts.desk.explain(question, audience)
    except QuestionError as wrong:
        error, code = str(wrong), load("statuses")[wrong.key]["http"]
    return page(
        request, "ask.html", visitor.session, visitor.form, code,
        question=question, audience=audience, audiences=list(Audience), explained=explained,
        question_length=QUESTION_LENGTH, error=error,
    )  # fmt: skip


@router.get("/documents/{document_id}")
def document_page(
    document_id: Plain,
    request: Request,
    parts: Parts,
    visitor: Guarded,
    quote: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """A whole document with its table of contents; ``?quote=start-end#quote`` marks a passage."""
    document = known_document(parts, document_id)
    lines = list(lines_of(document, marked_place(quote)))
    return page(
        request, "document.html", visitor.session, visitor.form,
        document=document, lines=lines, contents=contents(document, lines),
    )  # fmt: skip
