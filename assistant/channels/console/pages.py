"""How the console's pages are put together; everything is put in as text by the templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from assistant.resources import load
from assistant.store.sessions import Session
from assistant.types import Role

_CHINA = timezone(timedelta(hours=8))
_templates = Jinja2Templates(Path(__file__).parent / "templates")

# Where to go from an outcome that only asks for a further step.
_NEXT_STEP = {
    "error_signed_out": "/staff/sign-in",
    "error_second_factor_needed": "/staff/second-factor",
}


def is_page(request: Request) -> bool:
    """Whether what is asked for is a page of the console."""
    return is_path(request.url.path)


def is_path(path: str) -> bool:
    """Whether a path leads to a page of the console."""
    return path == "/staff" or path.startswith(("/staff/", "/staff?"))


def from_elsewhere(request: Request) -> bool:
    """Whether a link of another site may have led here; browsers tell it over HTTPS alone."""
    return request.headers.get("sec-fetch-site", "cross-site") == "cross-site"


def page(
    request: Request,
    template: str,
    session: Session | None,
    form: str = "",
    code: int = 200,
    **values: object,
) -> Response:
    """A page of the console; ``form`` is the token for the forms on it."""
    may = {
        role.value for role in Role if session and session.verified and session.role.includes(role)
    }
    values = {"text": load("console"), "session": session, "form": form, "may": may, **values}
    return _templates.TemplateResponse(request, template, values, status_code=code)


def error_page(
    request: Request, code: str, headers: Mapping[str, str] | None = None, message: str = ""
) -> Response:
    """An outcome of resources/statuses.yml as a page, or the way to what has to be done first."""
    if code in _NEXT_STEP:
        return go_to(with_wanted(_NEXT_STEP[code], _asked_for(request)))
    status = load("statuses")[code]
    response = page(
        request, "error.html", None, code=status["http"], message=message or status["residents"]
    )
    response.headers.update(headers or {})
    return response


def _asked_for(request: Request) -> str:
    """The page that is to be shown, for the way back to it."""
    if request.method != "GET":
        return ""
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(request.url.path) + query


def with_wanted(path: str, to: str) -> str:
    """A path of signing in, with the page that was asked for."""
    return f"{path}?{urlencode({'to': to})}" if to else path


def go_to(path: str) -> Response:
    """On to another page, after a form was taken."""
    return RedirectResponse(path, 303)


def local_time(time: datetime) -> str:
    """A time as clocks in China show it."""
    return time.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M")


def size_told(size: int) -> str:
    """How large a file is, in whole kilobytes or megabytes."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(size // 1000, 1)} KB"


def status_told(status: str) -> str:
    """What a status means, in staff's words; one of an older program as it stands."""
    told: str = load("statuses").get(status, {}).get("staff", status)
    return told


_templates.env.filters["time"] = local_time
_templates.env.filters["size"] = size_told
_templates.env.filters["told"] = status_told
_templates.env.filters["with_wanted"] = with_wanted
