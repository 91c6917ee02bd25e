"""WeChat's encryption of messages; signatures are compared elsewhere.

AES-256-CBC, the first half of the key as its vector. Plain text: 16 random bytes, the length as
a big-endian 32-bit number, the message, the receiver's id; padded to a multiple of 32 bytes.
Source: WeChat's and WeCom's documents on encrypting and decrypting messages.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from assistant.errors import CallbackError

_BLOCK = 32
_RANDOM = 16
_HEAD = _RANDOM + 4


def read_key(encoded: str) -> bytes:
    """The 32 bytes of an EncodingAESKey of 43 characters.

    Raises:
        ValueError: it is no such key.
    """
    key = base64.b64decode(encoded + "=", validate=True)
    if len(encoded) != 43 or len(key) != _BLOCK:
        raise ValueError("an EncodingAESKey has 43 characters")
    return key


@dataclass(frozen=True, slots=True)
class MessageCipher:
    """Seals and opens messages for one receiver: an AppID, a CorpID or, for a bot, nothing."""

    key: bytes = field(repr=False)
    receiver: str

    def encrypt(self, text: str) -> str:
        """The message in base64."""
        message = text.encode()
        size = len(message).to_bytes(4, "big")
        plain = secrets.token_bytes(_RANDOM) + size + message + self.receiver.encode()
        pad = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted: str) -> str:
        """The message.

        Raises:
            CallbackError: it was not made with this key for this receiver, or is damaged.
        """
        try:
            sealed = base64.b64decode(encrypted, validate=True)
            return self._open(sealed)
        except ValueError as error:  # also of base64 and of UTF-8
            raise CallbackError("error_callback_forbidden") from error

    def _open(self, sealed: bytes) -> str:
        if not sealed or len(sealed) % _BLOCK:
            raise ValueError("length")
        decryptor = self._cipher().decryptor()
        padded = decryptor.update(sealed) + decryptor.finalize()
        pad = padded[-1]
        if not 1 <= pad <= _BLOCK or padded[-pad:] != bytes([pad]) * pad:
            raise ValueError("padding")
        plain = padded[:-pad]
        end = _HEAD + int.from_bytes(plain[_RANDOM:_HEAD], "big")
        if len(plain) < _HEAD or end > len(plain):
            raise ValueError("length of the message")
        if plain[end:] != self.receiver.encode():
            raise ValueError("receiver")
        return plain[_HEAD:end].decode()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self.key), modes.CBC(self.key[:_RANDOM]))


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The key in use and those before it, since WeChat goes over to a new one by and by."""

    ciphers: tuple[MessageCipher, ...]

    def decrypt(self, encrypted: str) -> tuple[str, MessageCipher]:
        """The message and the cipher that opened it, under which the reply goes.

        Raises:
            CallbackError: none opens it.
        """
        for cipher in self.ciphers[:-1]:
            try:
                return cipher.decrypt(encrypted), cipher
            except CallbackError:
                continue
        return self.ciphers[-1].decrypt(encrypted), self.ciphers[-1]
