"""Cases 30 to 32: following, leaving, tapping, and what is not text."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import select

from assistant.channels.wechat.menu import definition
from assistant.channels.wechat.people import Hasher
from assistant.channels.wechat.simulate import text_message
from assistant.resources import load
from assistant.store.tables import conversations, turns, wechat_jobs
from tests.channels.wechat.support import (
    ACCOUNT,
    ALLOWANCE,
    BUS,
    BUS_ANSWER,
    OFFICIAL,
    STAFF,
    STAFF_ANSWER,
    Running,
    content,
    event,
    next_second,
    numbers,
)

SAID = load("wechat")


def sent(site: Running, person: str, name: str, key: str = "") -> str:
    """The reply to an event."""
    response = site.post(event(person, name, key, next_second(site.clock)))
    assert response.status_code == 200
    return content(response.text)


@pytest.mark.parametrize("key", ["", "qrscene_123", "last_trade_no_x"])
def test_case_30_a_new_follower_is_welcomed_and_told_what_answers(plain: Running, key: str) -> None:
    reply = sent(plain, "p-30", "subscribe", key)
    assert "人工智能" in reply
    assert "仅供参考" in reply
    for question in load("suggestions")[:3]:
        assert f"msgmenucontent={question}&" in reply
    assert plain.service.asked == []


def test_case_30_who_leaves_is_forgotten_and_no_one_else(plain: Running) -> None:
    hashed = Hasher(OFFICIAL["wechat_hash_key"].encode())
    people = [hashed("person", "official", ACCOUNT, name) for name in ("p-30-a", "p-30-b")]
    for name in ("p-30-a", "p-30-b"):
        assert BUS_ANSWER in plain.ask(name, BUS)
        plain.ask(name, ALLOWANCE)
    before = [plain.assembly.wechat_store.conversation(p) for p in people]
    assert None not in before
    assert before[0] != before[1]
    assert sent(plain, "p-30-a", "unsubscribe") == ""
    with plain.assembly.engine.connect() as connection:
        kept = set(connection.execute(select(conversations.c.id)).scalars())
        told = set(connection.execute(select(turns.c.conversation_id)).scalars())
        jobs = set(connection.execute(select(wechat_jobs.c.person)).scalars())
    assert before[0] not in kept | told
    assert before[1] in kept & told
    assert people[0] not in jobs
    assert people[1] in jobs


def test_case_30_an_answer_that_comes_after_leaving_is_not_kept(plain: Running) -> None:
    plain.service.ready[BUS] = 3.0
    message = text_message(ACCOUNT, "p-30-c", BUS, next(numbers), plain.clock.now())
    replies: list[str] = []
    asking = Thread(target=lambda: replies.append(content(plain.post(message).text)))
    asking.start()
    plain.clock.until_waited_for(4.5)
    with plain.assembly.engine.connect() as connection:
        before = set(connection.execute(select(conversations.c.id)).scalars())
    sent(plain, "p-30-c", "unsubscribe")
    plain.clock.to(3.0)
    asking.join(60)
    person = Hasher(OFFICIAL["wechat_hash_key"].encode())("person", "official", ACCOUNT, "p-30-c")
    assert BUS_ANSWER not in replies[0]
    assert plain.assembly.wechat_store.conversation(person) is None
    with plain.assembly.engine.connect() as connection:
        assert set(connection.execute(select(conversations.c.id)).scalars()) <= before


def test_case_30_no_id_of_a_person_is_stored(plain: Running) -> None:
    plain.ask("openid-30-d", BUS)
    plain.assembly.engine.dispose()
    folder = plain.assembly.settings.data_dir
    for path in folder.glob("assistant.db*"):
        assert b"openid-30-d" not in path.read_bytes()


def test_case_31_every_event_has_a_defined_reply(plain: Running) -> None:
    assert sent(plain, "p-31", "SCAN", "123").startswith(SAID["usage"])
    assert sent(plain, "p-31", "CLICK", "gone").startswith(SAID["usage"])
    assert "人工智能" in sent(plain, "p-31", "CLICK", "HELP")
    for silent in ("VIEW", "LOCATION", "TEMPLATESENDJOBFINISH", "from_the_future", ""):
        assert sent(plain, "p-31", silent, "https://x") == ""
    assert plain.service.asked == []


def test_case_31_a_button_asks_its_question(plain: Running) -> None:
    sent(plain, "p-31-b", "CLICK", "WINDOWS")
    assert plain.service.asked == [SAID["clicks"]["WINDOWS"]["question"]]


def test_case_31_every_button_of_the_menu_does_something() -> None:
    for address in ("https://town.example/", ""):
        menu = definition(address)
        assert 1 <= len(menu["button"]) <= 3
        below = [b for button in menu["button"] for b in button.get("sub_button", [button])]
        assert {b["key"] for b in below if b["type"] == "click"} == set(SAID["clicks"])
        assert [b["url"] for b in below if b["type"] == "view"] == [address] * bool(address)
        for button in menu["button"]:
            assert len(button["name"].encode()) <= 16  # WeChat's limits
            assert len(button.get("sub_button", [])) <= 5
        assert all(len(b["name"].encode()) <= 60 for b in below)


@pytest.mark.parametrize("kind", ["image", "voice", "video", "shortvideo", "location", "link"])
def test_case_32_what_is_not_text_is_politely_turned_down(plain: Running, kind: str) -> None:
    message = text_message(ACCOUNT, "p-32", BUS, next(numbers), plain.clock.now())
    changed = message.replace("[text]", f"[{kind}]").replace(
        "</xml>", "<Recognition></Recognition><MediaId>m</MediaId></xml>"
    )
    reply = content(plain.post(changed).text)
    assert reply.startswith(SAID["unsupported"])
    assert plain.service.asked == []


def test_what_is_meant_for_staff_is_never_shown_on_the_official_account(
    plain: Running,
) -> None:
    for person in ("p-residents", "ZhangSan"):  # a name on WeCom's list is no one here
        assert BUS_ANSWER in plain.ask(person, BUS)
        for said in (STAFF, "那值班呢？", "节假日值班安排"):
            reply = plain.ask(person, said)
            for theirs in (STAFF_ANSWER, "镇机关值班安排", "交接班"):
                assert theirs not in reply
