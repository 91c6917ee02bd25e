"""Pages for administrators: everybody's accounts, and the audit log."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urljoin

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from assistant.channels.api import Parts
from assistant.channels.console.guard import Guarded, guard
from assistant.channels.console.pages import go_to, page
from assistant.channels.console.sign_in import Field
from assistant.channels.schemas import Plain
from assistant.types import Role

router = APIRouter(prefix="/staff", include_in_schema=False, dependencies=[Depends(guard)])

ENTRIES = 100
"""How many entries of the audit log are shown at once."""

Number = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


def invitation_address(base: str, token: str) -> str:
    """The link by which an invited person sets a password; ``base`` is the site's address."""
    return urljoin(base, f"/staff/invitations/{token}")


@router.get("/accounts")
def accounts_page(request: Request, parts: Parts, visitor: Guarded) -> Response:
    """All accounts, with a form for a new one."""
    accounts = parts.staff.accounts()
    return page(
        request, "accounts.html", visitor.session, visitor.form, accounts=accounts, roles=list(Role)
    )


@router.post("/accounts")
def create(
    request: Request, parts: Parts, visitor: Guarded, name: Field, role: Annotated[Role, Form()]
) -> Response:
    """Make an account and show the link of its invitation, once."""
    token = parts.staff.create(name, role, visitor.signed_in.name)
    return _invited(request, parts, visitor, token)


@router.post("/accounts/{account_id}/invitation")
def invite(account_id: Plain, request: Request, parts: Parts, visitor: Guarded) -> Response:
    """Invite again, for a forgotten password or a lost second factor."""
    token = parts.staff.invite(account_id, visitor.signed_in.name)
    return _invited(request, parts, visitor, token)


@router.post("/accounts/{account_id}/role")
def set_role(
    account_id: Plain, parts: Parts, visitor: Guarded, role: Annotated[Role, Form()]
) -> Response:
    """Give an account another role."""
    parts.staff.set_role(account_id, role, visitor.signed_in.name)
    return go_to("/staff/accounts")


@router.post("/accounts/{account_id}/active")
def set_active(
    account_id: Plain, parts: Parts, visitor: Guarded, active: Annotated[bool, Form()]
) -> Response:
    """Close an account or open it again."""
    parts.staff.set_active(account_id, active, visitor.signed_in.name)
    return go_to("/staff/accounts")


@router.get("/audit")
def audit_page(request: Request, parts: Parts, visitor: Guarded, before: Number = None) -> Response:
    """The audit log, newest first."""
    entries = parts.audit.entries(ENTRIES + 1, before)
    older = entries[ENTRIES - 1].number if len(entries) > ENTRIES else None
    return page(
        request, "audit.html", visitor.session, visitor.form,
        entries=entries[:ENTRIES], older=older,
    )  # fmt: skip


def _invited(request: Request, parts: Parts, visitor: Guarded, token: str) -> Response:
    base = parts.settings.public_url or str(request.base_url)
    address = invitation_address(base, token)
    return page(request, "invited.html", visitor.session, visitor.form, address=address)
