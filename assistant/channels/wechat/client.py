"""Calls WeChat's and WeCom's server API: one token however many ask, one retry, a breaker."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, Protocol

import httpx

from assistant.channels.wechat.clock import Clock

# It writes down addresses, and these hold tokens.
logging.getLogger("httpx").setLevel(logging.WARNING)

TIMEOUT = 5.0
BREAK = 600.0
"""Seconds without a try after WeChat said that the quota is used up."""

FORCED_APART = 30.0
EARLY = 300.0
"""Seconds before its end at which a token is renewed; old and new overlap that long."""

UNREACHABLE = -2
QUOTA = 45009
STALE = (40001, 40014, 42001)


class ApiError(Exception):
    """WeChat refused; ``code`` is its errcode, or ``UNREACHABLE``."""

    def __init__(self, code: int) -> None:
        super().__init__(f"errcode {code}")
        self.code = code


class Server:
    """WeChat's server over HTTP.

    Args:
        url: its address, without a path.
        clock: the time.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self.clock = clock
        self.url = url
        self._http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT)

    async def request(
        self, method: str, path: str, query: dict[str, str], body: object = None
    ) -> dict[str, Any]:
        """The answer to a call.

        Raises:
            ApiError: it was refused or did not come.
        """
        # As it is: WeChat shows \\uXXXX to people instead of the character.
        content = None if body is None else json.dumps(body, ensure_ascii=False)
        data = None if content is None else content.encode("utf-8", "replace")
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            response = await self._http.request(
                method, path, params=query or None, content=data, headers=headers
            )
            answer = response.json()
        except (httpx.HTTPError, ValueError):
            # Without the cause: its text may hold the address with the token.
            raise ApiError(UNREACHABLE) from None
        if not isinstance(answer, dict):
            raise ApiError(UNREACHABLE)
        code = answer.get("errcode", 0)
        if code:
            raise ApiError(code if isinstance(code, int) else UNREACHABLE)
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class Tokens(Protocol):
    """How a token is got."""

    async def fetch(self, server: Server, *, force: bool) -> dict[str, Any]:
        """The answer with ``access_token`` and ``expires_in``."""


class OfficialTokens:
    """The official account's, by stable_token: asking again gives the same one."""

    def __init__(self, app_id: str, secret: str) -> None:
        self._given = {"appid": app_id, "secret": secret}

    async def fetch(self, server: Server, *, force: bool) -> dict[str, Any]:
        """The answer with ``access_token`` and ``expires_in``."""
        body = {"grant_type": "client_credential", **self._given, "force_refresh": force}
        return await server.request("POST", "/cgi-bin/stable_token", {}, body)


class WecomTokens:
    """A self-built app's."""

    def __init__(self, corp_id: str, secret: str) -> None:
        self._given = {"corpid": corp_id, "corpsecret": secret}

    async def fetch(self, server: Server, *, force: bool) -> dict[str, Any]:
        """The answer with ``access_token`` and ``expires_in``."""
        return await server.request("GET", "/cgi-bin/gettoken", self._given)


class Api:
    """The server with a token that is fetched when needed and shared."""

    def __init__(self, server: Server, tokens: Tokens) -> None:
        self._server = server
        self._tokens = tokens
        self._clock = server.clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._ends = 0.0
        self._forced = 0.0
        self._closed_until = 0.0

    async def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The answer to a call that needs a token.

        Raises:
            ApiError: it was refused, the quota is used up, or nothing answered.
        """
        if self._clock.now() < self._closed_until:
            raise ApiError(QUOTA)
        token = await self.token()
        try:
            try:
                return await self._try(method, path, token, body)
            except ApiError as error:
                if error.code not in STALE:
                    raise
            return await self._try(method, path, await self.token(stale=token), body)
        except ApiError as error:
            if error.code == QUOTA:
                self._closed_until = self._clock.now() + BREAK
            raise

    async def token(self, stale: str = "") -> str:
        """A token that is not ``stale``.

        Raises:
            ApiError: none was given.
        """
        async with self._lock:
            now = self._clock.now()
            if not self._token or self._token == stale or now >= self._ends:
                await self._renew(stale, now)
            return self._token

    async def _renew(self, stale: str, now: float) -> None:
        got = await self._tokens.fetch(self._server, force=False)
        if got.get("access_token") == stale and now - self._forced >= FORCED_APART:
            self._forced = now
            got = await self._tokens.fetch(self._server, force=True)
        token, lasts = got.get("access_token"), got.get("expires_in")
        if not (isinstance(token, str) and token and isinstance(lasts, int)):
            raise ApiError(UNREACHABLE)
        self._token, self._ends = token, now + max(60.0, lasts - EARLY)

    async def _try(self, method: str, path: str, token: str, body: object) -> dict[str, Any]:
        return await self._server.request(method, path, {"access_token": token}, body)

    async def close(self) -> None:
        """Close the connections."""
        await self._server.close()
