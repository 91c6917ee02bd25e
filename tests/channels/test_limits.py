"""How many questions an address may ask, whose word is taken for an address, and what is told."""

from __future__ import annotations

import logging
from ipaddress import ip_network
from pathlib import Path

import pytest

from assistant.channels import limits
from assistant.channels.limits import RateLimit
from assistant.errors import TooManyQuestionsError
from assistant.resources import load
from assistant.segment import Segmenter
from tests.answering.readers import PlainReader
from tests.channels.conftest import ANSWERED, open_site
from tests.channels.test_channel_errors import assert_error
from tests.conftest import DOCUMENTS

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1"))


class Clock:
    """Shows the time that it is set to."""

    seconds = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.seconds


def allowed(limit: RateLimit, peer: str, forwarded_for: str = "") -> bool:
    """Whether one more question is taken."""
    try:
        limit.take(peer, forwarded_for)
    except TooManyQuestionsError:
        return False
    return True


def test_so_many_a_minute_then_one_by_one() -> None:
    clock = Clock()
    limit = RateLimit(6, clock=clock)
    assert [allowed(limit, "192.0.2.1") for _ in range(8)] == [True] * 6 + [False] * 2
    with pytest.raises(TooManyQuestionsError) as caught:
        limit.take("192.0.2.1")
    assert caught.value.seconds == 10
    clock.seconds = 10
    assert [allowed(limit, "192.0.2.1") for _ in range(2)] == [True, False]
    clock.seconds = 1000
    assert [allowed(limit, "192.0.2.1") for _ in range(7)] == [True] * 6 + [False]


def test_others_are_not_kept_waiting() -> None:
    limit = RateLimit(1, clock=Clock())
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1", ""):
        assert [allowed(limit, address) for _ in range(2)] == [True, False]


def test_one_house_of_ipv6_and_ipv4_written_as_ipv6_are_one_address() -> None:
    limit = RateLimit(1, clock=Clock())
    assert allowed(limit, "2001:db8::1")
    assert not allowed(limit, "2001:db8::ffff:1")
    assert allowed(limit, "192.0.2.1")
    assert not allowed(limit, "::ffff:192.0.2.1")


def test_nobody_is_counted_where_there_is_no_limit() -> None:
    limit = RateLimit(0, clock=Clock())
    assert all(allowed(limit, "192.0.2.1") for _ in range(1000))


@pytest.mark.parametrize("claimed", ["192.0.2.9", "10.0.0.1, 192.0.2.9", "x", "", ",,", "9" * 9000])
def test_nobody_but_a_trusted_proxy_can_speak_for_another(claimed: str) -> None:
    limit = RateLimit(1, PROXIES, Clock())
    assert allowed(limit, "192.0.2.1", claimed)
    assert not allowed(limit, "192.0.2.1")
    assert not allowed(limit, "192.0.2.1", "198.51.100.7")


@pytest.mark.parametrize("peer", ["10.0.0.1", "::1", "::ffff:10.0.0.1"])
def test_a_trusted_proxy_tells_who_asks(peer: str) -> None:
    limit = RateLimit(1, PROXIES, Clock())
    assert allowed(limit, peer, "192.0.2.1")
    assert allowed(limit, peer, "192.0.2.2, 10.0.0.7")
    assert not allowed(limit, peer, "192.0.2.1")
    # What the resident's own browser claims stands before what the proxy saw.
    assert not allowed(limit, peer, "203.0.113.5, 192.0.2.1")
    assert not allowed(limit, peer, "nonsense, 192.0.2.2, 10.1.1.1")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ADDRESSES", 10)
    limit = RateLimit(1, clock=Clock())
    for number in range(100):
        assert allowed(limit, f"192.0.2.{number}")
    assert len(limit._buckets) == 10


def test_too_many_questions_are_refused_in_words_on_page_and_api(
    tmp_path: Path, segmenter: Segmenter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = load("statuses")["error_too_many_questions"]["residents"]
    reader = PlainReader()
    with open_site(tmp_path, segmenter, reader, DOCUMENTS, questions_per_minute=2) as site:
        conversation = site.ask(ANSWERED)["conversation_id"]
        assert site.client.post("/", data={"question": ANSWERED}).status_code == 200
        for stream in (False, True):
            sent = {"question": ANSWERED, "stream": stream}
            response = site.client.post("/api/chat", json=sent)
            assert_error(response, 429, "error_too_many_questions")
            assert 1 <= int(response.headers["retry-after"]) <= 30
        form = {"question": ANSWERED, "conversation_id": conversation}
        page = site.client.post("/", data=form)
        assert page.status_code == 429
        assert 1 <= int(page.headers["retry-after"]) <= 30
        assert told in page.text
        # Nothing typed is lost.
        assert ANSWERED in page.text
        assert conversation in page.text
        # Everything else goes on.
        assert site.client.get("/").status_code == 200
        assert site.client.get("/api/suggestions").status_code == 200
    # The client of these tests is called so.
    assert "testclient" not in caplog.text


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_for_help_is_answered_over_the_limit(
    tmp_path: Path, segmenter: Segmenter, stream: bool
) -> None:
    help_line = load("urgent")["kinds"]["fire"]["line"]
    sent = {"question": "我家着火了", "stream": stream}
    with open_site(tmp_path, segmenter, PlainReader(), DOCUMENTS, questions_per_minute=1) as site:
        site.ask(ANSWERED)
        response = site.client.post("/api/chat", json=sent)
        assert response.status_code == 200
        assert help_line in response.text
        page = site.client.post("/", data={"question": "我家着火了"})
        assert page.status_code == 200
        assert help_line in page.text
        refused = site.client.post("/api/chat", json={"question": ANSWERED})
        assert_error(refused, 429, "error_too_many_questions")


def test_how_many_are_looked_at_over_the_limit_has_its_own(
    tmp_path: Path, segmenter: Segmenter
) -> None:
    sent = {"question": "我家着火了"}
    with open_site(tmp_path, segmenter, PlainReader(), DOCUMENTS, questions_per_minute=1) as site:
        codes = [site.client.post("/api/chat", json=sent).status_code for _ in range(7)]
    assert codes == [200] * 5 + [429] * 2
