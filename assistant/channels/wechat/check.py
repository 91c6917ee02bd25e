"""Tries the configuration and says in plain words what is wrong with it."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum

import httpx

from assistant.channels.wechat.channel import official_api, wecom_api
from assistant.channels.wechat.client import UNREACHABLE, Api, ApiError, Server
from assistant.channels.wechat.clock import SystemClock
from assistant.channels.wechat.config import Config, Entrance
from assistant.channels.wechat.send import NO_PERMISSION
from assistant.channels.wechat.signature import new_nonce, sign
from assistant.channels.wechat.simulate import WechatSide, event_message
from assistant.errors import SettingsError
from assistant.resources import load
from assistant.settings import Settings


class Verdict(StrEnum):
    """How one thing is."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried."""

    verdict: Verdict
    what: str

    def __str__(self) -> str:
        """As it is printed."""
        line: str = load("wechat")["check"][self.verdict.value]
        return line.format(what=self.what)


async def check(settings: Settings) -> AsyncIterator[Finding]:
    """Try everything that is set, one thing after the other."""
    try:
        config = Config.of(settings)
    except SettingsError as error:
        yield Finding(Verdict.BAD, str(error))
        return
    if config.empty:
        yield _finding(Verdict.BAD, "not_configured")
        return
    yield _finding(Verdict.OK, "settings")
    if not settings.public_url:
        yield _finding(Verdict.NOTE, "no_public_url")
    if config.official:
        async for finding in _official(settings, config.official):
            yield finding
    if config.app:
        server = Server(settings.wecom_api_url, SystemClock())
        yield await _token(wecom_api(settings, server), "wecom")
        await server.close()


async def _official(settings: Settings, entrance: Entrance) -> AsyncIterator[Finding]:
    if entrance.keys is None:
        yield _finding(Verdict.NOTE, "plain_mode")
    if not settings.wechat_account:
        yield _finding(Verdict.NOTE, "no_account")
    if settings.public_url:
        found = await _callback(settings.public_url.rstrip("/") + "/wechat", entrance.token)
        yield found
        if found.verdict is Verdict.OK:
            yield await _delivery(settings, entrance)
    if settings.wechat_app_secret is None:
        yield _finding(Verdict.NOTE, "no_secret")
        return
    server = Server(settings.wechat_api_url, SystemClock())
    api = official_api(settings, server)
    token = await _token(api, "official")
    yield token
    if token.verdict is Verdict.OK:
        yield await _permission(api, wanted=settings.wechat_customer_service)
    await server.close()


async def _callback(url: str, token: str) -> Finding:
    """Do what WeChat does when the address is entered there."""
    timestamp, nonce, echo = str(int(time.time())), new_nonce(), secrets.token_hex(8)
    query = {"timestamp": timestamp, "nonce": nonce, "echostr": echo}
    query["signature"] = sign(token, timestamp, nonce)
    try:
        async with httpx.AsyncClient(timeout=5.0) as client:
            response = await client.get(url, params=query)
    except (httpx.HTTPError, httpx.InvalidURL):
        return _finding(Verdict.BAD, "callback_unreachable", url=url)
    if response.status_code == 200 and response.text == echo:
        return _finding(Verdict.OK, "callback", url=url)
    return _finding(Verdict.BAD, "callback_refused", url=url, code=response.status_code)


async def _delivery(settings: Settings, entrance: Entrance) -> Finding:
    """Deliver an event that nothing is done about, in the mode and under the key that are set."""
    side = WechatSide(settings.public_url.rstrip("/"), entrance, settings.wechat_account)
    try:
        seen = await side.deliver(event_message(settings.wechat_account, "check", time.time()))
    except httpx.HTTPError:
        return _finding(Verdict.BAD, "delivery_failed")
    if seen.refused:
        return _finding(Verdict.BAD, "delivery_refused", code=seen.refused)
    return (
        _finding(Verdict.BAD, "delivery_failed")
        if seen.failed
        else _finding(Verdict.OK, "delivery")
    )


async def _token(api: Api, who: str) -> Finding:
    name = load("wechat")["check"][who]
    try:
        await api.token()
    except ApiError as error:
        return refused(error, name)
    return _finding(Verdict.OK, "token", who=name)


async def _permission(api: Api, *, wanted: bool) -> Finding:
    """Ask for something that needs the permission and changes nothing."""
    try:
        await api.call("GET", "/cgi-bin/customservice/getkflist")
    except ApiError as error:
        if error.code != NO_PERMISSION:
            return refused(error, load("wechat")["check"]["official"])
        if wanted:
            return _finding(Verdict.BAD, "permission_missing_but_set")
        return _finding(Verdict.NOTE, "permission_missing")
    return _finding(Verdict.OK, "permission" if wanted else "permission_unused")


def refused(error: ApiError, who: str) -> Finding:
    """What an errcode means for those who set this up."""
    told = load("wechat")["check"]
    known = told["errors"].get(error.code)
    if known:
        return Finding(Verdict.BAD, known)
    if error.code == UNREACHABLE:
        return _finding(Verdict.BAD, "unreachable", who=who)
    return _finding(Verdict.BAD, "unknown", who=who, code=error.code)


def _finding(verdict: Verdict, key: str, **values: object) -> Finding:
    return Finding(verdict, load("wechat")["check"][key].format(**values))
