"""The plain page: ask with a form, read the answer with its sources, open a document there.

It works without JavaScript; everything is put in as text by the templates' own escaping.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from pathlib import Path
from typing import Annotated
from urllib.parse import urljoin

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from assistant.answering.pipeline import QUESTION_LENGTH, checked
from assistant.assembly import Assembly
from assistant.channels.api import Parts, count_question, public_document
from assistant.channels.errors import retry_after
from assistant.channels.schemas import Plain
from assistant.errors import NotFoundError, QuestionError, TooManyQuestionsError
from assistant.resources import load
from assistant.types import Document, Span

router = APIRouter(include_in_schema=False)
_CHINA = timezone(timedelta(hours=8))
_PLACE = re.compile(r"(\d{1,9})-(\d{1,9})")
_HERE = Path(__file__).parent
_templates = Jinja2Templates(_HERE / "templates")
_SCRIPTS = [f"/static/chat/{file.name}" for file in sorted((_HERE / "static/chat").glob("*.js"))]


@router.get("/")
def ask_page(request: Request) -> HTMLResponse:
    """The form with a few suggested questions, where it is known by now what can be asked."""
    parts: Assembly | None = request.app.state.assembly
    return _chat_page(request, suggestions=parts.pipeline.suggestions() if parts else ())


@router.get("/embed")
def embedded_page(request: Request, parts: Parts) -> HTMLResponse:
    """The same, which the sites of the settings may show in a frame and send messages to."""
    return _chat_page(
        request,
        origins=parts.settings.embed_origins,
        embedded=True,
        suggestions=parts.pipeline.suggestions(),
    )


@router.post("/")
def answer_page(
    request: Request,
    parts: Parts,
    question: Annotated[str, Form()] = "",
    conversation_id: Annotated[Plain, Form(max_length=64)] = "",
) -> HTMLResponse:
    """The answer, with its sources below and the form for the next question."""
    try:
        count_question(request, parts, question)
        asked = checked(question)
    except (TooManyQuestionsError, QuestionError) as error:
        # A form in an odd encoding can hold halves of characters, which cannot be sent back.
        shown = question.encode("utf-8", "replace").decode()
        code = load("statuses")[error.key]["http"]
        page = _chat_page(
            request, code, error=str(error), question=shown, conversation_id=conversation_id
        )
        page.headers.update(retry_after(error) or {})
        return page
    try:
        reply = parts.service.ask(asked, conversation_id or None, channel="page")
    except NotFoundError:
        # An old page's conversation has expired; its question stands by itself.
        reply = parts.service.ask(asked, channel="page")
    return _chat_page(
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
    document = public_document(parts, document_id)
    if document is None:
        error = load("statuses")["error_not_found"]["residents"]
        return _page(request, "missing.html", 404, error=error)
    lines = list(lines_of(document, marked_place(quote)))
    return _page(request, "document.html", document=document, lines=lines)


@router.get("/answers/{answer_id}")
def answer_slip(answer_id: Plain, request: Request, parts: Parts) -> HTMLResponse:
    """An answer on a sheet to print, with its sources; for whoever knows its id.

    Nothing is shown of a source that is no longer public, nor the answer that was taken from it.
    """
    try:
        kept = parts.conversations.answer(answer_id)
    except NotFoundError as error:
        return _page(request, "missing.html", 404, error=str(error))
    slip = load("replies")["slip"]
    when = kept.answered_at.astimezone(_CHINA).strftime(slip["time"])
    # On paper a link is of use only with its whole address.
    addresses = [urljoin(str(request.base_url), c.url) for c in kept.citations]
    public = [public_document(parts, c.document_id) is not None for c in kept.citations]
    sources = list(zip(kept.citations, addresses, public, strict=True))
    # It is made of the quotes, and of words of theirs in front.
    answer = kept.answer if all(public) else slip["gone"]
    return _page(
        request, "slip.html", kept=kept, answer=answer, sources=sources, when=when, slip=slip
    )


def marked_place(quote: str) -> Span:
    """The place that ``?quote=start-end`` tells; an empty one where it tells none."""
    place = _PLACE.fullmatch(quote)
    start, end = map(int, place.groups()) if place else (0, 0)
    return Span(start, max(start, end))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document, cut where the mark begins and ends; ``first`` carries its anchor."""

    before: str
    marked: str
    after: str
    heading: bool
    first: bool


def lines_of(document: Document, marked: Span) -> Iterator[Line]:
    """The lines of a document, with the mark where it stands."""
    at = 0
    found = False
    for text in document.text.splitlines(keepends=True):
        low, high = (min(max(p - at, 0), len(text)) for p in (marked.start, marked.end))
        in_section = any(s.start <= at < s.end for s in document.sections)
        first = low < high and not found
        found = found or first
        yield Line(text[:low], text[low:high], text[high:], not in_section, first)
        at += len(text)


def _chat_page(
    request: Request, code: int = 200, origins: Sequence[str] = (), **values: object
) -> HTMLResponse:
    """The page with the chat: ``origins`` are those that its scripts take messages from."""
    texts = {**load("chat")["chat"], "understood": load("replies")["page"]["understood"]}
    chat = {"texts": texts, "limit": QUESTION_LENGTH, "origins": origins}
    return _page(request, "ask.html", code, chat=chat, scripts=_SCRIPTS, **values)


def _page(request: Request, template: str, code: int = 200, **values: object) -> HTMLResponse:
    values = {"text": load("replies")["page"], **values}
    return _templates.TemplateResponse(request, template, values, status_code=code)
