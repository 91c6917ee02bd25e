"""Pages for getting in and out: sign in, second factor, invitation, sign out."""

from __future__ import annotations

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, Form, Request, Response

from assistant.assembly import Assembly
from assistant.channels.api import Parts
from assistant.channels.console.guard import FORM_COOKIE, Guarded, Visitor, guard, set_cookie
from assistant.channels.console.pages import from_elsewhere, go_to, is_path, page, with_wanted
from assistant.channels.schemas import Plain
from assistant.errors import LockedOutError, SignInError, StaffError
from assistant.resources import load
from assistant.store.sessions import Session

router = APIRouter(prefix="/staff", include_in_schema=False, dependencies=[Depends(guard)])

Field = Annotated[Plain, Form(max_length=200)]


@router.get("/sign-in")
def sign_in_page(request: Request, parts: Parts, visitor: Guarded, to: Plain = "") -> Response:
    """The form for name and password; ``to`` is the page that was asked for."""
    if visitor.session:
        return go_to("/staff")
    # A link of our own page brings the session's cookie along, which one of another site does not.
    wanted = to if is_path(to) and from_elsewhere(request) else ""
    response = page(request, "sign_in.html", None, visitor.form, wanted=wanted, to=to)
    # The form's token goes with it.
    set_cookie(response, visitor.token, parts, request, FORM_COOKIE)
    return response


@router.post("/sign-in")
def sign_in(
    request: Request,
    parts: Parts,
    visitor: Guarded,
    name: Field,
    password: Field,
    to: Plain = "",
) -> Response:
    """Take name and password, and go on to the second factor."""
    try:
        token = parts.sessions.begin(name, password, visitor.address)
    except (SignInError, LockedOutError) as error:
        return _again(request, "sign_in.html", visitor.form, error, name=name, to=to)
    # A new token, so that one that was put into the browser before is worth nothing.
    response = go_to(with_wanted("/staff/second-factor", to))
    set_cookie(response, token, parts, request)
    return response


@router.get("/second-factor")
def second_factor_page(
    request: Request, parts: Parts, visitor: Guarded, to: Plain = ""
) -> Response:
    """The form for a code; with a new secret to set up where there is none yet."""
    if visitor.signed_in.verified:
        return go_to("/staff")
    values = _enrolment(parts, visitor)
    return page(request, "second_factor.html", visitor.session, visitor.form, to=to, **values)


@router.post("/second-factor")
def second_factor(
    request: Request, parts: Parts, visitor: Guarded, code: Field, to: Plain = ""
) -> Response:
    """Take a code: of the second factor, or the first one of a new one; on to the page asked for."""
    wanted = to if is_path(to) else "/staff"
    session = visitor.signed_in
    if session.verified:
        return go_to("/staff")
    try:
        if session.second_factor:
            token = parts.sessions.verify(session, code, visitor.address)
            response = go_to(wanted)
        else:
            token, codes = parts.sessions.enrol(session, code, visitor.address)
            response = page(request, "recovery_codes.html", session, codes=codes, wanted=wanted)
    except (SignInError, LockedOutError) as error:
        values = _enrolment(parts, visitor)
        return _again(request, "second_factor.html", visitor.form, error, session, to=to, **values)
    set_cookie(response, token, parts, request)
    return response


@router.post("/sign-out")
def sign_out(parts: Parts, visitor: Guarded) -> Response:
    """End this session."""
    parts.sessions.end(visitor.signed_in.id)
    return go_to("/staff/sign-in")


@router.get("/invitations/{token}")
def invitation_page(token: Plain, request: Request, parts: Parts, visitor: Guarded) -> Response:
    """The form for the first password of an account."""
    account = parts.staff.invited(token)
    response = page(request, "invitation.html", None, visitor.form, name=account.name)
    set_cookie(response, visitor.token, parts, request, FORM_COOKIE)
    return response


@router.post("/invitations/{token}")
def accept(
    token: Plain, request: Request, parts: Parts, visitor: Guarded, password: Field, again: Field
) -> Response:
    """Take the first password, and go on to sign in with it."""
    account = parts.staff.invited(token)
    try:
        if password != again:
            raise StaffError("error_passwords_differ")
        parts.staff.accept(token, password)
    except StaffError as error:
        return _again(request, "invitation.html", visitor.form, error, name=account.name)
    return go_to("/staff/sign-in")


def _enrolment(parts: Assembly, visitor: Visitor) -> dict[str, Any]:
    """What is shown to set up a second factor, where there is none."""
    session = visitor.signed_in
    if session.second_factor:
        return {}
    enrolment = parts.sessions.enrolment(session, load("replies")["page"]["title"])
    # Always black on white, which cameras read in any light.
    picture = segno.make(enrolment.link, micro=False).svg_data_uri(scale=5, light="white")
    return {"enrolment": enrolment, "picture": picture}


def _again(
    request: Request,
    template: str,
    form: str,
    error: SignInError | LockedOutError | StaffError,
    session: Session | None = None,
    **values: object,
) -> Response:
    """The same form with what was wrong."""
    code = load("statuses")[error.key]["http"]
    shown = page(request, template, session, form, code, error=str(error), **values)
    if isinstance(error, LockedOutError):
        shown.headers["Retry-After"] = str(error.seconds)
    return shown
