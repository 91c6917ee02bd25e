"""Staff's sessions: signing in with a password and a second factor, and out, here or everywhere.

A browser holds a random token, the database only its signature, so a copy of the database is no
way in. A session begins with the password alone and may do nothing until the second factor is
shown, or set up where there is none yet.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine, delete, insert, select, update

from assistant.errors import SignInError, StaffError
from assistant.store import second_factor
from assistant.store.attempts import Attempts
from assistant.store.audit import record
from assistant.store.database import Clock, utc_now, with_zone
from assistant.store.passwords import Passwords
from assistant.store.secret import Secret
from assistant.store.staff import as_written, end_sessions
from assistant.store.tables import staff_accounts, staff_sessions
from assistant.types import Role

LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=1)
HALF = timedelta(minutes=10)
"""How long a session lasts at most, without being used, and with the password alone."""

_SEEN = timedelta(minutes=1)
"""How exactly it is known when a session was used last."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who has signed in; ``verified`` once the second factor was shown."""

    id: str
    account_id: str
    name: str
    role: Role
    verified: bool
    second_factor: bool


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor about to be set up: its secret and the link for authenticators."""

    secret: str
    link: str


class SessionStore:
    """Begins, checks and ends sessions."""

    def __init__(
        self, engine: Engine, secret: Secret, passwords: Passwords, clock: Clock = utc_now
    ) -> None:
        self._engine = engine
        self._secret = secret
        self._passwords = passwords
        self._clock = clock
        self._attempts = Attempts(engine, secret, clock)

    def begin(self, name: str, password: str, address: str) -> str:
        """Sign in with the password; the token of a session that is not verified yet.

        What is wrong is not told, and takes as long: nobody learns which accounts there are.

        Raises:
            SignInError: name or password are wrong, or the account is closed.
            LockedOutError: there were too many failures.
        """
        name = as_written(name)
        self._attempts.begin(name, address)
        with self._engine.connect() as connection:
            of = (staff_accounts.c.name == name) & staff_accounts.c.active
            row = connection.execute(select(staff_accounts).where(of)).first()
        if not self._passwords.matches(row.password if row else "", password) or row is None:
            raise SignInError("error_sign_in")
        self._attempts.was_right(address)
        return self._start(row.id, verified=False)

    def verify(self, session: Session, code: str, address: str) -> str:
        """Show the second factor; the token of a new session, in place of this one.

        Raises:
            SignInError: the code is wrong or was used already.
            LockedOutError: there were too many failures.
        """
        self._attempts.begin(session.name, address)
        with self._engine.begin() as connection:
            of = (staff_accounts.c.id == session.account_id) & (staff_accounts.c.totp_secret != "")
            row = connection.execute(select(staff_accounts).where(of)).first()
            good = row is not None and second_factor.use(
                connection,
                self._secret,
                row.id,
                row.totp_secret,
                row.totp_step,
                code,
                self._clock(),
            )
            if good:
                record(connection, session.name, "signed_in", session.name)
        if not good:
            raise SignInError("error_second_factor")
        self._attempts.was_right(address)
        self._attempts.succeeded(session.name)
        self.end(session.id)
        return self._start(session.account_id, verified=True)

    def enrolment(self, session: Session, issuer: str) -> Enrolment:
        """The second factor to be set up in this session; the same each time it is asked for."""
        of = staff_sessions.c.id == session.id
        with self._engine.begin() as connection:
            found = connection.execute(select(staff_sessions.c.pending_secret).where(of)).scalar()
            secret = found or second_factor.new_secret()
            connection.execute(update(staff_sessions).where(of).values(pending_secret=secret))
        return Enrolment(secret, second_factor.link(secret, session.name, issuer))

    def enrol(self, session: Session, code: str, address: str) -> tuple[str, list[str]]:
        """Set up the second factor with a first code of it.

        Returns the token of a new session, in place of this one, and the recovery codes.

        Raises:
            SignInError: the code is wrong, or there is a second factor already.
            LockedOutError: there were too many failures.
        """
        self._attempts.begin(session.name, address)
        with self._engine.begin() as connection:
            of = staff_sessions.c.id == session.id
            secret = connection.execute(select(staff_sessions.c.pending_secret).where(of)).scalar()
            step = second_factor.step_of(secret, code.strip(), self._clock()) if secret else None
            # Not where there is one: who has only the password must not set up another.
            none_yet = (staff_accounts.c.id == session.account_id) & (
                staff_accounts.c.totp_secret == ""
            )
            kept = update(staff_accounts).where(none_yet)
            kept = kept.values(totp_secret=secret, totp_step=step)
            if step is None or not connection.execute(kept).rowcount:
                raise SignInError("error_second_factor")
            codes = second_factor.renew_recovery_codes(connection, self._secret, session.account_id)
            record(
                connection, session.name, "second_factor_set", session.name,
                {"second_factor": False}, {"second_factor": True},
            )  # fmt: skip
        self._attempts.was_right(address)
        self._attempts.succeeded(session.name)
        self.end(session.id)
        return self._start(session.account_id, verified=True), codes

    def renew_recovery_codes(self, session: Session) -> list[str]:
        """New recovery codes instead of the old ones."""
        with self._engine.begin() as connection:
            left = second_factor.recovery_codes_left(connection, session.account_id)
            codes = second_factor.renew_recovery_codes(connection, self._secret, session.account_id)
            record(
                connection, session.name, "recovery_codes_renewed", session.name,
                {"recovery_codes": left}, {"recovery_codes": len(codes)},
            )  # fmt: skip
        return codes

    def change_password(self, session: Session, old: str, new: str, address: str) -> None:
        """Change the password and end the account's other sessions.

        Raises:
            StaffError: the old one is wrong or the new one too easy to guess.
            LockedOutError: there were too many failures.
        """
        self._attempts.begin(session.name, address)
        of = staff_accounts.c.id == session.account_id
        with self._engine.connect() as connection:
            before = connection.execute(select(staff_accounts.c.password).where(of)).scalar()
        if not self._passwords.matches(before or "", old):
            raise StaffError("error_password_wrong")
        self._attempts.was_right(address)
        self._attempts.succeeded(session.name)
        kept = self._passwords.keep(new, session.name)
        with self._engine.begin() as connection:
            # Only where the old one is still in force: an invitation may have ended it.
            changed = update(staff_accounts).where(of, staff_accounts.c.password == before)
            if not connection.execute(changed.values(password=kept)).rowcount:
                raise StaffError("error_password_wrong")
            end_sessions(connection, session.account_id, keep=session.id)
            record(connection, session.name, "password_changed", session.name)

    def find(self, token: str) -> Session | None:
        """The session of a token, which is used by this; None if it has ended."""
        now = self._clock()
        key = self._key(token)
        query = (
            select(staff_sessions, staff_accounts)
            .join_from(staff_sessions, staff_accounts)
            .where(staff_sessions.c.id == key, staff_accounts.c.active)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        begun, seen = (with_zone(row[staff_sessions.c[c]]) for c in ("begun_at", "seen_at"))
        verified = bool(row[staff_sessions.c.verified])
        if now - begun > (LONGEST if verified else HALF) or now - seen > IDLE:
            self.end(key)
            return None
        if now - seen > _SEEN:
            used = update(staff_sessions).where(staff_sessions.c.id == key)
            with self._engine.begin() as connection:
                connection.execute(used.values(seen_at=now))
        return Session(
            id=key,
            account_id=row[staff_accounts.c.id],
            name=row[staff_accounts.c.name],
            role=Role(row[staff_accounts.c.role]),
            verified=verified,
            second_factor=bool(row[staff_accounts.c.totp_secret]),
        )

    def end(self, session_id: str) -> None:
        """Sign out."""
        with self._engine.begin() as connection:
            connection.execute(delete(staff_sessions).where(staff_sessions.c.id == session_id))

    def end_all(self, session: Session) -> None:
        """Sign out everywhere, here too."""
        with self._engine.begin() as connection:
            end_sessions(connection, session.account_id)
            record(connection, session.name, "signed_out_everywhere", session.name)

    def _start(self, account_id: str, *, verified: bool) -> str:
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._engine.begin() as connection:
            # Those that have ended by themselves are cleared away with the next that begins.
            connection.execute(
                delete(staff_sessions).where(staff_sessions.c.begun_at < now - LONGEST)
            )
            connection.execute(
                insert(staff_sessions).values(
                    id=self._key(token), account_id=account_id, verified=verified,
                    begun_at=now, seen_at=now, pending_secret="",
                )
            )  # fmt: skip
        return token

    def _key(self, token: str) -> str:
        return self._secret.sign("session", token)
