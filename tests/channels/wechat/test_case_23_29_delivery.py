"""Cases 23 to 29: five seconds, three deliveries, and whose answer it is.

The clock is moved by the tests; connections are closed as WeChat closes them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import httpx
import pytest

from assistant.channels.wechat.deliver import HELD, LIMIT, REPLY_WITHIN, WINDOW
from assistant.channels.wechat.simulate import text_message
from assistant.resources import load
from tests.channels.wechat.support import (
    ACCOUNT,
    ALLOWANCE,
    ALLOWANCE_ANSWER,
    BUS,
    BUS_ANSWER,
    Running,
    content,
    dropped,
    event,
    numbers,
)

SAID = load("wechat")
STARTS = (0.0, 5.0, 10.0)
COLLECT = "weixin://bizmsgmenu?msgmenucontent=继续&msgmenuid=1"


def text(site: Running, person: str, said: str, number: int | None = None) -> str:
    """A text message."""
    return text_message(ACCOUNT, person, said, number or next(numbers), site.clock.now())


@contextlib.contextmanager
def held(site: Running, question: str, ready: float) -> Iterator[None]:
    """The answer comes at ``ready``; whatever happens the thread that waits for it is let go."""
    site.service.ready[question] = ready
    try:
        yield
    finally:
        site.clock.to(ready)


async def three(
    site: Running, message: str, ready: float, drop_all: bool = False
) -> list[tuple[int, float, str]]:
    """Deliver as WeChat does: what was shown, by which delivery, how long after it began."""
    query = site.query()
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as client:
        for number, start in enumerate(STARTS, 1):
            site.clock.to(start)
            post = client.post("/wechat", params=query, content=message.encode())
            task = asyncio.create_task(post)
            await site.clock.someone_waits(start + REPLY_WITHIN, unless=task)
            if drop_all:
                await dropped(task)
                continue
            if start < ready < start + REPLY_WITHIN:
                site.clock.to(ready)
            elif ready > start:
                site.clock.to(start + REPLY_WITHIN)
                await site.clock.someone_waits(start + HELD, unless=task)
                if not task.done():
                    site.clock.to(min(max(ready, start + REPLY_WITHIN), start + LIMIT))
                    site.clock.to(start + LIMIT)
                    await dropped(task)
                    continue
            response = await task
            took = site.clock.now() - (site.clock.began + start)
            assert response.status_code == 200
            return [(number, took, content(response.text))]
    return []


def test_case_23_three_deliveries_ask_once_and_the_third_is_answered_in_time(
    plain: Running,
) -> None:
    message = text(plain, "p-23", BUS)
    with held(plain, BUS, 60.0):
        [(number, took, reply)] = asyncio.run(three(plain, message, 60.0))
        assert plain.service.asked == [BUS]
    assert (number, took) == (3, REPLY_WITHIN)
    assert COLLECT in reply


@pytest.mark.parametrize(
    ("ready", "delivery"), [(0.5, 1), (4.4, 1), (4.6, 2), (4.9, 2), (7.0, 2), (12.0, 3), (14.4, 3)]
)
def test_case_24_an_answer_is_shown_once_on_a_delivery_that_is_alive(
    plain: Running, ready: float, delivery: int
) -> None:
    message = text(plain, f"p-24-{ready}", BUS)
    with held(plain, BUS, ready):
        [(number, took, reply)] = asyncio.run(three(plain, message, ready))
    assert number == delivery
    assert took < LIMIT
    assert BUS_ANSWER in reply
    assert plain.service.asked == [BUS]
    assert plain.ask(f"p-24-{ready}", SAID["collect"]).startswith(SAID["nothing_pending"])


def test_case_25_a_late_answer_is_hinted_at_collected_once_and_then_gone(plain: Running) -> None:
    message = text(plain, "p-25", BUS)
    with held(plain, BUS, 20.0):
        [(number, _, reply)] = asyncio.run(three(plain, message, 20.0))
        assert number == 3
        assert reply.startswith(SAID["hint"][:4])
        assert f'<a href="{COLLECT}">继续</a>' in reply
    assert BUS_ANSWER in plain.ask("p-25", SAID["collect"])
    assert plain.ask("p-25", SAID["collect"]).startswith(SAID["nothing_pending"])
    assert plain.service.asked == [BUS]


def test_case_25_collecting_too_early_waits_for_the_answer(plain: Running) -> None:
    async def collected() -> str:
        plain.clock.to(15.0)
        wanted = text(plain, "p-25b", SAID["collect"])
        async with httpx.AsyncClient(base_url=plain.url, timeout=60) as client:
            post = client.post("/wechat", params=plain.query(), content=wanted.encode())
            task = asyncio.create_task(post)
            await plain.clock.someone_waits(15.0 + REPLY_WITHIN, unless=task)
            plain.clock.to(18.0)
            return content((await task).text)

    with held(plain, BUS, 18.0):
        asyncio.run(three(plain, text(plain, "p-25b", BUS), 18.0))
        assert BUS_ANSWER in asyncio.run(collected())
    assert plain.service.asked == [BUS]


def test_case_25_collecting_twice_before_it_is_there_shows_it_once(plain: Running) -> None:
    async def collected() -> list[str]:
        plain.clock.to(15.0)
        until = 15.0 + REPLY_WITHIN
        async with httpx.AsyncClient(base_url=plain.url, timeout=60) as client:
            tasks = []
            for number in (1, 2):
                wanted = text(plain, "p-25f", SAID["collect"]).encode()
                post = client.post("/wechat", params=plain.query(), content=wanted)
                tasks.append(asyncio.create_task(post))
                await plain.clock.someone_waits(until, unless=tasks[-1], count=number)
            plain.clock.to(18.0)
            return [content((await task).text) for task in tasks]

    with held(plain, BUS, 18.0):
        asyncio.run(three(plain, text(plain, "p-25f", BUS), 18.0))
        replies = sorted(asyncio.run(collected()), key=lambda reply: BUS_ANSWER in reply)
    assert replies[0].startswith(SAID["nothing_pending"])
    assert BUS_ANSWER in replies[1]
    assert plain.service.asked == [BUS]


def test_case_25_a_repeated_collection_gets_the_same_answer(plain: Running) -> None:
    with held(plain, BUS, 20.0):
        asyncio.run(three(plain, text(plain, "p-25c", BUS), 20.0))
    query, message = plain.query(), text(plain, "p-25c", SAID["collect"])
    first, again = (content(plain.post(message, query).text) for _ in range(2))
    assert BUS_ANSWER in first
    assert again == first


def test_case_25_what_is_still_being_delivered_is_not_said_to_be_nothing(plain: Running) -> None:
    message, query = text(plain, "p-25d", BUS), plain.query()

    async def first_delivery() -> None:
        async with httpx.AsyncClient(base_url=plain.url, timeout=60) as client:
            post = client.post("/wechat", params=query, content=message.encode())
            task = asyncio.create_task(post)
            await plain.clock.someone_waits(REPLY_WITHIN, unless=task)
            await dropped(task)

    with held(plain, BUS, 8.0):
        asyncio.run(first_delivery())
        plain.clock.to(7.0)
        early = plain.ask("p-25d", SAID["collect"])
        plain.clock.to(8.0)
        assert BUS_ANSWER in content(plain.post(message, query).text)
    assert early.startswith(SAID["hint"][:4])
    assert plain.ask("p-25d", SAID["collect"]).startswith(SAID["nothing_pending"])
    assert plain.service.asked == [BUS]


def test_case_25_the_last_delivery_is_answered_where_one_before_it_was_lost(plain: Running) -> None:
    """As during a restart: two deliveries came, and WeChat will not try again."""
    message, query = text(plain, "p-25e", BUS), plain.query()

    async def two() -> httpx.Response:
        async with httpx.AsyncClient(base_url=plain.url, timeout=60) as client:
            for start in (STARTS[0], STARTS[2]):
                plain.clock.to(start)
                post = client.post("/wechat", params=query, content=message.encode())
                task = asyncio.create_task(post)
                await plain.clock.someone_waits(start + REPLY_WITHIN, unless=task)
                if start == STARTS[0]:
                    await dropped(task)
            plain.clock.to(STARTS[2] + REPLY_WITHIN)
            await plain.clock.someone_waits(STARTS[2] + HELD, unless=task)
            plain.clock.to(STARTS[2] + HELD)  # where it is taken for one that is tried again
            return await task

    with held(plain, BUS, 20.0):
        response = asyncio.run(two())
    assert response.status_code == 200
    assert content(response.text).startswith(SAID["hint"][:4])
    assert BUS_ANSWER in plain.ask("p-25e", SAID["collect"])
    assert plain.service.asked == [BUS]


def test_case_26_an_answer_that_nobody_could_read_stays_to_be_collected(plain: Running) -> None:
    message = text(plain, "p-26", BUS)
    with held(plain, BUS, 11.0):
        assert asyncio.run(three(plain, message, 11.0, drop_all=True)) == []
    plain.clock.to(WINDOW + 1.0)
    assert BUS_ANSWER in plain.ask("p-26", SAID["collect"])
    assert plain.ask("p-26", SAID["collect"]).startswith(SAID["nothing_pending"])
    assert plain.service.asked == [BUS]


def test_case_27_a_question_during_another_gets_its_own_answer(plain: Running) -> None:
    async def both() -> tuple[str, str]:
        async with httpx.AsyncClient(base_url=plain.url, timeout=60) as client:

            async def post(message: str, query: dict[str, str]) -> str:
                response = await client.post("/wechat", params=query, content=message.encode())
                return content(response.text)

            first = (text(plain, "p-27", BUS), plain.query())
            task = asyncio.create_task(post(*first))
            await plain.clock.someone_waits(REPLY_WITHIN, unless=task)
            reply = await post(text(plain, "p-27", ALLOWANCE), plain.query())
            plain.clock.to(3.0)
            return await task, reply

    with held(plain, BUS, 3.0):
        bus, allowance = asyncio.run(both())
    assert BUS_ANSWER in bus
    assert ALLOWANCE_ANSWER not in bus
    assert ALLOWANCE_ANSWER in allowance
    assert BUS_ANSWER not in allowance


def test_case_27_what_is_collected_is_never_another_questions_answer(plain: Running) -> None:
    with held(plain, BUS, 40.0):
        asyncio.run(three(plain, text(plain, "p-27b", BUS), 40.0))
        assert ALLOWANCE_ANSWER in plain.ask("p-27b", ALLOWANCE)
    reply = plain.ask("p-27b", SAID["collect"])
    assert BUS_ANSWER in reply
    assert ALLOWANCE_ANSWER not in reply


def test_case_28_two_people_with_the_same_number_are_both_answered(plain: Running) -> None:
    number = next(numbers)
    one = content(plain.post(text(plain, "p-28-a", BUS, number)).text)
    other = content(plain.post(text(plain, "p-28-b", ALLOWANCE, number)).text)
    assert BUS_ANSWER in one
    assert ALLOWANCE_ANSWER in other
    assert plain.service.asked == [BUS, ALLOWANCE]


def test_case_29_a_repeated_event_acts_once_and_two_in_one_second_both(plain: Running) -> None:
    created = plain.clock.now()
    click = event("p-29", "CLICK", "POPULATION", created)
    query = plain.query()
    first, again = (content(plain.post(click, query).text) for _ in range(2))
    assert first == again != ""
    other = content(plain.post(event("p-29", "CLICK", "BUS", created)).text)
    assert other not in ("", first)
    clicks = SAID["clicks"]
    assert plain.service.asked == [clicks["POPULATION"]["question"], clicks["BUS"]["question"]]
