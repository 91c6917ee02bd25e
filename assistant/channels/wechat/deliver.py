"""Answers on the connection that asked: on whichever of the three deliveries is alive.

WeChat drops a delivery after five seconds and tries again, three times in all. The first two are
held past that where the answer is not there, so that there is another; the last says that it
comes later and offers to collect it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from assistant.channels.wechat.answerer import labelled, more_line
from assistant.channels.wechat.compose import fixed_label
from assistant.channels.wechat.jobs import Jobs
from assistant.channels.wechat.text import say_link
from assistant.errors import CallbackError
from assistant.resources import load
from assistant.store.wechat import Job, NewJob

DELIVERIES = 3
REPLY_WITHIN = 4.5
"""Seconds after arrival up to which an answer is waited for: it must be there before ``LIMIT``."""

LIMIT = 5.0
HELD = 7.0
"""Seconds after arrival when WeChat has surely gone."""

LAST_AFTER = 9.0
"""Seconds after the first delivery from which on there is no other: one may not have reached us."""

WINDOW = 16.0
"""Seconds in which a message may be delivered again."""


class Deliveries:
    """Passive replies."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def reply(self, new: NewJob, arrived: float, gone: asyncio.Event) -> str:
        """The reply to one delivery of a message.

        Args:
            new: the message.
            arrived: when this delivery began.
            gone: set when its connection is closed.

        Raises:
            CallbackError: this one was let run out, so that WeChat delivers again.
        """
        job = await self._jobs.arrive(new)
        wanted = job.refers or job.id
        found = await self._jobs.result(wanted, arrived + REPLY_WITHIN)
        if found is None:  # erased, or kept no longer
            return nothing_pending()
        # A reply into a closed connection is not read; the answer stays to be collected.
        alive = not gone.is_set() and self._jobs.clock.now() < arrived + LIMIT
        if found.done:
            if alive:
                show = self._jobs.store.show
                if not await self._jobs.call(show, found.id, job.part, job.id):
                    return nothing_pending()
            return _part(found, job.part)
        if job.deliveries >= DELIVERIES or arrived - job.created_at >= LAST_AFTER:
            if alive:
                await self._jobs.call(self._jobs.store.hint, found.id)
            return hint()
        await self._jobs.clock.wait(gone, arrived + HELD)
        raise CallbackError("error_callback_late")

    async def collecting(self, new: NewJob) -> NewJob:
        """The message as one that asks for what waits for its sender, or says that nothing does.

        What is still being delivered is not collected; its sender is told to wait.
        """
        now, pending = self._jobs.clock.now(), self._jobs.store.pending
        waiting = await self._jobs.call(pending, new.person, now - WINDOW)
        coming = await self._jobs.call(pending, new.person, now)
        if waiting is None and coming is not None:
            # Its own deliveries may yet bring the answer: it must not be shown twice.
            return replace(new, parts=(hint_text(),), label=fixed_label())
        return collect(new, waiting)


def _part(job: Job, number: int) -> str:
    text = labelled(job.parts[number], job.label)
    return text if number + 1 == len(job.parts) else f"{text}\n{more_line()}"


def nothing_pending() -> str:
    """Says that no answer waits."""
    return labelled(load("wechat")["nothing_pending"], fixed_label())


def hint() -> str:
    """Says that the answer comes later and how to get it."""
    return labelled(hint_text(), fixed_label())


def hint_text() -> str:
    """The same, not labelled yet."""
    said = load("wechat")
    return str(said["hint"]).format(link=say_link(said["collect"]))


def collect(new: NewJob, waiting: Job | None) -> NewJob:
    """The message as one that asks for the next part of ``waiting``."""
    if waiting is None:
        return replace(new, parts=(load("wechat")["nothing_pending"],), label=fixed_label())
    return replace(new, refers=waiting.id, part=waiting.delivered)
