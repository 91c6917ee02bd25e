"""The second factor: one-time codes by time (TOTP, RFC 6238) and recovery codes, each good once."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime

import pyotp
from sqlalchemy import Connection, delete, func, insert, select, update

from assistant.store.secret import Secret
from assistant.store.tables import staff_accounts, staff_recovery_codes

_STEP = 30
_WINDOW = 1
"""How many steps a clock may be off, either way."""

_RECOVERY_CODES = 8


def new_secret() -> str:
    """A secret for an authenticator, 160 bits in base 32."""
    return pyotp.random_base32()


def link(secret: str, name: str, issuer: str) -> str:
    """The ``otpauth://`` address that authenticators read."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step_of(secret: str, code: str, time: datetime, after: int = 0) -> int | None:
    """The time step that a code belongs to, if it is one of ``time`` and later than ``after``."""
    now = int(time.timestamp()) // _STEP
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(now - _WINDOW, now + _WINDOW + 1):
        # All of them each time, so that how long it takes tells nothing.
        same = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
        if same and step > after:
            found = step
    return found


def use(
    connection: Connection,
    secret: Secret,
    account_id: str,
    totp: str,
    step: int,
    given: str,
    time: datetime,
) -> bool:
    """Use up a code of the authenticator or a recovery code; whether it was good."""
    code = "".join(given.split()).replace("-", "").upper()
    found = step_of(totp, code, time, after=step)
    if found is not None:
        newer = (staff_accounts.c.id == account_id) & (staff_accounts.c.totp_step < found)
        used = update(staff_accounts).where(newer).values(totp_step=found)
        return bool(connection.execute(used).rowcount)
    rows = staff_recovery_codes
    kept = secret.sign("recovery code", code)
    good = (rows.c.account_id == account_id) & (rows.c.code == kept)
    return bool(connection.execute(delete(rows).where(good)).rowcount)


def recovery_codes_left(connection: Connection, account_id: str) -> int:
    """How many recovery codes have not been used yet."""
    of = staff_recovery_codes.c.account_id == account_id
    counted = select(func.count()).select_from(staff_recovery_codes).where(of)
    return int(connection.execute(counted).scalar_one())


def renew_recovery_codes(connection: Connection, secret: Secret, account_id: str) -> list[str]:
    """New recovery codes instead of the old ones, to be shown once."""
    rows = staff_recovery_codes
    connection.execute(delete(rows).where(rows.c.account_id == account_id))
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(_RECOVERY_CODES)]
    kept = [{"account_id": account_id, "code": secret.sign("recovery code", c)} for c in codes]
    connection.execute(insert(rows), kept)
    return ["-".join(c[at : at + 4] for at in range(0, len(c), 4)) for c in codes]
