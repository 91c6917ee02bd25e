"""Passwords: how they are kept (argon2id, RFC 9106) and which are good enough to be taken."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assistant.errors import StaffError

SHORTEST = 12
LONGEST = 128
_DIFFERENT = 6
"""How many different characters a password has at least."""


class Passwords:
    """Keeps and checks passwords.

    Args:
        rounds: passes over the memory.
        memory: KiB that one check takes.
    """

    def __init__(self, rounds: int = 3, memory: int = 65_536) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory, parallelism=1)
        self._nobodys = self._hasher.hash(secrets.token_hex(16))

    def keep(self, password: str, name: str) -> str:
        """What is stored of a password.

        Raises:
            StaffError: it is too easy to guess, or too long.
        """
        if not (
            SHORTEST <= len(password) <= LONGEST
            and len(set(password)) >= _DIFFERENT
            and name.casefold() not in password.casefold()
        ):
            raise StaffError("error_password_weak")
        return self._hasher.hash(password)

    def matches(self, kept: str, password: str) -> bool:
        """Whether it is the password; takes as long where there is none (``kept`` is empty)."""
        try:
            matched = self._hasher.verify(kept or self._nobodys, password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
        return matched and bool(kept)
