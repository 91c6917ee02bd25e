"""The plain page: ask with a form, read the answer with its sources, open a document there.

It works without JavaScript; everything is put in as text by the templates' own escaping.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from assistant.answering.pipeline import QUESTION_LENGTH, checked
from assistant.channels.api import Parts
from assistant.channels.schemas import Plain
from assistant.errors import NotFoundError, QuestionError
from assistant.resources import load
from assistant.types import Audience, Document, Span

router = APIRouter(include_in_schema=False)
_PLACE = re.compile(r"(\d{1,9})-(\d{1,9})")
_HERE = Path(__file__).parent
_templates = Jinja2Templates(_HERE / "templates")
_SCRIPTS = [f"/static/chat/{file.name}" for file in sorted((_HERE / "static/chat").glob("*.js"))]


@router.get("/")
def ask_page(request: Request) -> HTMLResponse:
    """The form with a few suggested questions."""
    return _page(request, suggestions=load("suggestions"))


@router.post("/")
def answer_page(
    request: Request,
    parts: Parts,
    question: Annotated[str, Form()] = "",
    conversation_id: Annotated[Plain, Form(max_length=64)] = "",
) -> HTMLResponse:
    """The answer, with its sources below and the form for the next question."""
    try:
        asked = checked(question)
    except QuestionError as error:
        # A form in an odd encoding can hold halves of characters, which cannot be sent back.
        shown = question.encode("utf-8", "replace").decode()
        return _page(request, 422, error=str(error), question=shown)
    try:
        reply = parts.service.ask(asked, conversation_id or None)
    except NotFoundError:
        # An old page's conversation has expired; its question stands by itself.
        reply = parts.service.ask(asked)
    return _page(
        request,
        question=asked,
        reply=reply,
        conversation_id=reply.ids.conversation,
        suggestions=reply.answer.suggestions,
    )


@router.get("/documents/{document_id}")
def document_page(
    document_id: Plain, request: Request, parts: Parts, quote: str = ""
) -> HTMLResponse:
    """A whole document; ``?quote=start-end#quote`` marks the place of a citation."""
    document = parts.store.document(document_id)
    if document is None or document.audience is not Audience.RESIDENTS:
        return _page(request, 404, error=load("statuses")["error_not_found"]["residents"])
    place = _PLACE.fullmatch(quote)
    start, end = map(int, place.groups()) if place else (0, 0)
    marked = Span(start, max(start, end))
    lines = list(_lines(document, marked))
    return _page(request, template="document.html", document=document, lines=lines)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document, cut where the mark begins and ends; ``first`` carries its anchor."""

    before: str
    marked: str
    after: str
    heading: bool
    first: bool


def _lines(document: Document, marked: Span) -> Iterator[Line]:
    at = 0
    found = False
    for text in document.text.splitlines(keepends=True):
        low, high = (min(max(p - at, 0), len(text)) for p in (marked.start, marked.end))
        in_section = any(s.start <= at < s.end for s in document.sections)
        first = low < high and not found
        found = found or first
        yield Line(text[:low], text[low:high], text[high:], not in_section, first)
        at += len(text)


def _page(
    request: Request, code: int = 200, template: str = "ask.html", **values: object
) -> HTMLResponse:
    texts = load("replies")["page"]
    chat = {
        "texts": {**load("chat")["chat"], "understood": texts["understood"]},
        "limit": QUESTION_LENGTH,
        "origins": [],
    }
    values = {
        "text": texts,
        "chat": chat,
        "scripts": _SCRIPTS,
        "question_length": QUESTION_LENGTH,
        **values,
    }
    return _templates.TemplateResponse(request, template, values, status_code=code)
