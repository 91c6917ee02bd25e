"""Plays WeChat's side: three deliveries of five seconds, to any address, in plain or safe mode."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from assistant.channels.wechat.config import Entrance
from assistant.channels.wechat.messages import read_fields
from assistant.channels.wechat.signature import new_nonce, sign
from assistant.errors import CallbackError

DELIVERIES = 3
PATIENCE = 5.0
_numbers = itertools.count(int(time.time() * 1000) * 1000)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person sees of one message.

    ``text`` is the reply, empty where there is none; ``failed`` where WeChat shows its notice
    of a failure; ``refused`` is the HTTP status where the request was.
    """

    text: str
    attempts: int
    seconds: float
    failed: bool = False
    refused: int = 0


def text_message(to: str, sender: str, content: str, number: int, now: float) -> str:
    """A person's text as WeChat sends it."""
    safe = content.replace("]]>", "]]]]><![CDATA[>")
    return (
        f"<xml><ToUserName><![CDATA[{to}]]></ToUserName>"
        f"<FromUserName><![CDATA[{sender}]]></FromUserName><CreateTime>{int(now)}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{safe}]]></Content>"
        f"<MsgId>{number}</MsgId></xml>"
    )


def event_message(to: str, name: str, now: float) -> str:
    """An event as WeChat sends it, of nobody in particular."""
    return (
        f"<xml><ToUserName><![CDATA[{to}]]></ToUserName>"
        f"<FromUserName><![CDATA[{name}]]></FromUserName><CreateTime>{int(now)}</CreateTime>"
        f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event></xml>"
    )


@dataclass(frozen=True, slots=True)
class WechatSide:
    """WeChat's server, for one account.

    Args:
        url: where the assistant is.
        entrance: the token and keys that both sides know.
        account: the account's original id.
        patience: seconds that a delivery may take.
        now: the time, for timestamps.
    """

    url: str
    entrance: Entrance
    account: str = "gh_simulated"
    patience: float = PATIENCE
    now: Callable[[], float] = field(default=time.time)

    async def say(self, person: str, text: str) -> Seen:
        """Deliver a person's text until there is a reply; what that person sees.

        Raises:
            httpx.ConnectError: nothing listens there.
        """
        body = text_message(self.account, person, text, next(_numbers), self.now())
        return await self.deliver(body)

    async def deliver(self, body: str) -> Seen:
        """Deliver a message until there is a reply; what its sender sees."""
        query, content = self._signed(body)
        began = time.monotonic()
        async with httpx.AsyncClient(base_url=self.url, timeout=self.patience) as client:
            for attempt in range(1, DELIVERIES + 1):
                try:
                    response = await client.post("/wechat", params=query, content=content)
                except httpx.TimeoutException:
                    continue
                took = time.monotonic() - began
                if response.status_code == 503:
                    continue
                if response.status_code != 200:
                    return Seen("", attempt, took, refused=response.status_code)
                if response.text in ("", "success"):
                    return Seen("", attempt, took)
                return Seen(self._read(response.text), attempt, took)
        return Seen("", DELIVERIES, time.monotonic() - began, failed=True)

    def _signed(self, body: str) -> tuple[dict[str, str], bytes]:
        timestamp, nonce = str(int(self.now())), new_nonce()
        token = self.entrance.token
        query = {"timestamp": timestamp, "nonce": nonce, "signature": sign(token, timestamp, nonce)}
        if self.entrance.keys is None:
            return query, body.encode("utf-8", "replace")
        encrypted = self.entrance.keys.ciphers[0].encrypt(body)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = sign(token, timestamp, nonce, encrypted)
        sealed = f"<xml><ToUserName>{self.account}</ToUserName><Encrypt>{encrypted}</Encrypt></xml>"
        return query, sealed.encode()

    def _read(self, reply: str) -> str:
        fields, _ = read_fields(reply)
        if self.entrance.keys is not None:
            given = (fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
            if sign(self.entrance.token, *given) != fields["MsgSignature"]:
                raise CallbackError("error_callback_forbidden")
            fields, _ = read_fields(self.entrance.keys.decrypt(fields["Encrypt"])[0])
        return fields["Content"]
