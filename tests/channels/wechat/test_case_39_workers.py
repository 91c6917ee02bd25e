"""Case 39: a retry that reaches another worker, or comes after a restart, finds the same job."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import httpx
import pytest

from assistant.channels.wechat.deliver import REPLY_WITHIN
from assistant.channels.wechat.jobs import LEASE, Jobs
from assistant.channels.wechat.people import KEY_FILE, Hasher, load_key
from assistant.channels.wechat.simulate import text_message
from assistant.segment import Segmenter
from assistant.store.database import open_database
from assistant.store.wechat import Job, NewJob, WechatStore
from tests.channels.wechat.clock import ManualClock
from tests.channels.wechat.support import (
    ACCOUNT,
    BUS,
    BUS_ANSWER,
    OFFICIAL,
    Running,
    content,
    dropped,
    numbers,
    running,
)

HASHED = Hasher(OFFICIAL["wechat_hash_key"].encode())


def message(site: Running, person: str, number: int) -> str:
    """A question."""
    return text_message(ACCOUNT, person, BUS, number, site.clock.now())


def test_case_39_a_retry_at_another_worker_gets_the_answer_of_the_first(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    clock = ManualClock()

    async def deliver(first: Running, second: Running) -> str:
        body, query = message(first, "p-39", next(numbers)).encode(), first.query()
        async with httpx.AsyncClient(timeout=60) as client:
            task = asyncio.create_task(
                client.post(f"{first.url}/wechat", params=query, content=body)
            )
            await clock.someone_waits(REPLY_WITHIN, unless=task)
            await dropped(task)
            retry = asyncio.create_task(
                client.post(f"{second.url}/wechat", params=query, content=body)
            )
            # It looks whether the other worker is done, now and again.
            while not retry.done():
                await asyncio.to_thread(clock.some_time_passes, 4.0)
                await asyncio.wait([retry], timeout=0.05)
            return content((await retry).text)

    with (
        running(tmp_path, segmenter, clock, OFFICIAL) as first,
        running(tmp_path, segmenter, clock, OFFICIAL) as second,
    ):
        clock.restart()
        first.service.ready[BUS] = 2.0
        assert BUS_ANSWER in asyncio.run(deliver(first, second))
        assert first.service.asked == [BUS]
        assert second.service.asked == []


def test_case_39_a_question_is_taken_over_from_a_worker_that_is_gone(plain: Running) -> None:
    number = next(numbers)
    store = plain.assembly.wechat_store
    job = HASHED("job", "official", ACCOUNT, "p-39-b", str(number))
    person = HASHED("person", "official", ACCOUNT, "p-39-b")
    now = plain.clock.now()
    store.arrive(NewJob(job, "official", person, question=BUS), now)
    assert store.claim(job, "killed", now, now + LEASE)
    assert not store.claim(job, "another", now, now + LEASE)
    plain.clock.to(LEASE + 1.0)
    assert BUS_ANSWER in content(plain.post(message(plain, "p-39-b", number)).text)
    found = store.get(job)
    assert found is not None
    assert found.deliveries == 2
    assert found.question == "", "kept no longer than it is needed"


def test_case_39_a_retry_after_a_restart_gets_the_same_answer(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    clock, number = ManualClock(), next(numbers)
    with running(tmp_path, segmenter, clock, OFFICIAL) as site:
        body, query = message(site, "p-39-c", number), site.query()
        before = content(site.post(body, query).text)
    with running(tmp_path, segmenter, clock, OFFICIAL) as site:
        assert content(site.post(body, query).text) == before
        assert site.service.asked == []
    assert BUS_ANSWER in before


def test_case_39_a_question_that_was_cut_off_by_a_restart_is_answered_after_it(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    clock = ManualClock()

    async def cut_off(site: Running, body: str, query: dict[str, str]) -> None:
        async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
            post = client.post("/wechat", params=query, content=body.encode())
            task = asyncio.create_task(post)
            await clock.someone_waits(REPLY_WITHIN, unless=task)
            await dropped(task)

    with running(tmp_path, segmenter, clock, OFFICIAL) as site:
        clock.restart()
        site.service.ready[BUS] = 1e6
        body, query = message(site, "p-39-d", next(numbers)), site.query()
        asyncio.run(cut_off(site, body, query))
    with running(tmp_path, segmenter, clock, OFFICIAL) as again:
        # Ended like this it may not have given up its claim, which then ends by itself.
        clock.to(LEASE + 1.0)
        assert BUS_ANSWER in content(again.post(body, query).text)
        site.service.ready[BUS] = 0.0
        clock.to(1e6)


class LateLook(WechatStore):
    """Looks at a job, and tells what it saw only once another has finished it."""

    late = True

    def get(self, job: str) -> Job | None:
        """The job as it was before."""
        found = super().get(job)
        if self.late and found is not None:
            self.late = False
            self.claim(job, "another", 0.0, LEASE)
            self.finish(found, ("答",), "", None)
        return found


def test_case_39_an_answer_that_is_there_in_the_moment_of_looking_is_not_waited_for(
    tmp_path: Path,
) -> None:
    # Time stands still: whoever waits for it to pass waits for ever.
    clock = ManualClock()
    store = LateLook(open_database(f"sqlite:///{tmp_path / 'jobs.db'}"))
    jobs = Jobs(store, lambda _: True, clock, at_once=1)
    store.arrive(NewJob("job", "official", "person", question=BUS), clock.now())

    async def look() -> Job | None:
        async with asyncio.timeout(60):
            return await jobs.result("job", clock.now() + REPLY_WITHIN)

    found = asyncio.run(look())
    assert found is not None
    assert found.parts == ("答",)


def test_the_key_of_the_hashes_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    made = load_key("", tmp_path / "data")
    path = tmp_path / "data" / KEY_FILE
    assert load_key("", tmp_path / "data") == made
    assert len(made) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == [KEY_FILE]
    assert load_key("given", tmp_path / "data") == b"given"
    assert repr(made) not in repr(Hasher(made))


@pytest.mark.parametrize(("one", "other"), [(("ab", "c"), ("a", "bc")), (("a", ""), ("a",))])
def test_hashed_parts_do_not_run_into_one_another(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    hashed = Hasher(b"k")
    assert hashed(*one) != hashed(*other)
    assert Hasher(b"other")(*one) != hashed(*one)
