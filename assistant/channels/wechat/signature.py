"""Who sent a callback, and when: WeChat's signatures and the age of their timestamps."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.errors import CallbackError

MAX_AGE = 600.0
"""Seconds that a timestamp may differ from our clock."""


def sign(*parts: str) -> str:
    """SHA-1 in hexadecimal over the sorted parts; the algorithm is WeChat's choice."""
    joined = "".join(sorted(parts)).encode("utf-8", "replace")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def new_nonce() -> str:
    """A random number as text."""
    return str(secrets.randbelow(10**10))


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of a callback's address; empty where they were not sent."""

    signature: str
    msg_signature: str
    timestamp: str
    nonce: str
    echostr: str
    encrypt_type: str

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Query:
        """From the parameters by name."""
        return cls(**{name: given.get(name, "") for name in cls.__dataclass_fields__})

    @property
    def triple(self) -> tuple[str, str, str]:
        """What all deliveries of one message have in common."""
        return self.signature or self.msg_signature, self.timestamp, self.nonce

    def check(self, token: str, now: float) -> None:
        """Check the signature over the address alone.

        Raises:
            CallbackError: it is missing, wrong or too old.
        """
        self._check_age(now)
        _check(self.signature, sign(token, self.timestamp, self.nonce))

    def check_message(self, token: str, encrypted: str, now: float) -> None:
        """Check the signature that covers an encrypted text.

        Raises:
            CallbackError: it is missing, wrong or too old.
        """
        self._check_age(now)
        _check(self.msg_signature, sign(token, self.timestamp, self.nonce, encrypted))

    def _check_age(self, now: float) -> None:
        digits = self.timestamp.isascii() and self.timestamp.isdigit()
        if not (digits and len(self.timestamp) <= 12 and self.nonce):
            raise CallbackError("error_callback_forbidden")
        if abs(int(self.timestamp) - now) > MAX_AGE:
            raise CallbackError("error_callback_forbidden")


def _check(given: str, right: str) -> None:
    if not hmac.compare_digest(given.encode("utf-8", "replace"), right.encode()):
        raise CallbackError("error_callback_forbidden")
