"""The tools for those who set WeChat up: they try things, and say what is wrong."""

from __future__ import annotations

import io
from typing import Any

import pytest

from assistant.channels.wechat.__main__ import main
from assistant.resources import load
from tests.channels.wechat.servers import FakeWechatApi
from tests.channels.wechat.support import (
    AES_KEY,
    BUS,
    BUS_ANSWER,
    OFFICIAL,
    WECOM,
    Running,
    new_key,
)

TOLD = load("wechat")["check"]
TOKEN = "/cgi-bin/stable_token"  # noqa: S105 - a path


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, api: FakeWechatApi, api_url: str) -> Any:
    """Sets what the commands read."""

    def given(**settings: object) -> None:
        urls = {"wechat_api_url": api_url, "wecom_api_url": api_url}
        for name, value in {**urls, **settings}.items():
            monkeypatch.setenv(f"ASSISTANT_{name.upper()}", str(value))

    return given


def checked(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """What the check says."""
    code = main(["check"])
    return code, capsys.readouterr().out


def test_a_check_without_settings_says_where_to_begin(
    environment: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    environment()
    code, told = checked(capsys)
    assert code == 1
    assert TOLD["not_configured"] in told


def test_a_check_of_what_is_right_finds_nothing_wrong(
    environment: Any, capsys: pytest.CaptureFixture[str], plain: Running, api: FakeWechatApi
) -> None:
    plain.clock.to_the_machines()
    environment(**{**OFFICIAL, "public_url": plain.url}, **WECOM, wechat_customer_service=True)
    code, told = checked(capsys)
    assert code == 0, told
    assert TOLD["permission"] in told
    assert told.count("access_token") == 2
    assert TOLD["plain_mode"] in told
    assert plain.url in told


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"wechat_aes_key": AES_KEY[:-1]}, "wechat_aes_key"),
        ({"wechat_token": "两个 字"}, "wechat_token"),
        ({"public_url": "http://127.0.0.1:9"}, "打不开"),
    ],
)
def test_a_check_names_what_is_wrong_here(
    environment: Any, capsys: pytest.CaptureFixture[str], changed: dict[str, str], said: str
) -> None:
    environment(**{**OFFICIAL, **changed})
    code, told = checked(capsys)
    assert code == 1
    assert said in told
    assert AES_KEY[:-1] not in told


@pytest.mark.parametrize(("mode", "right"), [("plain", {}), ("safe", {"wechat_aes_key": AES_KEY})])
def test_a_check_delivers_a_message_as_wechat_would(
    request: pytest.FixtureRequest, environment: Any, capsys: pytest.CaptureFixture[str],
    mode: str, right: dict[str, str],
) -> None:  # fmt: skip
    site: Running = request.getfixturevalue(mode)
    site.clock.to_the_machines()
    environment(**{**OFFICIAL, **right, "public_url": site.url})
    code, told = checked(capsys)
    assert code == 0, told
    assert TOLD["delivery"] in told
    environment(wechat_aes_key=new_key())  # of another key or another mode
    code, told = checked(capsys)
    assert code == 1
    assert TOLD["delivery_refused"].format(code=403) in told
    assert site.service.asked == []


@pytest.mark.parametrize("code", [40164, 40013, 40001, 40125, 50002, 99999])
def test_a_check_says_in_words_what_wechat_refuses(
    environment: Any, capsys: pytest.CaptureFixture[str], api: FakeWechatApi, code: int
) -> None:
    environment(**{**OFFICIAL, "public_url": ""})
    api.refusals[TOKEN] = [code]
    failed, told = checked(capsys)
    assert failed == 1
    assert TOLD["errors"].get(code, "99999") in told


def test_a_check_says_whether_messages_may_be_sent(
    environment: Any, capsys: pytest.CaptureFixture[str], api: FakeWechatApi
) -> None:
    path = "/cgi-bin/customservice/getkflist"
    for wanted, said, failed in (
        (False, "permission_missing", 0),
        (True, "permission_missing_but_set", 1),
    ):
        environment(**{**OFFICIAL, "public_url": "", "wechat_customer_service": wanted})
        api.refusals[path] = [48001]
        code, told = checked(capsys)
        assert code == failed
        assert TOLD[said] in told
    assert not any(path.endswith("/send") for path, _ in api.calls)


def test_a_check_without_a_network_says_so(
    environment: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    environment(**{**OFFICIAL, "public_url": "", "wechat_api_url": "http://127.0.0.1:9"})
    assert TOLD["unreachable"].format(who=TOLD["official"]) in checked(capsys)[1]


def test_the_menu_is_published_in_characters(
    environment: Any, capsys: pytest.CaptureFixture[str], api: FakeWechatApi
) -> None:
    environment(**OFFICIAL)
    assert main(["menu"]) == 0
    assert load("wechat")["commands"]["menu_done"] in capsys.readouterr().out
    path, body = api.calls[-1]
    assert path == "/cgi-bin/menu/create"
    assert body["button"][1]["url"] == "https://town.example/"
    assert "怎么用".encode() in api.raw[-1]
    api.refusals["/cgi-bin/menu/create"] = [48001]
    assert main(["menu"]) == 1
    assert TOLD["errors"][48001] in capsys.readouterr().err


@pytest.mark.parametrize("mode", ["plain", "safe"])
def test_the_simulator_shows_what_a_person_sees(
    request: pytest.FixtureRequest, environment: Any, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    site: Running = request.getfixturevalue(mode)
    site.clock.to_the_machines()
    key = {"wechat_aes_key": AES_KEY} if mode == "safe" else {}
    environment(**OFFICIAL, **key)
    assert main(["simulate", "--url", site.url, BUS, "继续"]) == 0
    told = capsys.readouterr().out
    assert BUS_ANSWER in told
    assert load("wechat")["nothing_pending"] in told


def test_the_simulator_reads_questions_line_by_line(
    plain: Running, environment: Any, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    plain.clock.to_the_machines()
    environment(**OFFICIAL)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{BUS}\n\n"))
    assert main(["simulate", "--url", plain.url]) == 0
    assert BUS_ANSWER in capsys.readouterr().out


def test_the_simulator_says_what_is_wrong(
    safe: Running, environment: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    safe.clock.to_the_machines()
    environment()
    assert main(["simulate", "x"]) == 2
    assert "ASSISTANT_WECHAT_TOKEN" in capsys.readouterr().err
    environment(**OFFICIAL, wechat_aes_key=new_key())
    assert main(["simulate", "--url", safe.url, "x"]) == 1
    assert "403" in capsys.readouterr().out
    assert main(["simulate", "--url", "http://127.0.0.1:9", "x"]) == 2
    assert "127.0.0.1:9" in capsys.readouterr().err
