"""Who is asking: known by a keyed hash only, and whether they are staff."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from assistant.store.secret import kept_key
from assistant.store.staff import StaffStore, as_written
from assistant.types import Audience

KEY_FILE = "wechat.key"


def load_key(given: str, folder: Path) -> bytes:
    """The key that is set, or the one kept in ``folder``, made there once.

    Raises:
        OSError: it can be neither read nor written.
    """
    return given.encode() or kept_key(folder, KEY_FILE)


@dataclass(frozen=True, slots=True)
class Hasher:
    """Turns ids of people and messages into hashes that only this key can make."""

    key: bytes = field(repr=False)

    def __call__(self, *parts: str) -> str:
        """64 hexadecimal digits; parts cannot run into one another."""
        told = "".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "replace")
        return hmac.new(self.key, told, hashlib.sha256).hexdigest()


class StaffDirectory(Protocol):
    """Knows which WeCom users are staff."""

    def audience(self, userid: str) -> Audience:
        """Whose documents a user may read."""


class MappedStaff:
    """Staff are those whose user id is mapped to an active staff account; others are residents.

    Args:
        mapped: ``userid=account`` pairs separated by commas; a user id alone is its account's
            name too.
        accounts: the staff accounts. One that is closed counts from the next question on.
    """

    def __init__(self, mapped: str, accounts: StaffStore) -> None:
        pairs = (pair.partition("=") for pair in re.split(r"[,，\s]+", mapped) if pair)
        # WeCom itself does not tell capital letters in user ids apart.
        self._mapped = {user.lower(): as_written(name or user) for user, _, name in pairs}
        self._accounts = accounts

    def audience(self, userid: str) -> Audience:
        """Whose documents a user may read."""
        name = self._mapped.get(userid.lower())
        active = name and any(a.name == name and a.active for a in self._accounts.accounts())
        return Audience.STAFF if active else Audience.RESIDENTS
