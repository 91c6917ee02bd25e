"""The time of day and waiting for it, in one place so that tests need not wait."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time in seconds since 1970 and waits."""

    def now(self) -> float:
        """The time."""

    async def wait(self, event: asyncio.Event, until: float) -> bool:
        """Wait for ``event``, at most ``until``; whether it came."""


class SystemClock:
    """The machine's own."""

    def now(self) -> float:
        """The time."""
        return time.time()

    async def wait(self, event: asyncio.Event, until: float) -> bool:
        """Wait for ``event``, at most ``until``; whether it came."""
        try:
            async with asyncio.timeout(max(0.0, until - time.time())):
                return await event.wait()
        except TimeoutError:
            return False
