"""A self-built WeCom app: replies empty at once, and sends the answer when it is there."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from assistant.channels.wechat.answerer import labelled
from assistant.channels.wechat.compose import AppStyle, choices, fixed_label
from assistant.channels.wechat.deliver import collect
from assistant.channels.wechat.gate import Gate, read_xml
from assistant.channels.wechat.jobs import Jobs
from assistant.channels.wechat.messages import Incoming
from assistant.channels.wechat.people import Hasher, StaffDirectory
from assistant.channels.wechat.send import Sender, push
from assistant.channels.wechat.signature import Query
from assistant.errors import CallbackError
from assistant.resources import load
from assistant.store.wechat import NewJob

log = logging.getLogger(__name__)

CHANNEL = "app"
SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class WecomApp:
    """Answers a WeCom app's callback."""

    gate: Gate
    jobs: Jobs
    hashed: Hasher
    sender: Sender
    staff: StaffDirectory
    corp_id: str

    async def receive(self, query: Query, body: bytes) -> None:
        """Take one delivery of a message; its answer is sent by itself.

        Raises:
            CallbackError: it is not from WeCom, or cannot be read.
        """
        message = read_xml(self.gate.open_xml(query, body))
        if message.to != self.corp_id or not message.identity:
            log.warning("WeCom: a message without what tells it from others was dropped")
            return
        try:
            await self._take(query, message)
        except CallbackError:
            raise
        except Exception as error:
            # Of any kind: the person reads a line instead of nothing.
            log.error("WeCom: %s", type(error).__name__)
            busy = labelled(load("wechat")["busy"], fixed_label())
            self.jobs.background(self.sender.say(busy, message.sender))

    async def _take(self, query: Query, message: Incoming) -> None:
        identity = self.hashed("job", CHANNEL, *message.identity)
        await self.gate.admit(query, identity)
        person = self.hashed("person", CHANNEL, message.to, message.sender)
        if message.kind == "event":
            if message.event == "unsubscribe":
                await self.jobs.call(self.jobs.store.erase, person)
            return
        new = await self._new(message, identity, person)
        await push(self.jobs, self.sender, new, message.sender)

    async def _new(self, message: Incoming, identity: str, person: str) -> NewJob:
        audience = self.staff.audience(message.sender)
        text = message.content.strip() if message.kind == "text" else ""
        new = NewJob(identity, CHANNEL, person, question=text, audience=audience)
        if text == load("wechat")["collect"]:
            now = self.jobs.clock.now()
            return collect(new, await self.jobs.call(self.jobs.store.pending, person, now))
        if text:
            return new
        lead = load("wechat")["usage" if message.kind == "text" else "unsupported"]
        told = choices(lead, tuple(load("suggestions")[:SUGGESTED]), AppStyle())
        return NewJob(identity, CHANNEL, person, parts=(told,), label=fixed_label())


@dataclass(frozen=True, slots=True)
class AppMessage:
    """Makes the body of a message that the app sends."""

    agent: int

    def __call__(self, person: str, text: str) -> object:
        """The body."""
        return {
            "touser": person,
            "msgtype": "text",
            "agentid": self.agent,
            "text": {"content": text},
        }
