"""Cases 37 and 38: one token however many ask, and what each errcode leads to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assistant.channels.wechat.client import (
    BREAK,
    QUOTA,
    UNREACHABLE,
    Api,
    ApiError,
    OfficialTokens,
    Server,
)
from assistant.channels.wechat.send import SENDS, Sender, customer_service
from assistant.channels.wechat.text import size
from assistant.resources import load
from assistant.store.wechat import Job
from assistant.types import Audience
from tests.channels.wechat.clock import ManualClock
from tests.channels.wechat.servers import FakeWechatApi
from tests.channels.wechat.support import (
    ALLOWANCE,
    ALLOWANCE_ANSWER,
    BUS,
    BUS_ANSWER,
    Running,
    event,
    settled,
)

SEND = "/cgi-bin/message/custom/send"
TOKEN = "/cgi-bin/stable_token"  # noqa: S105 - a path
SAID = load("wechat")


@contextmanager
def caller(url: str) -> Iterator[tuple[asyncio.Runner, Api, ManualClock]]:
    """A caller of the API, and the loop that it lives in."""
    clock = ManualClock()
    with asyncio.Runner() as runner:
        api = Api(Server(url, clock), OfficialTokens("wx1", "the-secret"))
        try:
            yield runner, api, clock
        finally:
            runner.run(api.close())


async def send(api: Api, text: str = "水") -> int:
    """Send a message; the errcode."""
    try:
        await api.call("POST", SEND, customer_service("p", text))
    except ApiError as error:
        return error.code
    return 0


def test_case_37_twenty_at_once_fetch_one_token_and_try_once_more_each(
    api: FakeWechatApi, api_url: str
) -> None:
    async def many(caller: Api) -> list[int]:
        return await asyncio.gather(*(send(caller) for _ in range(20)))

    with caller(api_url) as (runner, called, _):
        assert runner.run(many(called)) == [0] * 20
        assert api.count() == {TOKEN: 1, SEND: 20}
        api.expire()
        api.calls.clear()
        assert runner.run(many(called)) == [0] * 20
        assert api.count() == {TOKEN: 1, SEND: 40}


def test_case_37_a_token_refused_twice_is_not_asked_for_a_third_time(
    api: FakeWechatApi, api_url: str
) -> None:
    with caller(api_url) as (runner, called, _):
        api.refusals[SEND] = [40001, 40014]
        assert runner.run(send(called)) == 40014
        assert api.count()[SEND] == 2
        # The same token again, so that a new one was forced.
        assert [body["force_refresh"] for path, body in api.calls if path == TOKEN] == [
            False, False, True,
        ]  # fmt: skip
        api.refusals[SEND] = [40001]
        assert runner.run(send(called)) == 0
        assert api.count()[TOKEN] == 4, "forced again within thirty seconds"


def test_case_37_a_token_is_renewed_before_it_ends(api: FakeWechatApi, api_url: str) -> None:
    with caller(api_url) as (runner, called, clock):
        assert runner.run(send(called)) == 0
        clock.to(6000.0)
        assert runner.run(send(called)) == 0
        assert api.count()[TOKEN] == 1
        clock.to(7000.0)
        assert runner.run(send(called)) == 0
        assert api.count()[TOKEN] == 2


def test_case_38_a_used_up_quota_stops_all_sending_for_a_while(
    api: FakeWechatApi, api_url: str
) -> None:
    with caller(api_url) as (runner, called, clock):
        api.refusals[SEND] = [QUOTA]
        assert [runner.run(send(called)) for _ in range(5)] == [QUOTA] * 5
        assert api.count()[SEND] == 1
        clock.to(BREAK + 1)
        assert runner.run(send(called)) == 0


def test_text_goes_out_as_characters_and_not_as_escapes(api: FakeWechatApi, api_url: str) -> None:
    with caller(api_url) as (runner, called, _):
        assert runner.run(send(called, "水𠀀\ud800")) == 0
    assert "水𠀀?".encode() in api.raw[-1]
    assert b"\\u" not in api.raw[-1]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[", "https://127.0.0.1:9"])
def test_a_server_that_is_not_there_is_told_without_an_address(url: str) -> None:
    with caller(url) as (runner, called, _), pytest.raises(ApiError) as error:
        runner.run(called.call("GET", "/x"))
    assert error.value.code == UNREACHABLE
    assert error.value.__cause__ is None
    assert "secret" not in str(error.value)


# --- sending by itself, over HTTP


def asked(site: Running, api: FakeWechatApi, person: str, question: str, count: int) -> list[str]:
    """Ask; what was sent once WeChat was called ``count`` times."""
    assert site.ask(person, question) == ""
    api.wait_for(SEND, count)
    settled(site)
    return api.sent(person)


def test_with_permission_the_answer_is_sent_by_itself_and_once(
    pushing: Running, api: FakeWechatApi
) -> None:
    [sent] = asked(pushing, api, "p-38", BUS, 1)
    assert BUS_ANSWER in sent
    assert asked(pushing, api, "p-38", SAID["collect"], 2)[1].startswith(SAID["nothing_pending"])


@pytest.mark.parametrize("code", [45015, 45047, UNREACHABLE])
def test_case_38_a_refused_answer_is_not_tried_again_and_kept(
    pushing: Running, api: FakeWechatApi, code: int
) -> None:
    api.refusals[SEND] = [code]
    asked(pushing, api, "p-38-b", BUS, 1)
    assert api.count()[SEND] == 1
    pushing.clock.to(20.0)
    assert BUS_ANSWER in asked(pushing, api, "p-38-b", SAID["collect"], 2)[-1]
    assert pushing.service.asked == [BUS]


def test_case_38_without_permission_answers_are_given_passively(
    pushing: Running, api: FakeWechatApi
) -> None:
    api.refusals[SEND] = [48001]
    asked(pushing, api, "p-38-c", BUS, 1)
    assert ALLOWANCE_ANSWER in pushing.ask("p-38-c", ALLOWANCE)
    pushing.clock.to(20.0)
    assert BUS_ANSWER in pushing.ask("p-38-c", SAID["collect"])
    assert api.count()[SEND] == 1


def job(*parts: str) -> Job:
    """An answer that is ready to be sent."""
    return Job(
        "j", "official", "p", Audience.RESIDENTS, "", 0.0, 1, "", 0, 0.0, True, False, parts,
        "——标签", 0, "",
    )  # fmt: skip


class Notes:
    """Keeps what was noted as shown, instead of a database."""

    def __init__(self) -> None:
        self.store = self
        self.count = 0

    async def call(self, work: object, _: str, count: int) -> None:
        """Note it."""
        self.count = count

    def delivered(self, _: str, count: int) -> None:
        """Named by the sender."""


def sending(url: str, given: Job) -> int:
    """Send an answer; how many of its parts count as shown."""
    notes = Notes()
    with caller(url) as (runner, called, _):
        sender = Sender(notes, called, SEND, customer_service, "https://town.example")  # type: ignore[arg-type]
        runner.run(sender.send(given, "p"))
    return notes.count


def test_case_38_what_is_too_long_is_cut_again_with_its_label(
    api: FakeWechatApi, api_url: str
) -> None:
    api.refusals[SEND] = [45002]
    long = "".join(f"第{n}条，申请人应当提交材料。" for n in range(20))
    assert sending(api_url, job(long, "后面一段。")) == 2
    whole, *sent = api.sent("p")
    assert len(sent) >= 3
    assert all(text.endswith("\n\n——标签") for text in sent)
    assert "".join(t.removesuffix("\n\n——标签") for t in sent) == long + "后面一段。"
    assert all(size(text) < size(whole) for text in sent)


def test_case_38_at_most_five_messages_are_sent_and_the_last_links_out(
    api: FakeWechatApi, api_url: str
) -> None:
    assert sending(api_url, job(*(f"第{n}段。" for n in range(9)))) == 9
    sent = api.sent("p")
    assert len(sent) == SENDS
    assert '<a href="https://town.example">' in sent[-1]
    assert SAID["rest"] in sent[-1]


def test_case_38_five_parts_are_sent_as_they_are(api: FakeWechatApi, api_url: str) -> None:
    assert sending(api_url, job(*(f"第{n}段。" for n in range(SENDS)))) == SENDS
    assert [text.split("\n")[0] for text in api.sent("p")] == [f"第{n}段。" for n in range(SENDS)]


def test_case_38_what_was_refused_half_way_is_kept_from_there(
    api: FakeWechatApi, api_url: str
) -> None:
    api.refusals[SEND] = [0, 45047]
    assert sending(api_url, job("一。", "二。", "三。")) == 1
    assert len(api.sent("p")) == 2


def test_the_menu_and_events_are_answered_at_once_with_permission_too(
    pushing: Running, api: FakeWechatApi
) -> None:
    reply = pushing.post(event("p-38-d", "subscribe", "", 5.0))
    assert "人工智能" in reply.text
    assert json.dumps(api.calls) == "[]"
