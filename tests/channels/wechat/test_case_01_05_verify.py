"""Cases 1 to 5: who may call, and what a plain message is answered with."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.assembly import Assembly
from assistant.channels.app import create_app
from assistant.channels.wechat.messages import read_fields
from assistant.channels.wechat.simulate import text_message
from assistant.errors import SettingsError
from assistant.settings import load_settings
from tests.channels.conftest import Site
from tests.channels.wechat.support import (
    ACCOUNT,
    ALLOWANCE,
    ALLOWANCE_ANSWER,
    APP_KEY,
    BOT_KEY,
    OFFICIAL,
    TOKEN,
    WECOM,
    Running,
    numbers,
)

ECHO = '5837104-<b>"é'


def test_case_01_a_good_signature_gets_the_exact_echo(plain: Running) -> None:
    response = plain.client.get("/wechat", params=plain.query(echostr=ECHO))
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    assert response.content == ECHO.encode()


@pytest.mark.parametrize("name", ["signature", "timestamp", "nonce"])
@pytest.mark.parametrize("change", ["", "1", "é", "x" * 5000, None])
def test_case_02_a_bad_or_missing_parameter_is_refused_and_nothing_reflected(
    plain: Running, name: str, change: str | None
) -> None:
    query = plain.query(echostr=ECHO)
    if change is None:
        del query[name]
    else:
        query[name] = change
    response = plain.client.get("/wechat", params=query)
    assert response.status_code == 403
    assert ECHO not in response.text


@pytest.mark.parametrize("token", ["", "ab", "has space", "x" * 33, "中文令牌"])
def test_case_03_a_token_that_is_empty_or_none_refuses_to_start(tmp_path: Path, token: str) -> None:
    settings = load_settings(data_dir=tmp_path, **{**OFFICIAL, "wechat_token": token})
    with pytest.raises(SettingsError, match="wechat_token"):
        create_app(Assembly(settings))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"wechat_token": None}, "wechat_token"),
        ({"wechat_aes_key": "short"}, "wechat_aes_key"),
        ({"wechat_aes_key": "!" * 43}, "wechat_aes_key"),
        ({"wechat_customer_service": True, "wechat_app_id": ""}, "wechat_app_id"),
        ({**WECOM, "wecom_secret": ""}, "wecom_secret"),
        ({**WECOM, "wecom_agent_id": None}, "wecom_agent_id"),
        ({**WECOM, "wecom_aes_key": None}, "wecom_aes_key"),
        ({**WECOM, "wecom_bot_token": ""}, "wecom_bot_token"),
    ],
)
def test_case_03_a_half_filled_configuration_refuses_to_start_and_names_what_is_missing(
    tmp_path: Path, changed: dict[str, object], named: str
) -> None:
    settings = load_settings(data_dir=tmp_path, **{**OFFICIAL, **changed})
    with pytest.raises(SettingsError, match=named) as error:
        create_app(Assembly(settings))
    assert "secret-of" not in str(error.value)


def test_no_secret_shows_when_settings_are_printed(plain: Running, wecom: Running) -> None:
    for site in (plain, wecom):
        shown = f"{site.assembly.settings!r} {site.entrance!r} {site.assembly!r}"
        for secret in (TOKEN, "secret-of", "key-of-the-hashes", APP_KEY, BOT_KEY):
            assert secret not in shown


@pytest.mark.parametrize("path", ["/wechat", "/wecom", "/wecom/bot"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_settings_there_is_no_such_address(site: Site, method: str, path: str) -> None:
    assert site.client.request(method, path).status_code == 404


def test_case_04_a_good_message_is_answered_to_whom_it_came_from(plain: Running) -> None:
    message = text_message(ACCOUNT, "person-04", ALLOWANCE, next(numbers), plain.clock.now())
    response = plain.post(message)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/xml")
    fields, repeated = read_fields(response.content)
    assert not repeated
    assert fields["ToUserName"] == "person-04"
    assert fields["FromUserName"] == ACCOUNT
    assert fields["MsgType"] == "text"
    assert ALLOWANCE_ANSWER in fields["Content"]


def test_case_05_a_bad_signature_is_refused_and_nothing_asked(plain: Running) -> None:
    message = text_message(ACCOUNT, "person-05", ALLOWANCE, next(numbers), plain.clock.now())
    response = plain.post(message, {**plain.query(), "signature": "0" * 40})
    assert response.status_code == 403
    assert plain.service.asked == []
