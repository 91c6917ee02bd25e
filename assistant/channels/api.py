"""The HTTP API: questions, documents, suggestions, ratings and health, as JSON or events."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.sse import EventSourceResponse, format_sse_event

from assistant.answering.service import Step
from assistant.assembly import Assembly
from assistant.channels.errors import error_body
from assistant.channels.limits import RateLimit
from assistant.channels.schemas import (
    Accepted,
    ChatRequest,
    ChatResponse,
    DocumentOut,
    Embedding,
    ErrorResponse,
    FeedbackRequest,
    Health,
    Plain,
    Readiness,
    Suggestions,
)
from assistant.errors import NotFoundError, NotReadyError, TooManyQuestionsError
from assistant.resources import load
from assistant.types import Audience, Document

log = logging.getLogger(__name__)

router = APIRouter(responses={c: {"model": ErrorResponse} for c in (400, 404, 413, 422, 500, 503)})


def assembly(request: Request) -> Assembly:
    """The program's parts, once they are loaded.

    Raises:
        NotReadyError: they are not.
    """
    parts: Assembly | None = request.app.state.assembly
    if parts is None:
        raise NotReadyError("error_not_ready")
    return parts


Parts = Annotated[Assembly, Depends(assembly)]


def public_document(parts: Assembly, document_id: str) -> Document | None:
    """A document that residents may read now; None where there is no such one."""
    found = parts.store.document(document_id)
    return found if found and found.audience is Audience.RESIDENTS else None


def count_question(request: Request, parts: Assembly, question: str) -> None:
    """Count a question of the address that asks it; a call for help is let through.

    What is over the limit has a second one, and is looked at only as far as to tell whether it
    is such a call, which is answered without a search.

    Raises:
        TooManyQuestionsError: there were too many.
        QuestionError: there were, and the question is empty or too long.
    """
    limit: RateLimit = request.app.state.rate_limit
    beyond: RateLimit = request.app.state.help_limit
    peer = request.client.host if request.client else ""
    # One line each, as proxies may add lines of their own.
    forwarded_for = ",".join(request.headers.getlist("x-forwarded-for"))
    try:
        limit.take(peer, forwarded_for)
    except TooManyQuestionsError:
        beyond.take(peer, forwarded_for)
        if not parts.service.is_call_for_help(question):
            raise


@router.post(
    "/api/chat",
    response_model=ChatResponse,
    responses={200: {"content": {"text/event-stream": {}}}, 429: {"model": ErrorResponse}},
    summary="Ask",
)
def chat(asked: ChatRequest, parts: Parts, request: Request) -> ChatResponse | EventSourceResponse:
    """A short answer with the sentences it stands on, or a refusal.

    With `stream` these are server-sent events: `status` (what is being done), `retrieved`
    (titles found), `delta` (a piece of the answer) and `final` (the same object as without).
    """
    count_question(request, parts, asked.question)
    # Only browsers tell their origin, and only our own pages may read the answer there.
    channel = "page" if "origin" in request.headers else "api"
    steps = parts.service.steps(asked.question, asked.conversation_id, channel=channel)
    if asked.stream:
        # A proxy that waits for the whole response would make a stream of it no more.
        return EventSourceResponse(_events(steps, request), headers={"X-Accel-Buffering": "no"})
    *_, last = steps
    return _response(last)


def _events(steps: Iterator[Step], request: Request) -> Iterator[bytes]:
    progress: dict[str, str] = load("replies")["progress"]
    yield _event("status", {"step": "understand", "text": progress["understand"]})
    following = dict(pairwise(progress))
    try:
        for step in steps:
            if step.reply is not None:
                answer = step.reply.answer
                # A refusal is one piece; an answer comes sentence by sentence.
                for piece in answer.pieces or (answer.text,):
                    yield _event("delta", {"text": piece})
                yield _event("final", _response(step).model_dump())
            elif step.name in following:
                if step.name == "retrieve":
                    titles = dict.fromkeys(h.chunk.title for h in step.hits if not h.rejected)
                    yield _event("retrieved", {"titles": list(titles)})
                after = following[step.name]
                yield _event("status", {"step": after, "text": progress[after]})
    except Exception:
        # The response has begun, so its status can no longer say that something failed.
        log.exception("%s failed while streaming", request.state.request_id)
        yield _event("error", error_body(request, "error_internal").model_dump())


def _event(name: str, data: object) -> bytes:
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False), event=name)


def _response(step: Step) -> ChatResponse:
    if step.reply is None:
        raise RuntimeError("the last step carries the reply")
    return ChatResponse.of(step.reply)


@router.get("/api/documents/{document_id}", summary="Read a document")
def document(document_id: Plain, parts: Parts) -> DocumentOut:
    """A document that residents may read; citations' offsets are into its `text`."""
    found = public_document(parts, document_id)
    if found is None:
        raise NotFoundError("error_not_found")
    return DocumentOut.of(found)


@router.get("/api/suggestions", summary="What can be asked")
def suggestions(parts: Parts) -> Suggestions:
    """Questions that the documents answer; none until that was found out."""
    return Suggestions(suggestions=list(parts.pipeline.suggestions()))


@router.get("/api/embedding", summary="May this site embed the chat")
def embedding(parts: Parts, request: Request, response: Response) -> Embedding:
    """Whether the site that asks (its `Origin`) may, and what to tell there.

    The only answer that a page of another origin may read, one that may not embed too: its
    widget has to say why it does not open.
    """
    origin = request.headers.get("origin", "")
    response.headers["Vary"] = "Origin"
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
    allowed = origin in parts.settings.embed_origins
    message: str = load("replies")["embedding"]["allowed" if allowed else "refused"]
    return Embedding(allowed=allowed, message=message)


@router.post("/api/feedback", summary="Rate an answer")
def feedback(given: FeedbackRequest, parts: Parts) -> Accepted:
    """Rate an answer; a later rating replaces an earlier one."""
    parts.service.rate(given.answer_id, given.rating, given.reason)
    return Accepted()


@router.delete("/api/conversations/{conversation_id}", summary="Erase a conversation")
def erase(conversation_id: Plain, parts: Parts) -> Accepted:
    """Erase a conversation with its answers and ratings.

    An unknown one is taken too: whoever asks learns nothing of which there are.
    """
    parts.conversations.erase(conversation_id)
    return Accepted()


@router.get("/healthz", summary="Is the process alive")
def healthz() -> Health:
    """Answers as long as the process does."""
    return Health()


@router.get("/readyz", summary="Can it answer")
def readyz(parts: Parts) -> Readiness:
    """Whether models and index are loaded, and which; 503 where not."""
    index = parts.index.get()
    if index is None:
        raise NotReadyError("error_not_ready")
    return Readiness(
        ready=True,
        reader=parts.pipeline.reader.name,
        embedding_model=parts.embedder.fingerprint,
        generation=index.generation.id,
        documents=len(parts.store.described(index.generation)),
        chunks=parts.store.count_chunks(index.generation),
    )
