"""The console's API for programs: the same as its pages, in JSON, under the same rules.

A program signs in with name, password and code; it sends the cookie it is given with each request
and, with each that changes something, the token in the header ``X-CSRF-Token``.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.security import APIKeyCookie

from assistant.channels.api import Parts
from assistant.channels.console.accounts import ENTRIES, Number, invitation_address
from assistant.channels.console.guard import COOKIE, Guarded, guard, set_cookie
from assistant.channels.console.schemas import (
    AccountActive,
    AccountOut,
    AccountRole,
    Accounts,
    AuditEntries,
    EntryOut,
    Invitation,
    NewAccount,
    NewPassword,
    SessionOut,
    SignIn,
)
from assistant.channels.schemas import Accepted, ErrorResponse, Plain
from assistant.errors import SignInError


def api_router() -> APIRouter:
    """An empty part of the console's API, under the guard."""
    return APIRouter(
        prefix="/api/staff",
        tags=["staff"],
        dependencies=[
            Depends(guard),
            # Only told in the schema; the guard is what reads the cookie.
            Security(APIKeyCookie(name=COOKIE, auto_error=False)),
        ],
        responses={
            c: {"model": ErrorResponse} for c in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503)
        },
    )


router = api_router()


@router.post("/session", summary="Sign in")
def sign_in(
    given: SignIn, parts: Parts, visitor: Guarded, request: Request, response: Response
) -> SessionOut:
    """Sign in; the second factor is set up on the console's own pages beforehand."""
    half = parts.sessions.find(
        parts.sessions.begin(given.name, given.password.get_secret_value(), visitor.address)
    )
    if half is None:
        raise SignInError("error_signed_out")
    token = parts.sessions.verify(half, given.code, visitor.address)
    set_cookie(response, token, parts, request)
    return SessionOut(name=half.name, role=half.role, csrf=parts.secret.sign("form", token))


@router.get("/session", summary="Who is signed in")
def session(visitor: Guarded) -> SessionOut:
    """The name, the role and the token to send with changes."""
    found = visitor.signed_in
    return SessionOut(name=found.name, role=found.role, csrf=visitor.form)


@router.delete("/session", summary="Sign out")
def sign_out(parts: Parts, visitor: Guarded) -> Accepted:
    """End this session."""
    parts.sessions.end(visitor.signed_in.id)
    return Accepted()


@router.delete("/sessions", summary="Sign out everywhere")
def sign_out_everywhere(parts: Parts, visitor: Guarded) -> Accepted:
    """End all sessions of the account."""
    parts.sessions.end_all(visitor.signed_in)
    return Accepted()


@router.put("/password", summary="Change the password")
def change_password(given: NewPassword, parts: Parts, visitor: Guarded) -> Accepted:
    """Change one's own password; the account's other sessions end."""
    old, new = given.old.get_secret_value(), given.new.get_secret_value()
    parts.sessions.change_password(visitor.signed_in, old, new, visitor.address)
    return Accepted()


@router.get("/accounts", summary="All accounts")
def accounts(parts: Parts) -> Accounts:
    """Every account, by name."""
    return Accounts(accounts=[AccountOut.of(a) for a in parts.staff.accounts()])


@router.post("/accounts", summary="Make an account")
def create(given: NewAccount, parts: Parts, visitor: Guarded, request: Request) -> Invitation:
    """Make an account; its owner sets the password by the link."""
    token = parts.staff.create(given.name, given.role, visitor.signed_in.name)
    return _invitation(parts, request, token)


@router.post("/accounts/{account_id}/invitation", summary="Invite again")
def invite(account_id: Plain, parts: Parts, visitor: Guarded, request: Request) -> Invitation:
    """A new link; password, second factor and sessions end with it."""
    token = parts.staff.invite(account_id, visitor.signed_in.name)
    return _invitation(parts, request, token)


@router.put("/accounts/{account_id}/role", summary="Give another role")
def set_role(account_id: Plain, given: AccountRole, parts: Parts, visitor: Guarded) -> Accepted:
    """Give an account another role; its sessions end."""
    parts.staff.set_role(account_id, given.role, visitor.signed_in.name)
    return Accepted()


@router.put("/accounts/{account_id}/active", summary="Close or open an account")
def set_active(account_id: Plain, given: AccountActive, parts: Parts, visitor: Guarded) -> Accepted:
    """Close an account, which ends its sessions, or open it again."""
    parts.staff.set_active(account_id, given.active, visitor.signed_in.name)
    return Accepted()


@router.get("/audit", summary="The audit log")
def audit(parts: Parts, before: Number = None) -> AuditEntries:
    """The newest entries, newest first; with `before`, those numbered below it."""
    return AuditEntries(entries=[EntryOut.of(e) for e in parts.audit.entries(ENTRIES, before)])


def _invitation(parts: Parts, request: Request, token: str) -> Invitation:
    base = parts.settings.public_url or str(request.base_url)
    return Invitation(link=invitation_address(base, token))
