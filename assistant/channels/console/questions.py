"""Pages and API for what was asked: a list with filters, a CSV file, deletion on request."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from assistant.channels.api import Parts
from assistant.channels.console.api import api_router
from assistant.channels.console.csv_file import csv_lines
from assistant.channels.console.guard import Guarded, Visitor, guard
from assistant.channels.console.pages import go_to, page
from assistant.channels.console.schemas import QuestionOut, Questions
from assistant.channels.schemas import Accepted, Plain
from assistant.store.questions import Only

router = APIRouter(prefix="/staff", include_in_schema=False, dependencies=[Depends(guard)])
api = api_router()

LISTED = 50
"""How many questions are listed at once."""

PageNumber = Annotated[int, Query(alias="page", ge=1, le=1_000_000)]


@router.get("/questions")
def questions_page(
    request: Request, parts: Parts, visitor: Guarded, only: Only = Only.ALL, number: PageNumber = 1
) -> Response:
    """What was asked, newest first."""
    return page(
        request, "questions.html", visitor.session, visitor.form,
        questions=parts.questions.listed(only, LISTED, (number - 1) * LISTED),
        total=parts.questions.count(only), only=only, choices=list(Only),
        number=number, listed=LISTED,
    )  # fmt: skip


@router.get("/questions.csv")
def questions_file(parts: Parts, visitor: Guarded, only: Only = Only.ALL) -> Response:
    """The same in a file for spreadsheets."""
    return _file(parts, visitor, only)


@router.post("/conversations/{conversation_id}/erase")
def erase_by_form(conversation_id: Plain, parts: Parts, visitor: Guarded) -> Response:
    """Delete a conversation, because somebody asked for it."""
    parts.questions.erase(conversation_id, visitor.signed_in.name)
    return go_to("/staff/questions")


@api.get("/questions", summary="What was asked")
def questions(parts: Parts, only: Only = Only.ALL, number: PageNumber = 1) -> Questions:
    """What was asked, newest first, a page at a time."""
    listed = parts.questions.listed(only, LISTED, (number - 1) * LISTED)
    return Questions(
        total=parts.questions.count(only), questions=[QuestionOut.of(asked) for asked in listed]
    )


@api.get(
    "/questions.csv",
    summary="What was asked, as a file",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def questions_csv(parts: Parts, visitor: Guarded, only: Only = Only.ALL) -> Response:
    """The same in a file for spreadsheets; that it was taken is in the audit log."""
    return _file(parts, visitor, only)


@api.delete("/conversations/{conversation_id}", summary="Delete a conversation")
def erase(conversation_id: Plain, parts: Parts, visitor: Guarded) -> Accepted:
    """Delete a conversation with its answers and ratings, because somebody asked for it."""
    parts.questions.erase(conversation_id, visitor.signed_in.name)
    return Accepted()


def _file(parts: Parts, visitor: Visitor, only: Only) -> Response:
    asked = parts.questions.export(only, visitor.signed_in.name)
    return StreamingResponse(
        csv_lines(asked),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="questions-{only.value}.csv"'},
    )
