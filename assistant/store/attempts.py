"""Attempts to sign in, counted for each name and each address until they are locked out.

A name is counted whether or not there is such an account, so that a lock-out tells nobody which
there are. Names and addresses are kept only as signatures of themselves, and not for long.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from assistant.errors import LockedOutError
from assistant.store.database import Clock, with_zone
from assistant.store.secret import Secret
from assistant.store.tables import staff_failures

OF_A_NAME = 8
OF_AN_ADDRESS = 30
"""Failures until a lock-out; of an address more, since an office may share one."""

LOCKED = timedelta(minutes=15)
"""How long a lock-out lasts, and how long a failure is remembered."""


class Attempts:
    """Counts attempts as failed until they are told to have succeeded.

    Counted before they are tried: many at once are no way around.
    """

    def __init__(self, engine: Engine, secret: Secret, clock: Clock) -> None:
        self._engine = engine
        self._secret = secret
        self._clock = clock

    def begin(self, name: str, address: str) -> None:
        """Count an attempt.

        Raises:
            LockedOutError: there were too many failures; it says how long to wait.
        """
        now = self._clock()
        with self._engine.begin() as connection:
            connection.execute(delete(staff_failures).where(staff_failures.c.until <= now))
            # The address first: one that is locked out locks out no more names.
            _count(connection, self._key("address", address), OF_AN_ADDRESS, now)
            _count(connection, self._key("name", name), OF_A_NAME, now)

    def succeeded(self, name: str) -> None:
        """Forget a name's failures, once it has signed in wholly."""
        rows = staff_failures
        with self._engine.begin() as connection:
            connection.execute(delete(rows).where(rows.c.id == self._key("name", name)))

    def was_right(self, address: str) -> None:
        """Take back one attempt of an address.

        Its other failures stay, or who has one account could guess at the others.
        """
        rows = staff_failures
        with self._engine.begin() as connection:
            one_less = update(rows).where(rows.c.id == self._key("address", address))
            connection.execute(one_less.values(count=rows.c.count - 1))

    def _key(self, kind: str, value: str) -> str:
        return self._secret.sign(f"attempts by {kind}", value)


def _count(connection: Connection, key: str, most: int, now: datetime) -> None:
    rows = staff_failures
    counted = update(rows).where(rows.c.id == key, rows.c.count < most)
    counted = counted.values(count=rows.c.count + 1, until=now + LOCKED)
    if connection.execute(counted).rowcount:
        return
    try:
        with connection.begin_nested():
            connection.execute(insert(rows).values(id=key, count=1, until=now + LOCKED))
    except IntegrityError:
        # It is there: at its most, unless another attempt counted it in the same moment.
        if connection.execute(counted).rowcount:
            return
        until = connection.execute(select(rows.c.until).where(rows.c.id == key)).scalar_one()
        seconds = math.ceil((with_zone(until) - now).total_seconds())
        raise LockedOutError(seconds) from None
