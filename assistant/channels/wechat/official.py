"""The official account: what each of its messages and events is answered with."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from assistant.channels.wechat.answerer import labelled
from assistant.channels.wechat.compose import OfficialStyle, choices, fixed_label
from assistant.channels.wechat.deliver import Deliveries
from assistant.channels.wechat.gate import Gate, read_xml
from assistant.channels.wechat.jobs import Jobs
from assistant.channels.wechat.messages import Incoming, text_reply
from assistant.channels.wechat.people import Hasher
from assistant.channels.wechat.send import Sender, push
from assistant.channels.wechat.signature import Query
from assistant.errors import CallbackError
from assistant.resources import load
from assistant.store.wechat import NewJob

log = logging.getLogger(__name__)

CHANNEL = "official"
SILENCE = ""
SUGGESTED = 3
_MEDIA = ("image", "voice", "video", "shortvideo", "location", "link")


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to be answered, typed or tapped; what is said at once is a text."""

    question: str


@dataclass(frozen=True, slots=True)
class OfficialAccount:
    """Answers the official account's callback.

    ``sender`` is there where the account may send customer-service messages; ``account`` is
    its original id, compared where it is set.
    """

    gate: Gate
    jobs: Jobs
    deliveries: Deliveries
    hashed: Hasher
    sender: Sender | None
    account: str

    async def receive(self, query: Query, body: bytes, arrived: float, gone: asyncio.Event) -> str:
        """The body to answer one delivery with; empty where nothing is to be said.

        Raises:
            CallbackError: it is not from WeChat, cannot be read, or is left to be retried.
        """
        opened = self.gate.open_official(query, body)
        message = read_xml(opened)
        if self.account and message.to != self.account:
            log.warning("WeChat: a message for another account was dropped")
            return SILENCE
        if not message.identity:
            log.warning("WeChat: a message without what tells it from others was dropped")
            return SILENCE
        identity = self.hashed("job", CHANNEL, *message.identity)
        try:
            await self.gate.admit(query, identity)
            reply = await self._answer(message, identity, arrived, gone)
        except CallbackError:
            raise
        except Exception as error:
            # Of any kind: the person reads a line instead of WeChat's notice of a failure.
            log.error("WeChat: %s", type(error).__name__)
            reply = _fixed(load("wechat")["busy"])
        if not reply:
            return reply
        xml = text_reply(message, reply, self.jobs.clock.now())
        return self.gate.seal_xml(xml, opened.cipher) if opened.cipher else xml

    async def _answer(
        self, message: Incoming, identity: str, arrived: float, gone: asyncio.Event
    ) -> str:
        person = self.hashed("person", CHANNEL, message.to, message.sender)
        if message.kind == "event":
            asked = await self._event(message, person)
        elif message.kind == "text":
            text = message.content.strip()
            asked = Ask(text) if text else usage()
        elif message.kind in _MEDIA:
            asked = _fixed(_with_choices("unsupported"))
        else:
            log.warning("WeChat: a message of an unknown kind was dropped")
            return SILENCE
        if isinstance(asked, str):
            return asked
        new = NewJob(identity, CHANNEL, person, question=asked.question)
        if asked.question == load("wechat")["collect"]:
            new = await self.deliveries.collecting(new)
        if self.sender is not None and self.sender.permitted:
            await push(self.jobs, self.sender, new, message.sender)
            return SILENCE
        return await self.deliveries.reply(new, arrived, gone)

    async def _event(self, message: Incoming, person: str) -> Ask | str:
        if message.event == "subscribe":
            return welcome()
        if message.event == "unsubscribe":
            await self.jobs.call(self.jobs.store.erase, person)
        elif message.event == "SCAN":
            return usage()
        elif message.event == "CLICK":
            return clicked(message.event_key)
        return SILENCE


def welcome() -> str:
    """What someone reads who begins to follow."""
    return _fixed(_with_choices("welcome"))


def usage() -> str:
    """How to ask."""
    return _fixed(_with_choices("usage"))


def clicked(key: str) -> Ask | str:
    """What a button of the menu says, or the question that it asks."""
    does: dict[str, str] = load("wechat")["clicks"].get(key, {})
    if "question" in does:
        return Ask(does["question"])
    return _fixed(_with_choices(does["text"])) if does else usage()


def _with_choices(name: str) -> str:
    said: dict[str, Any] = load("wechat")
    lead = str(said[name]).format(host=said["host"])
    return choices(lead, tuple(load("suggestions")[:SUGGESTED]), OfficialStyle())


def _fixed(text: str) -> str:
    return labelled(text, fixed_label())
