"""Who may do what: one table from each route of the console to the least that it asks for.

The guard refuses a route that is not in the table, to everybody.
"""

from __future__ import annotations

from enum import Enum

from assistant.types import Role


class Stage(Enum):
    """What is asked for before anybody has a role."""

    ANYONE = "anyone"
    PASSWORD = "password"  # noqa: S105 - the name of a stage
    """Signed in with the password; the second factor may be still to come."""


RULES: dict[str, Stage | Role] = {
    "GET /staff/sign-in": Stage.ANYONE,
    "POST /staff/sign-in": Stage.ANYONE,
    "GET /staff/invitations/{token}": Stage.ANYONE,
    "POST /staff/invitations/{token}": Stage.ANYONE,
    "GET /staff/second-factor": Stage.PASSWORD,
    "POST /staff/second-factor": Stage.PASSWORD,
    "POST /staff/sign-out": Stage.PASSWORD,
    "GET /staff": Role.READER,
    "GET /staff/account": Role.READER,
    "POST /staff/account/password": Role.READER,
    "POST /staff/account/recovery-codes": Role.READER,
    "POST /staff/account/sign-out-everywhere": Role.READER,
    "GET /staff/search": Role.READER,
    "GET /staff/ask": Role.READER,
    "POST /staff/ask": Role.READER,
    "GET /staff/documents": Role.READER,
    "GET /staff/documents/{document_id}": Role.READER,
    "POST /staff/uploads": Role.EDITOR,
    "POST /staff/refused/discard": Role.EDITOR,
    "GET /staff/library/{library_id}": Role.EDITOR,
    "GET /staff/versions/{version_id}": Role.EDITOR,
    "GET /staff/versions/{version_id}/pages/{number}": Role.EDITOR,
    "GET /staff/versions/{version_id}/original": Role.EDITOR,
    "POST /staff/versions/{version_id}/metadata": Role.EDITOR,
    "POST /staff/versions/{version_id}/revision": Role.EDITOR,
    "POST /staff/versions/{version_id}/discard": Role.EDITOR,
    "POST /staff/versions/{version_id}/publish": Role.PUBLISHER,
    "POST /staff/versions/{version_id}/withdraw": Role.PUBLISHER,
    "GET /staff/questions": Role.EDITOR,
    "GET /staff/questions.csv": Role.EDITOR,
    "POST /staff/conversations/{conversation_id}/erase": Role.PUBLISHER,
    "GET /staff/accounts": Role.ADMINISTRATOR,
    "POST /staff/accounts": Role.ADMINISTRATOR,
    "POST /staff/accounts/{account_id}/role": Role.ADMINISTRATOR,
    "POST /staff/accounts/{account_id}/active": Role.ADMINISTRATOR,
    "POST /staff/accounts/{account_id}/invitation": Role.ADMINISTRATOR,
    "GET /staff/audit": Role.ADMINISTRATOR,
    "POST /api/staff/session": Stage.ANYONE,
    "GET /api/staff/session": Role.READER,
    "DELETE /api/staff/session": Role.READER,
    "DELETE /api/staff/sessions": Role.READER,
    "PUT /api/staff/password": Role.READER,
    "GET /api/staff/search": Role.READER,
    "POST /api/staff/ask": Role.READER,
    "GET /api/staff/documents": Role.READER,
    "GET /api/staff/documents/{document_id}": Role.READER,
    "POST /api/staff/uploads": Role.EDITOR,
    "GET /api/staff/library": Role.EDITOR,
    "GET /api/staff/versions/{version_id}": Role.EDITOR,
    "GET /api/staff/versions/{version_id}/original": Role.EDITOR,
    "PUT /api/staff/versions/{version_id}/metadata": Role.EDITOR,
    "POST /api/staff/versions/{version_id}/revision": Role.EDITOR,
    "DELETE /api/staff/versions/{version_id}": Role.EDITOR,
    "POST /api/staff/versions/{version_id}/publish": Role.PUBLISHER,
    "POST /api/staff/versions/{version_id}/withdraw": Role.PUBLISHER,
    "GET /api/staff/questions": Role.EDITOR,
    "GET /api/staff/questions.csv": Role.EDITOR,
    "DELETE /api/staff/conversations/{conversation_id}": Role.PUBLISHER,
    "GET /api/staff/accounts": Role.ADMINISTRATOR,
    "POST /api/staff/accounts": Role.ADMINISTRATOR,
    "PUT /api/staff/accounts/{account_id}/role": Role.ADMINISTRATOR,
    "PUT /api/staff/accounts/{account_id}/active": Role.ADMINISTRATOR,
    "POST /api/staff/accounts/{account_id}/invitation": Role.ADMINISTRATOR,
    "GET /api/staff/audit": Role.ADMINISTRATOR,
}
"""By method and path, as the routes are written."""

WITHOUT_TOKEN = {"POST /api/staff/session"}
"""What changes something and comes before there is a token; it takes JSON, which no form of
another site can send."""
