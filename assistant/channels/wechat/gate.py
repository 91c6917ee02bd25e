"""The gate of a callback: who sent it is checked, what is sealed is opened, replays are kept out."""

from __future__ import annotations

import json
from dataclasses import dataclass

from assistant.channels.wechat.config import Entrance
from assistant.channels.wechat.crypto import KeyRing, MessageCipher
from assistant.channels.wechat.jobs import Jobs
from assistant.channels.wechat.messages import Incoming, read_fields, read_message, sealed_reply
from assistant.channels.wechat.people import Hasher
from assistant.channels.wechat.signature import Query, new_nonce, sign
from assistant.errors import CallbackError


@dataclass(frozen=True, slots=True)
class Opened:
    """What a callback said, and the cipher that its answer goes under, if any."""

    text: str | bytes
    cipher: MessageCipher | None


class Gate:
    """Checks what comes in through one entrance and seals what goes out."""

    def __init__(self, entrance: Entrance, hashed: Hasher, jobs: Jobs) -> None:
        self._token = entrance.token
        self._keys = entrance.keys
        self._hashed = hashed
        self._jobs = jobs
        self._clock = jobs.clock

    def check(self, query: Query) -> None:
        """Check the address, before anything of the body is read.

        Raises:
            CallbackError: it was not signed with the token, or long ago.
        """
        query.check(self._token, self._clock.now())

    def echo(self, query: Query) -> str:
        """The text inside an encrypted ``echostr``.

        Raises:
            CallbackError: it was not signed with the token, or not sealed for us.
        """
        return self._open(query, query.echostr, self._sealing).text  # type: ignore[return-value]

    def open_official(self, query: Query, body: bytes) -> Opened:
        """The message of an official account; encrypted if there is a key, else plain.

        Beside a sealed text a plain one counts for nothing.

        Raises:
            CallbackError: it is not what the settings say it must be.
        """
        if (query.encrypt_type not in ("", "raw")) != (self._keys is not None):
            raise CallbackError("error_callback_forbidden")
        if self._keys is None:
            return Opened(body, None)
        return self._open(query, _encrypted(body), self._keys)

    def open_xml(self, query: Query, body: bytes) -> Opened:
        """The message of a WeCom app.

        Raises:
            CallbackError: it is not ours, or cannot be read.
        """
        return self._open(query, _encrypted(body), self._sealing)

    def open_json(self, query: Query, body: bytes) -> Opened:
        """The message of a WeCom bot.

        Raises:
            CallbackError: it is not ours, or cannot be read.
        """
        encrypted = read_json(body).get("encrypt")
        if not isinstance(encrypted, str):
            raise CallbackError("error_callback_malformed")
        return self._open(query, encrypted, self._sealing)

    async def admit(self, query: Query, message: str) -> None:
        """Let a message in if its signature was used for no other one.

        Raises:
            CallbackError: it was.
        """
        triple = self._hashed("signature", *query.triple)
        now = self._clock.now()
        if not await self._jobs.call(self._jobs.store.is_message_of, triple, message, now):
            raise CallbackError("error_callback_forbidden")

    def seal_xml(self, reply: str, cipher: MessageCipher) -> str:
        """A reply as XML, encrypted."""
        return sealed_reply(*self._seal(reply, cipher))

    def seal_json(self, reply: object, cipher: MessageCipher) -> str:
        """A reply as JSON, encrypted."""
        told = json.dumps(reply, ensure_ascii=False)
        encrypted, signature, timestamp, nonce = self._seal(told, cipher)
        sealed = {"encrypt": encrypted, "msgsignature": signature}
        return json.dumps({**sealed, "timestamp": int(timestamp), "nonce": nonce})

    @property
    def _sealing(self) -> KeyRing:
        if self._keys is None:
            raise CallbackError("error_callback_forbidden")
        return self._keys

    def _open(self, query: Query, encrypted: str, keys: KeyRing) -> Opened:
        query.check_message(self._token, encrypted, self._clock.now())
        return Opened(*keys.decrypt(encrypted))

    def _seal(self, reply: str, cipher: MessageCipher) -> tuple[str, str, str, str]:
        encrypted = cipher.encrypt(reply)
        timestamp, nonce = str(int(self._clock.now())), new_nonce()
        return encrypted, sign(self._token, timestamp, nonce, encrypted), timestamp, nonce


def _encrypted(body: bytes) -> str:
    fields, _ = read_fields(body)
    if not fields.get("Encrypt"):
        raise CallbackError("error_callback_malformed")
    return fields["Encrypt"]


def read_xml(opened: Opened) -> Incoming:
    """The message that was opened.

    Raises:
        CallbackError: it cannot be read.
    """
    return read_message(opened.text)


def read_json(text: str | bytes) -> dict[str, object]:
    """A JSON object.

    Raises:
        CallbackError: it is none.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CallbackError("error_callback_malformed") from error
    if not isinstance(found, dict):
        raise CallbackError("error_callback_malformed")
    return found
