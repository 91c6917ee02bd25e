"""WeChat's XML, in and out; what is in it is trusted by no one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from assistant.errors import CallbackError

_DEPTH = 8
_FIELDS = 100
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NOT_XML.sub("", text)


class _Fields:
    """Takes down the elements below the root; builds no tree, so that none can be too deep."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.repeated = False
        self._depth = 0
        self._text: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth > _DEPTH or attributes or (self._depth == 1 and tag != "xml"):
            raise CallbackError("error_callback_malformed")
        self._text = []

    def data(self, data: str) -> None:
        """Text."""
        if self._depth == 2:
            self._text.append(data)

    def end(self, tag: str) -> None:
        """An element ends."""
        if self._depth == 2:
            self.repeated = self.repeated or tag in self.values
            self.values[tag] = "".join(self._text)
            if len(self.values) > _FIELDS:
                raise CallbackError("error_callback_malformed")
        self._depth -= 1

    def close(self) -> None:
        """The end of the text."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message or an event as it was sent; a field that is missing is empty."""

    to: str
    sender: str
    kind: str
    id: str
    created: str
    content: str
    event: str
    event_key: str
    repeated: bool

    @property
    def identity(self) -> tuple[str, ...]:
        """What is the same for every delivery of it; empty where it has no usable one.

        MsgIds of different people have been the same, and two events fall into one second.
        """
        if self.repeated or not (self.kind and self.sender):
            return ()
        event = self.kind == "event"
        number = self.created if event else self.id
        if not (number.isascii() and number.isdigit()):
            return ()
        pair = (self.to, self.sender, number)
        return (*pair, self.event, self.event_key) if event else pair


def read_fields(body: bytes | str) -> tuple[dict[str, str], bool]:
    """The fields of a message, and whether one stands twice.

    Raises:
        CallbackError: it is no such XML, or more than a message needs.
    """
    try:
        text = body.decode() if isinstance(body, bytes) else body
        fields = _Fields()
        parser = DefusedXMLParser(target=fields, forbid_dtd=True)
        parser.feed(clean(text))
        parser.close()
    except (ParseError, DefusedXmlException, UnicodeError) as error:
        raise CallbackError("error_callback_malformed") from error
    return fields.values, fields.repeated


def read_message(body: bytes | str) -> Incoming:
    """A message.

    Raises:
        CallbackError: it cannot be read.
    """
    fields, repeated = read_fields(body)
    return Incoming(
        to=fields.get("ToUserName", ""),
        sender=fields.get("FromUserName", ""),
        kind=fields.get("MsgType", ""),
        id=fields.get("MsgId", ""),
        created=fields.get("CreateTime", ""),
        content=fields.get("Content", ""),
        event=fields.get("Event", ""),
        event_key=fields.get("EventKey", ""),
        repeated=repeated,
    )


def text_reply(message: Incoming, text: str, now: float) -> str:
    """The answer to a message, to be sent back on the same connection."""
    return (
        f"<xml><ToUserName>{_cdata(message.sender)}</ToUserName>"
        f"<FromUserName>{_cdata(message.to)}</FromUserName>"
        f"<CreateTime>{int(now)}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{_cdata(text)}</Content></xml>"
    )


def sealed_reply(encrypted: str, signature: str, timestamp: str, nonce: str) -> str:
    """An encrypted answer."""
    return (
        f"<xml><Encrypt>{_cdata(encrypted)}</Encrypt>"
        f"<MsgSignature>{_cdata(signature)}</MsgSignature>"
        f"<TimeStamp>{timestamp}</TimeStamp><Nonce>{_cdata(nonce)}</Nonce></xml>"
    )


def _cdata(text: str) -> str:
    return f"<![CDATA[{clean(text).replace(']]>', ']]]]><![CDATA[>')}]]>"
