"""Many at once: everyone gets one reply to each question, and no one another's."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.channels.wechat.simulate import WechatSide, text_message
from tests.channels.wechat.support import (
    ACCOUNT,
    AES_KEY,
    ALLOWANCE,
    ALLOWANCE_ANSWER,
    BUS,
    BUS_ANSWER,
    Running,
    both,
    numbers,
    peer,
    sealed,
)

PEOPLE = 20


@dataclass(frozen=True)
class Asked:
    """A question and what only its answer holds."""

    question: str
    answer: str
    other: str


QUESTIONS = [
    Asked(BUS, BUS_ANSWER, ALLOWANCE_ANSWER),
    Asked(ALLOWANCE, ALLOWANCE_ANSWER, BUS_ANSWER),
]


def test_everyone_gets_their_own_answer_once(plain: Running) -> None:
    """A machine of any speed: a delivery is given up only where its answer would be lost."""
    plain.clock.to_the_machines()
    assert plain.entrance is not None
    side = WechatSide(plain.url, plain.entrance, ACCOUNT, patience=60.0, now=plain.clock.now)

    async def person(number: int) -> None:
        for turn in range(2):
            asked = QUESTIONS[(number + turn) % 2]
            seen = await side.say(f"person-{number}", asked.question)
            assert asked.answer in seen.text
            assert asked.other not in seen.text

    async def everyone() -> None:
        await asyncio.gather(*(person(n) for n in range(PEOPLE)))

    asyncio.run(everyone())
    assert len(plain.service.asked) == 2 * PEOPLE


FIELDS = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content", "MsgId", "Event", "X"]
VALUES = [
    "",
    "text",
    "event",
    "subscribe",
    ACCOUNT,
    "1",
    "<![CDATA[x]]>",
    "]]>",
    "&#1;",
    "&a;",
    "\x00",
]
BODIES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda t: t.encode("utf-8", "surrogatepass")),
    st.lists(st.tuples(st.sampled_from(FIELDS), st.sampled_from(VALUES)), max_size=9).map(
        lambda pairs: ("<xml>" + "".join(f"<{k}>{v}</{k}>" for k, v in pairs) + "</xml>").encode()
    ),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, signed=st.booleans(), inside=st.booleans())
def test_any_body_has_a_defined_outcome(
    plain: Running, safe: Running, caplog: pytest.LogCaptureFixture, body: bytes, signed: bool,
    inside: bool,
) -> None:  # fmt: skip
    caplog.set_level(logging.ERROR)
    site = safe if inside else plain
    query = site.query()
    if inside:
        text = body.decode("utf-8", "replace")
        given, sent = sealed(site.clock, text, peer(AES_KEY), encrypt_type="aes")
        query, body = given | both(given), sent.encode("utf-8", "surrogatepass")
    if not signed:
        query = {**query, "signature": "0"}
    response = site.post(body, query)
    assert response.status_code in ((200, 400) if signed else (403,))
    assert "Traceback" not in caplog.text


def test_a_question_is_read_quickly(plain: Running) -> None:
    """Of the processor's time: reading hostile text must not hold up the others."""
    began = time.process_time()
    for said in ("<" * 60_000, "]]>" * 20_000, "&lt;" * 15_000, "[a](" * 15_000, "**" * 30_000):
        message = text_message(ACCOUNT, "p-slow", said, next(numbers), plain.clock.now())
        assert plain.post(message).status_code in (200, 400, 413)
    assert time.process_time() - began < 5.0
