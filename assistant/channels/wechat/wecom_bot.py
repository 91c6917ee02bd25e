"""WeCom's smart bot: a streamed reply that WeCom polls until it is finished."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from assistant.channels.wechat.answerer import labelled
from assistant.channels.wechat.client import ApiError, Server
from assistant.channels.wechat.gate import Gate, read_json
from assistant.channels.wechat.jobs import Jobs
from assistant.channels.wechat.people import Hasher, StaffDirectory
from assistant.channels.wechat.signature import Query
from assistant.errors import CallbackError
from assistant.resources import load
from assistant.store.wechat import Job, NewJob
from assistant.types import Audience

log = logging.getLogger(__name__)

CHANNEL = "bot"
WAIT = 1.0
"""Seconds that a poll waits for the answer."""

STREAM_ENDS = 330.0
"""Seconds after which a stream is finished without its answer: WeCom polls for six minutes."""

_MENTION = re.compile(r"^\s*@\S+\s+")


@dataclass(frozen=True, slots=True)
class WecomBot:
    """Answers a bot's callback."""

    gate: Gate
    jobs: Jobs
    hashed: Hasher
    staff: StaffDirectory
    server: Server

    async def receive(self, query: Query, body: bytes, arrived: float) -> str:
        """The body to answer with; empty where nothing is to be said.

        Raises:
            CallbackError: it is not from WeCom, or cannot be read.
        """
        opened = self.gate.open_json(query, body)
        message = read_json(opened.text)
        try:
            reply = await self._answer(query, message, arrived)
        except CallbackError:
            raise
        except Exception as error:
            # Of any kind: a person reads a line instead of nothing.
            log.error("WeCom bot: %s", type(error).__name__)
            reply = _stream(_text(message, "stream", "id"), load("wechat")["busy"], finish=True)
        if reply is None or opened.cipher is None:
            return ""
        return self.gate.seal_json(reply, opened.cipher)

    async def late(self, job: Job) -> None:
        """Send an answer whose stream was finished without it, once."""
        if not (job.hinted and job.response_url) or job.delivered:
            return
        await self.jobs.call(self.jobs.store.delivered, job.id, len(job.parts))
        content = {"content": labelled(job.parts[0], job.label)}
        body = {"msgtype": "markdown", "markdown": content}
        try:
            await self.server.request("POST", job.response_url, {}, body)
        except ApiError as error:
            log.warning("WeCom did not take a late answer: errcode %d", error.code)

    async def _answer(
        self, query: Query, message: dict[str, object], arrived: float
    ) -> dict[str, Any] | None:
        kind = message.get("msgtype")
        identity = self.hashed("job", CHANNEL, _identity(message))
        if kind == "stream":
            return await self._poll(_text(message, "stream", "id"), arrived)
        await self.gate.admit(query, identity)
        if kind == "event":
            entered = _text(message, "event", "eventtype") == "enter_chat"
            welcome = {"content": load("wechat")["bot"]["welcome"]}
            return {"msgtype": "text", "text": welcome} if entered else None
        alone = message.get("chattype") == "single"
        text = _text(message, "text", "content") if kind == "text" else ""
        text = text if alone else _MENTION.sub("", text)
        said = load("wechat")
        if not text.strip():
            told = said["usage" if kind == "text" else "unsupported"].splitlines()[0]
            return _stream(identity, told, finish=True)
        userid = _text(message, "from", "userid")
        # A group's conversation is the group's: what one asks another may go on from.
        chat = message.get("chatid")
        place = chat if isinstance(chat, str) else ""
        person = self.hashed("person", CHANNEL, place, userid)
        new = NewJob(
            identity, CHANNEL, person, question=text,
            # In a group others read along.
            audience=self.staff.audience(userid) if alone else Audience.RESIDENTS,
            response_url=self._trusted(message.get("response_url")),
        )  # fmt: skip
        await self.jobs.arrive(new)
        return await self._poll(identity, arrived)

    async def _poll(self, stream: str, arrived: float) -> dict[str, Any]:
        said = load("wechat")["bot"]
        job = await self.jobs.result(stream, arrived + WAIT)
        if job is None or job.channel != CHANNEL:
            return _stream(stream, said["over"], finish=True)
        if job.hinted:
            return _stream(stream, _grown(said["late"]), finish=True)
        if job.done:
            await self.jobs.call(self.jobs.store.delivered, job.id, len(job.parts))
            answer = labelled(job.parts[0], job.label)
            return _stream(stream, _grown(answer), finish=True)
        if self.jobs.clock.now() > job.created_at + STREAM_ENDS:
            await self.jobs.call(self.jobs.store.hint, job.id)
            return _stream(stream, _grown(said["late"]), finish=True)
        return _stream(stream, said["looking"], finish=False)

    def _trusted(self, url: object) -> str:
        """The address for a late answer if it is one of WeCom's own, else nothing."""
        if not isinstance(url, str):
            return ""
        asked, own = urlsplit(url), urlsplit(self.server.url)
        return url if (asked.scheme, asked.netloc) == (own.scheme, own.netloc) else ""


def _stream(stream: str, content: str, *, finish: bool) -> dict[str, Any]:
    return {"msgtype": "stream", "stream": {"id": stream, "finish": finish, "content": content}}


def _grown(text: str) -> str:
    """What was shown already, with the text after it: a stream's content only grows."""
    return f"{load('wechat')['bot']['looking']}\n\n{text}"


def _identity(message: dict[str, object]) -> str:
    number = message.get("msgid")
    if isinstance(number, str) and number:
        return number
    return json.dumps(message, sort_keys=True)


def _text(message: dict[str, object], *path: str) -> str:
    found: object = message
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""
