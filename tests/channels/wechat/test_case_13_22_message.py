"""Cases 13 to 22: old, repeated, oversized, hostile and incomplete messages."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from assistant.channels.app import BODY_LIMIT
from assistant.channels.wechat.signature import new_nonce, sign
from assistant.channels.wechat.simulate import text_message
from assistant.resources import load
from tests.channels.wechat.support import (
    ACCOUNT,
    ALLOWANCE,
    BUS,
    BUS_ANSWER,
    TOKEN,
    Running,
    content,
    numbers,
)


def text(site: Running, person: str, said: str, number: int | None = None) -> str:
    """A text message."""
    return text_message(ACCOUNT, person, said, number or next(numbers), site.clock.now())


def at(site: Running, offset: float | None, timestamp: str = "") -> dict[str, str]:
    """A good signature over another time."""
    told = timestamp if offset is None else str(int(site.clock.now() + offset))
    nonce = new_nonce()
    return {"timestamp": told, "nonce": nonce, "signature": sign(TOKEN, told, nonce)}


@pytest.mark.parametrize("offset", [-300, -1, 0, 299])
def test_case_13_a_timestamp_within_five_minutes_is_accepted(plain: Running, offset: int) -> None:
    assert plain.post(text(plain, "p-13", BUS), at(plain, offset)).status_code == 200


@pytest.mark.parametrize("offset", [-86400, -602, 602, 10**9])
def test_case_13_an_old_or_future_timestamp_is_refused(plain: Running, offset: int) -> None:
    assert plain.post(text(plain, "p-13", BUS), at(plain, offset)).status_code == 403


@pytest.mark.parametrize("told", ["", "now", "-5", "1.8e9", "１８００００００００", "9" * 5000])
def test_case_13_a_timestamp_that_is_no_number_is_refused(plain: Running, told: str) -> None:
    assert plain.post(text(plain, "p-13", BUS), at(plain, None, told)).status_code == 403


def test_case_14_an_exact_retry_gets_the_same_answer(plain: Running) -> None:
    query, message = plain.query(), text(plain, "p-14", BUS)
    first, second = (content(plain.post(message, query).text) for _ in range(2))
    assert first == second
    assert BUS_ANSWER in first
    assert plain.service.asked == [BUS]


def test_case_15_a_signature_used_for_another_message_is_refused(plain: Running) -> None:
    query = plain.query()
    assert plain.post(text(plain, "p-15", BUS), query).status_code == 200
    assert plain.post(text(plain, "p-15", ALLOWANCE), query).status_code == 403
    assert plain.service.asked == [BUS]


@pytest.mark.parametrize("chunked", [False, True])
def test_case_16_a_body_that_is_too_large_is_refused_unread(plain: Running, chunked: bool) -> None:
    body = text(plain, "p-16", "长" * BODY_LIMIT).encode()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 1024):
            yield body[start : start + 1024]

    given = pieces() if chunked else body
    response = plain.client.post("/wechat", params=plain.query(), content=given)
    assert response.status_code == 413
    assert plain.service.asked == []


BILLION = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(10)
)
FORBIDDEN = {
    "expansion": f"<!DOCTYPE x [{BILLION}]><xml><Content>&l9;</Content></xml>",
    "file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Content>&e;</Content></xml>',
    "network": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><xml><Content>x</Content></xml>',
    "parameter": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]><xml/>',
    "bare": "<!DOCTYPE xml><xml><Content>x</Content></xml>",
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_case_17_any_doctype_is_refused_at_once(plain: Running, name: str) -> None:
    began = time.process_time()
    response = plain.post(FORBIDDEN[name])
    assert response.status_code == 400
    assert "root:" not in response.text
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    "body",
    [
        "<xml>" + "<a>" * 100_000,
        "<xml>" + "<a>" * 20_000,
        "<xml>" + "<a>" * 9 + "</a>" * 9 + "</xml>",
        "<xml " + " ".join(f'a{n}="x"' for n in range(6000)) + "/>",
        "<xml>" + "".join(f"<a{n}/>" for n in range(200)) + "</xml>",
        "<html/>",
    ],
)
def test_case_18_more_than_a_message_needs_is_refused_at_once(plain: Running, body: str) -> None:
    began = time.process_time()
    assert plain.post(body).status_code in (400, 413)
    assert time.process_time() - began < 1.0


def test_case_19_a_control_character_is_taken_out_and_the_rest_answered(plain: Running) -> None:
    assert BUS_ANSWER in plain.ask("p-19", f"\x01{BUS[:4]}\x08\x1b{BUS[4:]}\ufffe")
    assert plain.service.asked == [BUS]


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{}", b'{"a": 1}', b"\xff\xfe\x00", "中文".encode("gbk"), b"<xml>", b"\x00" * 9],
)
def test_case_20_a_body_that_is_no_message_is_a_bad_request(plain: Running, body: bytes) -> None:
    response = plain.post(body)
    assert response.status_code == 400
    assert "Traceback" not in response.text
    assert response.json()["error"]["code"] == "error_callback_malformed"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<MsgType><![CDATA[text]]></MsgType>", ""),
        ("<MsgId>", "<Other>"),
        ("<MsgId>", "<MsgId>x"),
        ("<Content>", "<Content>first</Content><Content>"),
        ("<FromUserName><![CDATA[p-21]]></FromUserName>", ""),
        ("[text]", "[telepathy]"),
    ],
)
def test_case_21_an_incomplete_message_is_taken_and_logged(
    plain: Running, old: str, new: str, caplog: pytest.LogCaptureFixture
) -> None:
    message = text(plain, "p-21", BUS)
    assert old in message
    changed = message.replace(old, new)
    if new == "<Other>":
        changed = changed.replace("</MsgId>", "</Other>")
    response = plain.post(changed)
    assert (response.status_code, response.text) == (200, "success")
    assert "dropped" in caplog.text
    assert "p-21" not in caplog.text
    assert plain.service.asked == []


@pytest.mark.parametrize("blank", ["", " ", "\n\t　"])
def test_case_22_a_blank_text_gets_a_hint_and_asks_nothing(plain: Running, blank: str) -> None:
    reply = plain.ask("p-22", blank)
    assert reply.startswith(load("wechat")["usage"])
    assert plain.service.asked == []
