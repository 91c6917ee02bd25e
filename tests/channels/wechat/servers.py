"""Servers on loopback: the application itself, and a small copy of WeChat's server API."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp


class _Server(uvicorn.Server):
    """Says when it has begun."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin."""
        await super().startup(sockets)
        self.begun.set()


@contextlib.contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address of ``app``, served meanwhile in a thread of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="on")
    server = _Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    assert server.begun.wait(120)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        # WeChat's connections may stay open; they end with the test.
        server.force_exit = True
        thread.join(60)
        listening.close()


class FakeWechatApi:
    """WeChat's and WeCom's server API, as far as the assistant calls it.

    ``refusals`` holds, by path, the errcodes that the next calls are answered with. A token is
    good until ``expire``; every fetch after that gives a new one.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.refusals: dict[str, list[int]] = {}
        self.raw: list[bytes] = []
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._generation = 1
        self._stuck = False
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])

    def clear(self) -> None:
        """Forget what was called."""
        with self._lock:
            self.calls.clear()
            self.raw.clear()
            self.refusals.clear()

    def expire(self) -> None:
        """Let the token be good no more."""
        with self._lock:
            self._generation += 1

    def count(self) -> Counter[str]:
        """How often each path was called."""
        with self._lock:
            return Counter(path for path, _ in self.calls)

    def sent(self, person: str) -> list[str]:
        """The texts that a person was sent."""
        with self._lock:
            return [
                body["text"]["content"]
                for path, body in self.calls
                if path.endswith("/send") and body["touser"] == person
            ]

    def wait_for(self, path: str, count: int) -> None:
        """Come back once a path was called so often."""
        with self._lock:
            assert self._arrived.wait_for(
                lambda: sum(p == path for p, _ in self.calls) >= count, 60
            )

    async def _answer(self, request: Request) -> JSONResponse:
        raw = await request.body()
        body = (await request.json()) if raw else dict(request.query_params)
        path = request.url.path
        with self._lock:
            self.calls.append((path, body))
            self.raw.append(raw)
            self._arrived.notify_all()
            waiting = self.refusals.get(path)
            refusal = waiting.pop(0) if waiting else 0
            token = f"token-{self._generation}"
        if refusal:
            return JSONResponse({"errcode": refusal, "errmsg": "refused"})
        if path in ("/cgi-bin/stable_token", "/cgi-bin/gettoken"):
            return JSONResponse({"access_token": token, "expires_in": 7200})
        if path.startswith("/response"):
            return JSONResponse({"errcode": 0})
        if request.query_params.get("access_token") != token:
            return JSONResponse({"errcode": 42001, "errmsg": "expired"})
        return JSONResponse({"errcode": 0, "errmsg": "ok"})
