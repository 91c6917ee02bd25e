"""Staff's accounts: names, roles, invitations and passwords; signing in is left to sessions.

An account begins with an invitation: a link, good once and for a few days, by which its owner
sets the password. A forgotten password or a lost second factor is a new invitation.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from assistant.errors import NotFoundError, StaffError
from assistant.resources import load
from assistant.store.audit import record
from assistant.store.database import Clock, utc_now, with_zone
from assistant.store.passwords import Passwords
from assistant.store.secret import Secret
from assistant.store.tables import staff_accounts, staff_recovery_codes, staff_sessions
from assistant.types import Role

SERVER = "server"
"""The actor of what is done by a command on the server; named in resources/console.yml."""

INVITED = timedelta(days=3)
_NAME = re.compile(r"\w[\w.-]{1,31}")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff as others may see it."""

    id: str
    name: str
    role: Role
    active: bool
    joined: bool
    second_factor: bool
    made_at: datetime


class StaffStore:
    """Reads and writes accounts. ``actor`` is the name of who does it, for the audit log."""

    def __init__(
        self, engine: Engine, secret: Secret, passwords: Passwords, clock: Clock = utc_now
    ) -> None:
        self._engine = engine
        self._secret = secret
        self._passwords = passwords
        self._clock = clock

    def accounts(self) -> list[Account]:
        """Every account, by name."""
        query = select(staff_accounts).order_by(staff_accounts.c.name)
        with self._engine.connect() as connection:
            return [_account(row) for row in connection.execute(query)]

    def create(self, name: str, role: Role, actor: str) -> str:
        """Make an account; the token of its invitation.

        Raises:
            StaffError: the name cannot be used, is taken or would pass for another actor.
        """
        name = as_written(name)
        if not _NAME.fullmatch(name):
            raise StaffError("error_account_name")
        # Both as the log keeps such an actor and as its page shows it.
        actors = load("console")["actors"]
        if name in (*actors, *map(as_written, actors.values())):
            raise StaffError("error_account_reserved")
        account_id = secrets.token_hex(16)
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(staff_accounts).values(
                        id=account_id, name=name, role=role.value, active=True, password="",
                        invitation="", invited_until=_LONG_AGO, totp_secret="", totp_step=0,
                        made_at=self._clock(),
                    )
                )  # fmt: skip
                record(connection, actor, "account_created", name, after={"role": role.value})
                return self._invite(connection, account_id)
        except IntegrityError as error:
            raise StaffError("error_account_exists") from error

    def invite(self, account_id: str, actor: str) -> str:
        """A new invitation, the token of it; password, second factor and sessions end with it.

        Raises:
            NotFoundError: there is no such account.
        """
        with self._engine.begin() as connection:
            row = _row(connection, account_id)
            of = staff_accounts.c.id == account_id
            connection.execute(
                update(staff_accounts).where(of).values(password="", totp_secret="", totp_step=0)
            )
            codes = staff_recovery_codes.c.account_id == account_id
            connection.execute(delete(staff_recovery_codes).where(codes))
            end_sessions(connection, account_id)
            record(
                connection, actor, "account_invited", row.name,
                {"password": bool(row.password), "second_factor": bool(row.totp_secret)},
                {"password": False, "second_factor": False},
            )  # fmt: skip
            return self._invite(connection, account_id)

    def invited(self, token: str) -> Account:
        """Whose invitation it is.

        Raises:
            NotFoundError: it was used, has run out or never was.
        """
        with self._engine.connect() as connection:
            return _account(self._invited(connection, token))

    def accept(self, token: str, password: str) -> None:
        """Set the first password by an invitation, which is used up.

        Raises:
            NotFoundError: it was used, has run out or never was.
            StaffError: the password is too easy to guess.
        """
        name = self.invited(token).name
        kept = self._passwords.keep(password, name)
        with self._engine.begin() as connection:
            row = self._invited(connection, token)
            used = update(staff_accounts).where(
                staff_accounts.c.id == row.id, staff_accounts.c.invitation == row.invitation
            )
            if not connection.execute(used.values(password=kept, invitation="")).rowcount:
                raise NotFoundError("error_invitation")
            record(
                connection, name, "password_set", name,
                {"password": bool(row.password)}, {"password": True},
            )  # fmt: skip

    def set_role(self, account_id: str, role: Role, actor: str) -> None:
        """Give an account another role, which ends its sessions.

        Raises:
            NotFoundError: there is no such account.
            StaffError: no administrator would be left.
        """
        self._change(account_id, "role", role.value, "role_changed", actor)

    def set_active(self, account_id: str, active: bool, actor: str) -> None:
        """Close an account, which ends its sessions, or open it again.

        Raises:
            NotFoundError: there is no such account.
            StaffError: no administrator would be left.
        """
        action = "account_opened" if active else "account_closed"
        self._change(account_id, "active", active, action, actor)

    def _change(
        self, account_id: str, field: str, value: str | bool, action: str, actor: str
    ) -> None:
        with self._engine.begin() as connection:
            before = _row(connection, account_id)
            old = getattr(before, field)
            if old == value:
                return
            of = staff_accounts.c.id == account_id
            connection.execute(update(staff_accounts).where(of).values({field: value}))
            # Counted after the write, for which SQLite lets one at a time through, so that no two
            # at once each find the other administrator; PostgreSQL has to be asked to.
            leads = (staff_accounts.c.role == Role.ADMINISTRATOR.value) & staff_accounts.c.active
            left = select(staff_accounts.c.id).where(leads).with_for_update()
            if connection.execute(left).first() is None:
                raise StaffError("error_last_administrator")
            end_sessions(connection, account_id)
            record(connection, actor, action, before.name, {field: old}, {field: value})

    def _invite(self, connection: Connection, account_id: str) -> str:
        token = secrets.token_urlsafe(32)
        invited = update(staff_accounts).where(staff_accounts.c.id == account_id)
        kept = self._secret.sign("invitation", token)
        until = self._clock() + INVITED
        connection.execute(invited.values(invitation=kept, invited_until=until))
        return token

    def _invited(self, connection: Connection, token: str) -> Row[Any]:
        query = select(staff_accounts).where(
            staff_accounts.c.invitation == self._secret.sign("invitation", token),
            staff_accounts.c.invited_until > self._clock(),
            staff_accounts.c.active,
        )
        row = connection.execute(query).first()
        if row is None:
            raise NotFoundError("error_invitation")
        return row


def as_written(name: str) -> str:
    """A name in the one form in which it is kept and compared."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _row(connection: Connection, account_id: str) -> Row[Any]:
    row = connection.execute(
        select(staff_accounts).where(staff_accounts.c.id == account_id)
    ).first()
    if row is None:
        raise NotFoundError("error_not_found")
    return row


def _account(row: Row[Any]) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        active=row.active,
        joined=bool(row.password),
        second_factor=bool(row.totp_secret),
        made_at=with_zone(row.made_at),
    )


def end_sessions(connection: Connection, account_id: str, keep: str = "") -> None:
    """End all sessions of an account but the one with the id ``keep``."""
    ended = delete(staff_sessions).where(
        staff_sessions.c.account_id == account_id, staff_sessions.c.id != keep
    )
    connection.execute(ended)
