"""Lets nobody past who may not: the session's cookie, the token of each form, the rules' table."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated

import anyio.to_thread
from fastapi import Depends, Request, Response
from starlette.exceptions import HTTPException

from assistant.assembly import Assembly
from assistant.channels.api import Parts
from assistant.channels.console.rules import RULES, WITHOUT_TOKEN, Stage
from assistant.errors import ForbiddenError, ParseError, SignInError
from assistant.store.secret import Secret
from assistant.store.sessions import LONGEST, Session

COOKIE = "staff_session"
FORM_COOKIE = "staff_form"
"""Of the forms that come before there is a session. The session's own cookie is not sent when a link
of another site is followed: what was given out in its place then would end the session."""
HEADER = "X-CSRF-Token"
FIELD = "csrf"
_SAFE = ("GET", "HEAD")
MOST_FILES = 20
"""How many files a form may send at once."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: the session of the browser's cookie, if any, and whence.

    ``form`` goes into every form; it is of use with the cookie that ``token`` is kept in alone.
    """

    token: str
    form: str
    address: str
    session: Session | None

    @property
    def signed_in(self) -> Session:
        """The session, where the rules have asked for one."""
        if self.session is None:
            raise SignInError("error_signed_out")
        return self.session


async def guard(request: Request, parts: Parts) -> Visitor:
    """Let through who may, by the table of rules.

    Raises:
        SignInError: they have to sign in first, or show the second factor.
        ForbiddenError: they may not, or the form is not one of ours.
        ParseError: the form has too many files.
    """
    route = f"{request.method} {request.scope['route'].path}"
    given = _token(request, COOKIE, parts.secret)
    session = await anyio.to_thread.run_sync(parts.sessions.find, given) if given else None
    if RULES.get(route) is Stage.ANYONE:
        given = _token(request, FORM_COOKIE, parts.secret)
    token = given or secrets.token_urlsafe(32)
    form = parts.secret.sign("form", token)
    _check_rule(route, session)
    if request.method not in _SAFE and route not in WITHOUT_TOKEN:
        sent = request.headers.get(HEADER)
        if not sent:
            sent = await _sent(request)
        if not given or not parts.secret.is_signature("form", given, sent):
            await request.close()
            raise ForbiddenError("error_form_stale")
    return Visitor(token, form, _address(request), session)


async def _sent(request: Request) -> str:
    """The token in a form."""
    try:
        # Kept by the request for whoever reads it next, so that the limit holds there too.
        form = await request.form(max_files=MOST_FILES)
    except HTTPException as error:
        if error.detail.startswith("Too many files"):
            raise ParseError("files_too_many", limit=MOST_FILES) from error
        raise
    return str(form.get(FIELD, ""))


Guarded = Annotated[Visitor, Depends(guard)]


def _check_rule(route: str, session: Session | None) -> None:
    least = RULES.get(route)
    if least is Stage.ANYONE:
        return
    if session is None:
        raise SignInError("error_signed_out")
    if least is Stage.PASSWORD:
        return
    if not session.verified:
        raise SignInError("error_second_factor_needed")
    if not isinstance(least, Stage | None) and session.role.includes(least):
        return
    raise ForbiddenError("error_forbidden")


def set_cookie(
    response: Response, token: str, parts: Assembly, request: Request, name: str = COOKIE
) -> None:
    """Give the browser its token: signed, out of scripts' reach, sent from our own pages alone."""
    secure = request.url.scheme == "https" or parts.settings.public_url.startswith("https:")
    response.set_cookie(
        name, f"{token}.{parts.secret.sign(name, token)}",
        max_age=int(LONGEST.total_seconds()), httponly=True, samesite="strict", secure=secure,
    )  # fmt: skip


def _token(request: Request, name: str, secret: Secret) -> str:
    """The token in a cookie; empty where the signature is not ours."""
    token, _, signature = request.cookies.get(name, "").partition(".")
    return token if secret.is_signature(name, token, signature) else ""


def _address(request: Request) -> str:
    peer = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    address: str = request.app.state.rate_limit.address(peer, forwarded)
    return address
