"""Keys that are made once and kept beside the data, and what is signed with one."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path


class Secret:
    """Signs; the key itself never leaves, not even into a repr."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, purpose: str, text: str) -> str:
        """HMAC-SHA256 (RFC 2104) of a text, in hex; of use for one purpose only."""
        return hmac.new(self._key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()

    def is_signature(self, purpose: str, text: str, given: str) -> bool:
        """Whether ``given`` is the signature, told in constant time."""
        return hmac.compare_digest(self.sign(purpose, text).encode(), given.encode())


def kept_key(folder: Path, name: str) -> bytes:
    """The key kept in a file of ``folder``, made if there is none; only its owner may read it.

    Raises:
        OSError: the folder cannot be read or written.
    """
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        work = path.with_name(f".{name}-{secrets.token_hex(8)}")
        handle = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        # Whole at once, and the first of several workers decides.
        with suppress(FileExistsError):
            os.link(work, path)
        work.unlink()
    return path.read_bytes()
