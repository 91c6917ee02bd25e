"""Passwords: how they are kept (argon2id, RFC 9106) and which are good enough to be taken."""

from __future__ import annotations

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assistant.errors import StaffError
from assistant.resources import load

SHORTEST = 12
LONGEST = 128
_DIFFERENT = 6
"""How many different characters a password has at least."""
_ROW = 3
"""How many characters in a row are no chance: two are in most words."""


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
            and not _guessable(password)
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


def _guessable(password: str) -> bool:
    """Whether half or more of a password follows from the rest of it or from what many use."""
    text = unicodedata.normalize("NFKC", password).casefold()
    half = len(text) / 2
    return _foreseen(text) >= half or any(
        sum(a == b for a, b in zip(text, text[distance:], strict=False)) >= half
        for distance in range(1, len(text) // 2 + 1)
    )


def _foreseen(text: str) -> int:
    """How many characters stand in a row or in what common passwords are made of."""
    data = load("passwords")
    rows = [line for row in data["rows"] for line in (row, row[::-1])]
    places: set[int] = set()
    for at in range(len(text)):
        end = at + _ROW
        while end <= len(text) and any(text[at:end] in row for row in rows):
            places.update(range(at, end))
            end += 1
        for word in data["common"]:
            if text.startswith(word, at):
                places.update(range(at, at + len(word)))
    return len(places)
