"""Waiting with the machine's own clock, and a database that does not answer."""

from __future__ import annotations

import asyncio
import threading

import pytest

from assistant.channels.wechat import jobs
from assistant.channels.wechat.clock import SystemClock
from assistant.resources import load
from tests.channels.wechat.support import BUS, Running


def test_waiting_ends_with_the_event_or_with_the_time() -> None:
    async def both() -> tuple[bool, bool, bool]:
        clock = SystemClock()
        set_already, never = asyncio.Event(), asyncio.Event()
        set_already.set()
        return (
            await clock.wait(set_already, clock.now() + 60.0),
            await clock.wait(never, clock.now() - 1.0),
            await clock.wait(never, clock.now() + 0.01),
        )

    assert asyncio.run(both()) == (True, False, False)


def test_a_database_that_hangs_leaves_nobody_waiting(
    plain: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()

    def hang(*_: object) -> None:
        over.wait(60)

    assert jobs.DATABASE_WITHIN < 4.5
    monkeypatch.setattr(jobs, "DATABASE_WITHIN", 0.05)
    monkeypatch.setattr(plain.jobs.store, "arrive", hang)
    try:
        assert plain.ask("p-hang", BUS).startswith(load("wechat")["busy"])
    finally:
        over.set()
