"""Assembles the web application: routes, errors, request ids, limits and security headers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.assembly import Assembly
from assistant.channels import api, errors, page, widget
from assistant.channels.console.routes import ROUTERS
from assistant.channels.console.uploads import UPLOADS
from assistant.channels.limits import RateLimit
from assistant.channels.wechat import routes as wechat_routes
from assistant.channels.wechat.channel import build as build_wechat
from assistant.channels.wechat.clock import Clock
from assistant.channels.wechat.config import Config as WechatConfig
from assistant.errors import ParseError
from assistant.indexing.parse import MOST_BYTES
from assistant.resources import load

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024
"""Bytes that a request's body may have."""
UPLOAD_LIMIT = MOST_BYTES + BODY_LIMIT
"""The same where files are uploaded: the largest file, and the form around it."""

HELP_TIMES = 4
"""How many times as many questions over the limit are still looked at for a call for help."""

REFRESH_SECONDS = 2.0
EXPIRE_SECONDS = 3600.0
STOP_SECONDS = 5.0

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors {ancestors}"
)
_CHAT_POLICY = f"{_POLICY}; script-src 'self'; connect-src 'self'"
"""For the pages with the chat and those for staff; the others run no script."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# FastAPI's own documentation pages load their script from elsewhere.
_DOCS = ("/docs", "/redoc")


def create_app(assembly: Assembly, clock: Clock | None = None) -> FastAPI:
    """The application over ``assembly``, whose models and index are loaded as it starts.

    Raises:
        SettingsError: what is set of WeChat cannot be used.
    """
    wechat = build_wechat(assembly, WechatConfig.of(assembly.settings), clock)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(_load, assembly)
        app.state.assembly = assembly
        tasks = [
            asyncio.create_task(_repeat(assembly.index.refresh, REFRESH_SECONDS)),
            asyncio.create_task(_repeat(assembly.pipeline.check_suggestions, REFRESH_SECONDS)),
            asyncio.create_task(_repeat(assembly.conversations.expire, EXPIRE_SECONDS)),
        ]
        librarian = threading.Thread(target=assembly.librarian.run, name="librarian", daemon=True)
        librarian.start()
        async with wechat.running() if wechat else contextlib.nullcontext():
            yield
        for task in tasks:
            task.cancel()
        assembly.librarian.stop()
        await anyio.to_thread.run_sync(librarian.join, STOP_SECONDS)

    title = load("replies")["page"]["title"]
    # The documentation page with its script from the package: it works without a network.
    app = FastAPIOffline(redoc_url=None, title=title, version="0.1.0", lifespan=lifespan)
    app.state.assembly = None
    given = assembly.settings
    per_minute = given.questions_per_minute
    app.state.rate_limit = RateLimit(per_minute, given.trusted_proxies)
    app.state.help_limit = RateLimit(per_minute * HELP_TIMES, given.trusted_proxies)
    errors.install(app)
    app.include_router(api.router)
    app.include_router(page.router)
    app.include_router(widget.router)
    app.state.wechat = wechat
    app.include_router(wechat_routes.router)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    # Streams are left as they are, and so are uploaded files: most are compressed already.
    left = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream")
    app.add_middleware(GZipMiddleware, exclude_content_types=left)
    app.add_middleware(Envelope, embed_origins=given.embed_origins)
    return app


def _load(assembly: Assembly) -> None:
    """Load what the first question would else wait for, and answer one to warm up."""
    assembly.index.refresh()
    assembly.pipeline.warm_up()


async def _repeat(work: Callable[[], object], seconds: float) -> None:
    """Do ``work`` now and every so often; what goes wrong is logged, once, and tried again."""
    logged = ""
    while True:
        try:
            await anyio.to_thread.run_sync(work)
            logged = ""
        # Of any kind, or one failure would be the last time that it is tried.
        except Exception as error:
            if str(error) != logged:
                logged = str(error)
                log.error("%s: %s", getattr(work, "__name__", "work"), error)
        await asyncio.sleep(seconds)


def _told_length(scope: Scope) -> int:
    """The length of the body as the request tells it; 0 where it does not."""
    told = Headers(scope=scope).get("content-length", "")
    return int(told) if told.isascii() and told.isdecimal() else 0


class Envelope:
    """Gives each request an id and each response its headers, that of an unforeseen error too.

    Refuses a body that is too large; takes HEAD for GET, whose body the server leaves out.

    Plain ASGI, so that a stream is passed on as it comes.
    """

    def __init__(self, app: ASGIApp, embed_origins: Sequence[str]) -> None:
        self._app = app
        nobody = "'none'"
        embedders = " ".join(embed_origins) or nobody
        self._policy = _POLICY.format(ancestors=nobody)
        self._chat_policies = {
            "/": _CHAT_POLICY.format(ancestors=nobody),
            "/embed": _CHAT_POLICY.format(ancestors=embedders),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wrap one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        uploading = (scope["method"], scope["path"]) in UPLOADS
        limit = UPLOAD_LIMIT if uploading else BODY_LIMIT
        received = 0
        begun = False

        def check(length: int) -> None:
            if length > limit and uploading:
                raise ParseError("file_too_large", limit=MOST_BYTES // 1_000_000)
            if length > limit:
                raise HTTPException(413)

        async def limited() -> Message:
            nonlocal received
            if not received:
                # Before any of it is read, yet after whoever wants it has been asked who they are.
                check(_told_length(scope))
            message = await receive()
            received += len(message.get("body", b""))
            check(received)
            return message

        async def labelled(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                if not scope["path"].startswith(_DOCS):
                    for name, value in _HEADERS.items():
                        headers[name] = value
                    policy = self._chat_policies.get(scope["path"], self._policy)
                    if scope["path"].startswith("/staff"):
                        policy = self._chat_policies["/"]
                    headers["Content-Security-Policy"] = policy
                # What is not one of our own files may hold what somebody asked; those are asked
                # for anew each time, so that scripts of two versions never meet.
                headers["Cache-Control"] = "no-cache" if "etag" in headers else "no-store"
            await send(message)

        try:
            await self._app(scope, limited, labelled)
        except Exception:
            # Not in a handler of the app: what that sends no longer passes through here. The
            # log gets the trace, the person the number to find it by.
            log.exception("%s failed", request_id)
            if begun:
                raise
            response = errors.error_response(Request(scope), "error_internal")
            await response(scope, receive, labelled)
