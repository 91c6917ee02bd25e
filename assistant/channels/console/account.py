"""Pages for one's own account: password, recovery codes, signing out everywhere."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from assistant.channels.api import Parts
from assistant.channels.console.guard import Guarded, guard
from assistant.channels.console.pages import go_to, page
from assistant.channels.console.sign_in import Field
from assistant.errors import StaffError

router = APIRouter(prefix="/staff", include_in_schema=False, dependencies=[Depends(guard)])


@router.get("")
def home() -> Response:
    """Where to begin."""
    return go_to("/staff/search")


@router.get("/account")
def account_page(request: Request, visitor: Guarded, done: str = "") -> Response:
    """What one can change about one's own account."""
    return page(request, "account.html", visitor.session, visitor.form, done=done == "password")


@router.post("/account/password")
def change_password(
    parts: Parts, visitor: Guarded, old: Field, password: Field, again: Field
) -> Response:
    """Change the password; the account's other sessions end."""
    if password != again:
        raise StaffError("error_passwords_differ")
    parts.sessions.change_password(visitor.signed_in, old, password, visitor.address)
    return go_to("/staff/account?done=password")


@router.post("/account/recovery-codes")
def renew_recovery_codes(request: Request, parts: Parts, visitor: Guarded) -> Response:
    """Show new recovery codes, once."""
    codes = parts.sessions.renew_recovery_codes(visitor.signed_in)
    return page(request, "recovery_codes.html", visitor.session, visitor.form, codes=codes)


@router.post("/account/sign-out-everywhere")
def sign_out_everywhere(parts: Parts, visitor: Guarded) -> Response:
    """End all sessions of the account, this one too."""
    parts.sessions.end_all(visitor.signed_in)
    return go_to("/staff/sign-in")
