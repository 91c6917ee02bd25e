"""One background job a question: claimed by one worker, and taken over if that one is gone."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from assistant.channels.wechat.clock import Clock
from assistant.channels.wechat.signature import MAX_AGE
from assistant.store.wechat import Job, NewJob, WechatStore

log = logging.getLogger(__name__)

LEASE = 10.0
"""Seconds after which a silent worker's jobs are another's to take."""

DATABASE_WITHIN = 4.0
HEARTBEAT = 3.0
POLL = 0.3
EXPIRE_EVERY = 600.0
KEEP = 48 * 3600.0
"""Seconds that an answer waits to be collected: as long as WeChat lets an account write."""

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Jobs:
    """Starts jobs and waits for them without holding a thread.

    Args:
        store: where jobs are.
        answer: answers one, in a thread; false where the person has left meanwhile.
        clock: the time.
        at_once: how many are answered together; the others wait their turn.
    """

    def __init__(
        self, store: WechatStore, answer: Callable[[Job], bool], clock: Clock, at_once: int
    ) -> None:
        self.store = store
        self.clock = clock
        self.after: dict[str, Callable[[Job], Awaitable[None]]] = {}
        self._answer = answer
        # Not the threads that everything else shares: many questions would take all of them.
        self._limiter = anyio.CapacityLimiter(at_once)
        self._worker = secrets.token_hex(16)
        self._running: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def call(
        self, work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs
    ) -> Result:
        """Do something that waits for the database in a thread.

        Raises:
            TimeoutError: it takes longer than WeChat would wait.
        """
        async with asyncio.timeout(DATABASE_WITHIN):
            return await anyio.to_thread.run_sync(partial(work, *given, **named))

    async def arrive(self, new: NewJob) -> Job:
        """Keep a message, or count that it came again; a question is begun to be answered."""
        job = await self.call(self.store.arrive, new, self.clock.now())
        if not job.done:
            await self._start(job)
        return job

    async def result(self, job: str, until: float) -> Job | None:
        """The job once it is done, or as it is at ``until``; None if it was erased."""
        while True:
            found = await self.call(self.store.get, job)
            now = self.clock.now()
            if found is None or found.done or now >= until:
                return found
            event = self._running.get(job) or await self._start(found)
            if event:
                await self.clock.wait(event, until)
                continue
            # Not to be had: done since it was looked at, or another worker's.
            found = await self.call(self.store.get, job)
            if found is not None and not found.done:
                await self.clock.wait(asyncio.Event(), min(until, now + POLL))

    async def run(self) -> None:
        """Keep this worker's claims, take over those of others that are gone, tidy up."""
        tidied = 0.0
        try:
            while True:
                now = self.clock.now()
                try:
                    if self._running:
                        await self.call(
                            self.store.hold, self._worker, tuple(self._running), now + LEASE
                        )
                    for job in await self.call(self.store.unclaimed, now):
                        await self._start(job)
                    if now - tidied > EXPIRE_EVERY:
                        await self.call(self.store.expire, now - KEEP, now - 2 * MAX_AGE)
                        tidied = now
                except Exception as error:
                    # Of any kind, or one failure would be the last time that it is tried.
                    log.error("WeChat jobs: %s", type(error).__name__)
                await self.clock.wait(asyncio.Event(), now + HEARTBEAT)
        finally:
            await self._stop()

    def background(self, work: Awaitable[None]) -> None:
        """Do something that nobody waits for."""
        task = asyncio.ensure_future(_logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self, job: Job) -> asyncio.Event | None:
        if job.id in self._running:
            return self._running[job.id]
        # Before the claim, which lets others run: one process starts a job once.
        event = self._running[job.id] = asyncio.Event()
        now = self.clock.now()
        claimed = False
        try:
            claimed = await self.call(self.store.claim, job.id, self._worker, now, now + LEASE)
        finally:
            if not claimed:
                del self._running[job.id]
                event.set()  # whoever waits looks again
        if not claimed:
            return None
        self.background(self._work(job, event))
        return event

    async def _work(self, job: Job, event: asyncio.Event) -> None:
        try:
            is_there = await anyio.to_thread.run_sync(self._answer, job, limiter=self._limiter)
        finally:
            self._running.pop(job.id, None)
            event.set()
        after = self.after.get(job.channel)
        found = await self.call(self.store.get, job.id) if after and is_there else None
        if after and found:
            await after(found)

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.call(self.store.release, self._worker)


async def _logged(work: Awaitable[None]) -> None:
    try:
        await work
    except Exception as error:
        log.error("WeChat: %s", type(error).__name__)
