"""The shapes of the console's API, in and out."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from assistant.channels.schemas import Plain
from assistant.store.audit import Entry
from assistant.store.questions import AskedQuestion
from assistant.store.staff import Account
from assistant.types import Role


def _whole(given: SecretStr) -> SecretStr:
    """Half a character, which JSON can hold, cannot be hashed."""
    try:
        given.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError from None
    return given


Password = Annotated[SecretStr, Field(max_length=200), AfterValidator(_whole)]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_Given):
    """Name, password and a code of the second factor."""

    name: Plain = Field(max_length=200)
    password: Password
    code: Plain = Field(max_length=200, description="Of the authenticator, or a recovery code.")


class SessionOut(BaseModel):
    """Who is signed in."""

    name: str
    role: Role
    csrf: str = Field(description="To be sent as `X-CSRF-Token` with whatever changes something.")


class NewPassword(_Given):
    """The old and the new password."""

    old: Password
    new: Password


class NewAccount(_Given):
    """An account to be made."""

    name: Plain = Field(max_length=200)
    role: Role


class AccountRole(_Given):
    """Another role."""

    role: Role


class AccountActive(_Given):
    """Whether an account may be used."""

    active: bool


class Invitation(BaseModel):
    """The link by which an account's owner sets the password, good once and for three days."""

    link: str


class AccountOut(BaseModel):
    """A member of staff."""

    id: str
    name: str
    role: Role
    active: bool
    joined: bool = Field(description="Whether a password was set.")
    second_factor: bool
    made_at: datetime

    @classmethod
    def of(cls, account: Account) -> AccountOut:
        """The public form of an account."""
        return cls(
            id=account.id,
            name=account.name,
            role=account.role,
            active=account.active,
            joined=account.joined,
            second_factor=account.second_factor,
            made_at=account.made_at,
        )


class Accounts(BaseModel):
    """All accounts."""

    accounts: list[AccountOut]


class EntryOut(BaseModel):
    """One change."""

    number: int
    at: datetime
    actor: str
    action: str
    target: str
    before: dict[str, str | int | bool]
    after: dict[str, str | int | bool]

    @classmethod
    def of(cls, entry: Entry) -> EntryOut:
        """The public form of an entry."""
        return cls(
            number=entry.number,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            target=entry.target,
            before=dict(entry.before),
            after=dict(entry.after),
        )


class QuestionOut(BaseModel):
    """A question with what came of it."""

    conversation_id: str
    asked_at: datetime
    question: str
    status: str
    answer: str
    channel: str
    took_ms: int
    rating: str = Field(description="`up`, `down` or empty.")
    reason: str

    @classmethod
    def of(cls, asked: AskedQuestion) -> QuestionOut:
        """The public form of a question."""
        return cls(**asdict(asked))


class Questions(BaseModel):
    """A page of what was asked."""

    total: int
    questions: list[QuestionOut]


class AuditEntries(BaseModel):
    """A part of the audit log."""

    entries: list[EntryOut]
