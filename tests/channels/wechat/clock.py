"""A clock that only moves when a test moves it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable

LIMIT = 60.0
"""Real seconds after which a test gives up; on any machine less is needed."""


class ManualClock:
    """Tells a time that a test sets; what waits for a time is woken when it comes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._now = time.time()
        self.began = self._now
        self._waiters: dict[object, tuple[float, Callable[[], None]]] = {}

    def now(self) -> float:
        """The time."""
        return self._now

    async def wait(self, event: asyncio.Event, until: float) -> bool:
        """Wait for ``event``, at most ``until``; whether it came."""
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        key = object()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # its loop has ended
                loop.call_soon_threadsafe(woken.set)

        with self._changed:
            if until > self._now:
                self._waiters[key] = (until, wake)
            else:
                woken.set()
            self._changed.notify_all()
        waits = [asyncio.ensure_future(e.wait()) for e in (event, woken)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
            with self._changed:
                self._waiters.pop(key, None)
        return event.is_set()

    # --- for tests

    def restart(self) -> None:
        """Let seconds be counted from now, long after what was before."""
        with self._changed:
            self.began = self._now + 100.0
        self.to(0.0)

    def to_the_machines(self) -> None:
        """Go to the machine's time, for what looks at that, and count from there."""
        with self._changed:
            # Possibly back: the tests before have let much time pass.
            self._now = self.began = time.time()
        self.to(0.0)

    def to(self, seconds: float) -> None:
        """Go to so many seconds after the last restart."""
        with self._changed:
            self._now = max(self._now, self.began + seconds)
            due = [wake for until, wake in self._waiters.values() if until <= self._now]
            self._changed.notify_all()
        for wake in due:
            wake()

    def some_time_passes(self, most: float) -> None:
        """Go on to the next time that something waits for, at most to ``most``."""
        with self._changed:
            times = [until - self.began for until, _ in self._waiters.values()]
        ahead = [t for t in times if self._now - self.began < t <= most]
        if ahead:
            self.to(min(ahead))

    def block(self, seconds: float) -> None:
        """Hold a thread until so many seconds after the last restart."""
        with self._changed:
            until = self.began + seconds
            assert self._changed.wait_for(lambda: self._now >= until, LIMIT)

    def until_waited_for(self, seconds: float) -> None:
        """Come back when something waits until then."""
        with self._changed:
            until = self.began + seconds
            assert self._changed.wait_for(
                lambda: any(abs(u - until) < 1e-3 for u, _ in self._waiters.values()), LIMIT
            )

    async def someone_waits(
        self, seconds: float, *, unless: asyncio.Future[object], count: int = 1
    ) -> None:
        """Come back when so many wait until then, or ``unless`` is done."""

        def look() -> None:
            with self._changed:
                until = self.began + seconds
                self._changed.wait_for(
                    lambda: (
                        unless.done()
                        or sum(abs(u - until) < 1e-3 for u, _ in self._waiters.values()) >= count
                    ),
                    LIMIT,
                )

        def done(_: object) -> None:
            with self._changed:
                self._changed.notify_all()

        unless.add_done_callback(done)
        await asyncio.to_thread(look)
