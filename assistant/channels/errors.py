"""The one place where errors become HTTP."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from assistant.channels.console.pages import error_page, is_page
from assistant.channels.console.wrong_fields import wrong_fields
from assistant.channels.schemas import ErrorBody, ErrorResponse
from assistant.errors import (
    AssistantError,
    LockedOutError,
    MetadataError,
    ParseError,
    StatusError,
    TooManyQuestionsError,
)
from assistant.resources import load

log = logging.getLogger(__name__)

_BY_HTTP = {
    400: "error_malformed_json",
    404: "error_not_found",
    405: "error_method_not_allowed",
    413: "error_too_large",
}


def error_body(request: Request, code: str, message: str = "") -> ErrorResponse:
    """An outcome of resources/statuses.yml as it is told, or in a ``message`` that tells more."""
    message = message or load("statuses")[code]["residents"]
    request_id = getattr(request.state, "request_id", "")
    return ErrorResponse(error=ErrorBody(code=code, message=message, request_id=request_id))


def error_response(
    request: Request, code: str, headers: Mapping[str, str] | None = None, message: str = ""
) -> Response:
    """The same as a response with its HTTP status; to staff's browsers as a page."""
    if is_page(request):
        return error_page(request, code, headers, message)
    body = error_body(request, code, message).model_dump()
    return JSONResponse(body, status_code=load("statuses")[code]["http"], headers=headers)


def retry_after(error: StatusError) -> dict[str, str] | None:
    """The header that says how many seconds to wait, of an error that passes by itself."""
    if isinstance(error, TooManyQuestionsError | LockedOutError):
        return {"Retry-After": str(error.seconds)}
    return None


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/json")


def install(app: FastAPI) -> None:
    """Let every error raised on purpose leave as ``ErrorResponse``; the app's envelope sees to others."""

    @app.exception_handler(StatusError)
    async def _status(request: Request, error: StatusError) -> Response:
        return error_response(request, error.key, retry_after(error))

    @app.exception_handler(MetadataError)
    async def _metadata(request: Request, error: MetadataError) -> Response:
        return error_response(request, error.key, message="；".join(error.fields.values()))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        malformed = any(e["type"] == "json_invalid" for e in error.errors())
        if malformed:
            return error_response(request, "error_malformed_json")
        # Who writes a program for staff, or an address by hand, has to know what to put right.
        staffs = request.url.path.startswith(("/api/staff/", "/staff/"))
        told = wrong_fields(error.errors()) if staffs else ""
        return error_response(request, "error_invalid_request", message=told)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        other = "error_invalid_request" if error.status_code < 500 else "error_internal"
        code = _BY_HTTP.get(error.status_code, other)
        if code == "error_malformed_json" and not _is_json(request):
            code = other
        return error_response(request, code, error.headers)

    @app.exception_handler(ParseError)
    async def _refused(request: Request, error: ParseError) -> Response:
        large = error.key == "file_too_large"
        code = "error_too_large" if large else "error_file_refused"
        return error_response(request, code, message=str(error))

    @app.exception_handler(ClientDisconnect)
    async def _gone(request: Request, error: ClientDisconnect) -> Response:
        # Nobody is there to be told; an upload that was broken off is no fault of the program.
        return error_response(request, "error_invalid_request")

    @app.exception_handler(AssistantError)
    async def _known(request: Request, error: AssistantError) -> Response:
        log.error("%s %s: %s", request.state.request_id, type(error).__name__, error)
        return error_response(request, "error_internal")
