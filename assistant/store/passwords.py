"""Passwords: how they are kept (argon2id, RFC 9106) and which are good enough to be taken."""

from __future__ import annotations

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from assistant.errors import StaffError
from assistant.resources import load

SHORTEST = 12
LONGEST = 128
_STRONG = 4
"""The highest of zxcvbn's scores (0 to 4): at least 10^10 guesses (Wheeler, USENIX Security 2016)."""


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
        # One letter of Unicode may stand for many, which is no length.
        text = unicodedata.normalize("NFKC", password)
        short, long = len(password) < SHORTEST, max(len(text), len(password)) > LONGEST
        if short or long or _score(text, name) < _STRONG:
            raise StaffError("error_password_weak")
        return self._hasher.hash(password)

    def matches(self, kept: str, password: str) -> bool:
        """Whether it is the password; takes as long where there is none (``kept`` is empty)."""
        try:
            matched = self._hasher.verify(kept or self._nobodys, password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
        return matched and bool(kept)


def _score(text: str, name: str) -> int:
    """How hard it is to guess for who knows the account's name and what is common here."""
    known = [name, *load("passwords")]
    return int(zxcvbn(text, user_inputs=known, max_length=LONGEST)["score"])
