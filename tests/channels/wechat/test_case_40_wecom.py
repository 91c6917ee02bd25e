"""Case 40: WeCom's app and bot, when the assistant is down, and what the logs hold."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from assistant.channels.wechat.answerer import BOT_BUDGET
from assistant.channels.wechat.messages import read_fields
from assistant.channels.wechat.signature import new_nonce, sign
from assistant.channels.wechat.wecom_bot import STREAM_ENDS, WAIT
from assistant.resources import load
from tests.channels.wechat.servers import FakeWechatApi
from tests.channels.wechat.support import (
    ACCOUNT,
    ALLOWANCE,
    APP_KEY,
    BOT_KEY,
    BUS,
    BUS_ANSWER,
    CORP_ID,
    STAFF,
    STAFF_ANSWER,
    TOKEN,
    Running,
    numbers,
    peer,
    sealed,
    settled,
)

SEND = "/cgi-bin/message/send"
SAID = load("wechat")
ECHO = '1616140317555161061 "<echo>"'
BOT_BYTES = 20_480


def bot_cipher() -> Any:
    """The other side of the bot."""
    return peer(BOT_KEY, "")


def echo_query(site: Running, key: str, identity: str, echo: str = ECHO) -> dict[str, str]:
    """What WeCom asks when an address is entered."""
    query, body = sealed(site.clock, echo, peer(key, identity))
    return {**query, "echostr": read_fields(body)[0]["Encrypt"]}


@pytest.mark.parametrize(
    ("path", "key", "identity"),
    [("/wecom", APP_KEY, CORP_ID), ("/wecom/bot", BOT_KEY, "")],
    ids=["app", "bot"],
)
def test_case_40_the_echo_is_opened_and_given_back_exactly(
    wecom: Running, path: str, key: str, identity: str
) -> None:
    query = echo_query(wecom, key, identity)
    began = time.process_time()
    response = wecom.client.get(path, params=query)
    assert response.status_code == 200
    assert response.content == ECHO.encode()
    # Of the processor's time: the machine may be busy with other things.
    assert time.process_time() - began < 1.0
    for name in ("msg_signature", "timestamp", "nonce", "echostr"):
        refused = wecom.client.get(path, params={**query, name: "1"})
        assert refused.status_code == 403
    other = echo_query(wecom, key, "ww-of-another")
    assert wecom.client.get(path, params=other).status_code == 403


# --- the self-built app


def app_text(site: Running, person: str, said: str, kind: str = "text") -> str:
    """A member's message."""
    return (
        f"<xml><ToUserName>{CORP_ID}</ToUserName><FromUserName>{person}</FromUserName>"
        f"<CreateTime>{int(site.clock.now())}</CreateTime><MsgType>{kind}</MsgType>"
        f"<Content><![CDATA[{said}]]></Content><MsgId>{next(numbers)}</MsgId>"
        "<AgentID>1000002</AgentID></xml>"
    )


def app_post(site: Running, text: str) -> None:
    """Deliver a member's message; the reply is empty."""
    query, body = sealed(site.clock, text, peer(APP_KEY, CORP_ID))
    response = site.post(body, query, "/wecom")
    assert (response.status_code, response.content) == (200, b"")


def app_asked(site: Running, api: FakeWechatApi, person: str, said: str, kind: str = "text") -> str:
    """What a member is sent."""
    before = api.count()[SEND]
    app_post(site, app_text(site, person, said, kind))
    api.wait_for(SEND, before + 1)
    settled(site)
    return api.sent(person)[-1]


def test_case_40_an_app_replies_empty_and_sends_the_answer(
    wecom: Running, api: FakeWechatApi
) -> None:
    assert BUS_ANSWER in app_asked(wecom, api, "visitor", BUS)
    [body] = [body for path, body in api.calls if path == SEND]
    assert body["agentid"] == 1000002
    assert app_asked(wecom, api, "visitor", " ").startswith(SAID["usage"])
    assert app_asked(wecom, api, "visitor", "", "image").startswith(SAID["unsupported"])
    assert "bizmsgmenu" not in json.dumps(api.calls)


@pytest.mark.parametrize(("member", "is_staff"), [("zhangsan", True), ("LiSi", True), ("x", False)])
def test_staff_see_what_is_meant_for_staff_and_others_do_not(
    wecom: Running, api: FakeWechatApi, member: str, is_staff: bool
) -> None:
    reply = app_asked(wecom, api, member, STAFF)
    assert (STAFF_ANSWER in reply) == is_staff
    # Its page is not for everyone, so that no link leads there.
    assert "https://" not in reply or not is_staff


def test_whoever_has_no_account_any_more_is_not_staff(wecom: Running, api: FakeWechatApi) -> None:
    staff = wecom.assembly.staff
    account = next(a.id for a in staff.accounts() if a.name == "lisi")
    staff.set_active(account, False, "test")
    try:
        assert STAFF_ANSWER not in app_asked(wecom, api, "lisi", STAFF)
    finally:
        staff.set_active(account, True, "test")


def test_a_retry_to_an_app_sends_nothing_more(wecom: Running, api: FakeWechatApi) -> None:
    text = app_text(wecom, "visitor-2", BUS)
    for _ in range(3):
        app_post(wecom, text)
    api.wait_for(SEND, 1)
    settled(wecom)
    assert len(api.sent("visitor-2")) == 1
    assert wecom.service.asked == [BUS]


def test_an_app_takes_events_and_what_is_not_its_own_in_silence(
    wecom: Running, api: FakeWechatApi
) -> None:
    text = app_text(wecom, "visitor-3", BUS)
    app_post(wecom, text.replace(CORP_ID, ACCOUNT))
    app_post(wecom, text.replace("<MsgType>text", "<MsgType>event"))
    settled(wecom)
    assert api.calls == []
    assert wecom.service.asked == []


# --- the smart bot


def bot_post(site: Running, message: dict[str, Any]) -> dict[str, Any]:
    """The bot's reply, opened by the independent implementation; empty where there is none."""
    query, body = sealed(site.clock, json.dumps(message, ensure_ascii=False), bot_cipher())
    encrypted = {"encrypt": read_fields(body)[0]["Encrypt"]}
    response = site.post(json.dumps(encrypted), query, "/wecom/bot")
    assert response.status_code == 200, response.text
    if not response.content:
        return {}
    sent = response.json()
    given = sent["msgsignature"], str(sent["timestamp"]), sent["nonce"]
    wrapped = {"Encrypt": sent["encrypt"]}
    text = bot_cipher().decrypt_message(wrapped, *given)
    reply: dict[str, Any] = json.loads(text)
    return reply


def bot_text(person: str, said: str, **more: object) -> dict[str, Any]:
    """A member's message to the bot."""
    return {
        "msgid": f"m{next(numbers)}", "aibotid": "bot", "chattype": "single",
        "from": {"userid": person}, "msgtype": "text", "text": {"content": said}, **more,
    }  # fmt: skip


def poll(site: Running, stream: str) -> dict[str, Any]:
    """What the bot says when it is asked how far it is."""
    reply = bot_post(
        site, {"msgid": f"p{next(numbers)}", "msgtype": "stream", "stream": {"id": stream}}
    )
    found: dict[str, Any] = reply["stream"]
    return found


def waited(site: Running, at: float, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the bot says from ``at`` on, after waiting as long as it does for an answer."""
    site.clock.to(at)
    with ThreadPoolExecutor(1) as pool:
        reply = pool.submit(call)
        site.clock.until_waited_for(at + WAIT)
        site.clock.to(at + WAIT)
        return reply.result(60)


def test_case_40_a_bots_answer_grows_and_finishes_once(wecom: Running) -> None:
    wecom.service.ready[BUS] = 5.0
    seen = []
    reply = waited(wecom, 0.0, lambda: bot_post(wecom, bot_text("visitor", BUS))["stream"])
    seen.append(reply)
    seen += [waited(wecom, at, lambda: poll(wecom, reply["id"])) for at in (1.5, 3.3)]
    wecom.clock.to(5.0)
    settled(wecom)
    seen += [poll(wecom, reply["id"]) for _ in range(2)]
    assert [one["finish"] for one in seen] == [False, False, False, True, True]
    assert seen[-1] == seen[-2]
    for before, after in pairwise(seen):
        assert after["content"].startswith(before["content"])
        assert after["id"] == before["id"]
    assert BUS_ANSWER in seen[-1]["content"]
    assert all(len(one["content"].encode()) <= BOT_BYTES for one in seen)
    assert BOT_BUDGET < BOT_BYTES
    assert wecom.service.asked == [BUS]


def test_case_40_an_unknown_stream_is_finished(wecom: Running) -> None:
    for stream in ("nothing", "", "a" * 64):
        reply = poll(wecom, stream)
        assert reply["finish"] is True
        assert reply["content"] == SAID["bot"]["over"]


def test_case_40_a_late_answer_goes_to_its_own_address_once(
    wecom: Running, api: FakeWechatApi, api_url: str
) -> None:
    wecom.service.ready[BUS] = STREAM_ENDS + 60.0
    address = f"{api_url}/response?code=once"
    asked = bot_text("visitor", BUS, response_url=address)
    stream = waited(wecom, 0.0, lambda: bot_post(wecom, asked)["stream"])["id"]
    reply = waited(wecom, STREAM_ENDS + 1.0, lambda: poll(wecom, stream))
    assert reply["finish"] is True
    assert reply["content"].endswith(SAID["bot"]["late"])
    assert api.calls == []
    wecom.clock.to(STREAM_ENDS + 60.0)
    api.wait_for("/response", 1)
    settled(wecom)
    assert poll(wecom, stream) == reply
    [(_, body)] = api.calls
    assert BUS_ANSWER in body["markdown"]["content"]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/x", "file:///etc/passwd", "https://evil.example/", 5, None]
)
def test_an_address_that_is_not_wecoms_is_never_called(
    wecom: Running, api: FakeWechatApi, address: object
) -> None:
    wecom.service.ready[BUS] = STREAM_ENDS + 10.0
    asked = bot_text("visitor", BUS, response_url=address)
    stream = waited(wecom, 0.0, lambda: bot_post(wecom, asked)["stream"])["id"]
    assert waited(wecom, STREAM_ENDS + 1.0, lambda: poll(wecom, stream))["finish"] is True
    wecom.clock.to(STREAM_ENDS + 10.0)
    settled(wecom)
    assert api.calls == []


def test_a_bot_in_a_group_speaks_to_everyone_there(wecom: Running) -> None:
    alone = bot_post(wecom, bot_text("ZhangSan", STAFF))["stream"]
    group = {"chattype": "group", "chatid": "c1"}
    among = bot_post(wecom, bot_text("ZhangSan", f"@助手 {STAFF}", **group))["stream"]
    assert wecom.service.asked == [STAFF, STAFF]
    assert STAFF_ANSWER in alone["content"]
    assert STAFF_ANSWER not in among["content"]


def test_a_bot_has_a_reply_to_everything_else(wecom: Running) -> None:
    event = {"msgid": "e", "msgtype": "event", "event": {"eventtype": "enter_chat"}}
    assert bot_post(wecom, event)["text"]["content"] == SAID["bot"]["welcome"]
    assert bot_post(wecom, {**event, "msgid": "f", "event": {"eventtype": "other"}}) == {}
    assert bot_post(wecom, bot_text("x", " "))["stream"]["finish"] is True
    assert bot_post(wecom, {**bot_text("x", BUS), "msgtype": "image"})["stream"]["finish"] is True
    assert bot_post(wecom, {"msgtype": 5})["stream"]["finish"] is True
    assert wecom.service.asked == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"encrypt": 5}', b"\xff", b"[" * 60_000])
def test_a_bot_refuses_what_is_no_message(wecom: Running, body: bytes) -> None:
    assert wecom.post(body, wecom.query(), "/wecom/bot").status_code == 400


def test_a_sealed_text_that_is_no_json_is_refused(wecom: Running) -> None:
    encrypted = bot_cipher().encrypt_message("<xml/>", "1", str(int(wecom.clock.now())))
    text = read_fields(encrypted)[0]["Encrypt"]
    timestamp, nonce = str(int(wecom.clock.now())), new_nonce()
    signature = sign(TOKEN, timestamp, nonce, text)
    query = {"timestamp": timestamp, "nonce": nonce, "msg_signature": signature}
    assert wecom.post(json.dumps({"encrypt": text}), query, "/wecom/bot").status_code == 400


# --- down, and in the logs


def test_case_40_when_the_assistant_is_down_a_person_is_told_at_once(
    plain: Running, wecom: Running, api: FakeWechatApi
) -> None:
    plain.service.broken = wecom.service.broken = True
    began = plain.clock.now()
    assert plain.ask("p-40", BUS).startswith(SAID["busy"])
    assert SAID["busy"] in bot_post(wecom, bot_text("x", BUS))["stream"]["content"]
    assert app_asked(wecom, api, "x", BUS).startswith(SAID["busy"])
    assert plain.clock.now() == began
    assert WAIT < 4.5


def test_case_40_when_the_database_is_down_too(
    plain: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no room on /home/person-40")

    monkeypatch.setattr(plain.jobs.store, "arrive", fail)
    assert plain.ask("p-40-b", BUS).startswith(SAID["busy"])
    monkeypatch.setattr(plain.jobs.store, "is_message_of", fail)
    assert plain.ask("p-40-b", BUS).startswith(SAID["busy"])


def test_case_40_the_logs_hold_neither_token_nor_openid(
    plain: Running, wecom: Running, api: FakeWechatApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "assistant")
    caplog.set_level(logging.INFO)
    plain.ask("openid-40", BUS)
    plain.post("<xml/>")
    plain.post("nonsense")
    plain.post(app_text(plain, "openid-40", ALLOWANCE), {"signature": "x"})
    plain.service.broken = wecom.service.broken = True
    plain.ask("openid-40", ALLOWANCE)
    api.refusals[SEND] = [45015]
    app_asked(wecom, api, "openid-40", BUS)
    assert "errcode 45015" in caplog.text
    for secret in ("openid-40", TOKEN, "token-", "secret-of", BUS, ALLOWANCE):
        assert secret not in caplog.text
