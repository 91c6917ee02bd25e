"""Sends answers by themselves, as customer-service or app messages; what fails stays collectable."""

from __future__ import annotations

import logging
from collections.abc import Callable

from assistant.channels.wechat.answerer import labelled
from assistant.channels.wechat.client import Api, ApiError
from assistant.channels.wechat.jobs import Jobs
from assistant.channels.wechat.text import link, split
from assistant.resources import load
from assistant.store.wechat import Job, NewJob

log = logging.getLogger(__name__)

SENDS = 5
"""Messages that WeChat lets an account send after one of a person's."""

TOO_LONG = 45002
NO_PERMISSION = 48001
_SMALLEST = 100


class Sender:
    """Sends the parts of answers.

    Args:
        jobs: notes what was shown.
        api: WeChat's server.
        path: the call that sends.
        message: the call's body for a person and a text.
        public_url: where the whole answer can be read.
    """

    def __init__(
        self,
        jobs: Jobs,
        api: Api,
        path: str,
        message: Callable[[str, str], object],
        public_url: str,
    ) -> None:
        self.permitted = True
        self._jobs = jobs
        self._api = api
        self._path = path
        self._message = message
        self._public_url = public_url
        # Kept in memory only, until the answer is sent: after a restart it waits to be collected.
        self._people: dict[str, str] = {}

    def expect(self, job: str, person: str) -> None:
        """Remember to whom the answer of a job goes."""
        self._people[job] = person

    async def finished(self, job: Job) -> None:
        """Send an answer that is there now to whom it was remembered for."""
        person = self._people.pop(job.id, "")
        if person:
            await self.send(job, person)

    async def say(self, text: str, person: str) -> None:
        """Send a text that is no answer."""
        try:
            await self._send(text, person)
        except ApiError as error:
            self._note(error)

    async def send(self, job: Job, person: str) -> None:
        """Send what a person has not seen of an answer; stops where WeChat refuses."""
        rest = list(job.parts[job.delivered :])
        shown = job.delivered
        sends = 0
        while rest:
            part = rest.pop(0)
            last = sends == SENDS - 1 and bool(rest)
            try:
                text = self._links_out() if last else part
                await self._send(labelled(text, job.label), person)
            except ApiError as error:
                room = len(part.encode()) // 2
                if error.code == TOO_LONG and room >= _SMALLEST and not last:
                    rest[:0] = split(part, room)
                    continue
                self._note(error)
                return
            sends += 1
            if last:
                rest = []
            shown = max(shown, len(job.parts) - len(rest))
            await self._jobs.call(self._jobs.store.delivered, job.id, shown)

    async def _send(self, text: str, person: str) -> None:
        await self._api.call("POST", self._path, self._message(person, text))

    def _links_out(self) -> str:
        said = load("wechat")
        if not self._public_url:
            return str(said["rest_without_link"])
        return f"{said['rest']}{link(self._public_url, self._public_url)}"

    def _note(self, error: ApiError) -> None:
        log.warning("WeChat did not take an answer: errcode %d; it is kept", error.code)
        if error.code == NO_PERMISSION:
            self.permitted = False


def customer_service(person: str, text: str) -> object:
    """The body of a customer-service message."""
    return {"touser": person, "msgtype": "text", "text": {"content": text}}


async def push(jobs: Jobs, sender: Sender, new: NewJob, person: str) -> None:
    """Take a message; its answer is sent once it is there."""
    job = await jobs.arrive(new)
    if job.deliveries > 1:
        return
    if job.parts:
        jobs.background(sender.say(labelled(job.parts[0], job.label), person))
        return
    wanted = job.refers or job.id
    sender.expect(wanted, person)
    found = await jobs.call(jobs.store.get, wanted)
    if found and found.done:
        # Before it was expected; whichever comes first sends it.
        jobs.background(sender.finished(found))
