"""The addresses that WeChat and WeCom call; one that is not set is not found."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from assistant.channels.wechat.channel import Wechat
from assistant.channels.wechat.official import OfficialAccount
from assistant.channels.wechat.signature import Query
from assistant.channels.wechat.wecom_app import WecomApp
from assistant.channels.wechat.wecom_bot import WecomBot
from assistant.errors import NotFoundError

router = APIRouter(include_in_schema=False)
_SUCCESS = "success"
_Part = TypeVar("_Part")


@router.get("/wechat")
async def verify_official(request: Request) -> Response:
    """Show WeChat that the token is known here."""
    query = _query(request)
    _official(request).gate.check(query)
    return _plain(query.echostr)


@router.post("/wechat")
async def receive_official(request: Request) -> Response:
    """One delivery of a message or an event."""
    official, arrived = _official(request), _wechat(request).clock.now()
    query = _query(request)
    official.gate.check(query)
    body = await _body(request)
    async with _watched(request) as gone:
        reply = await official.receive(query, body, arrived, gone)
    return Response(reply, media_type="text/xml") if reply else _plain(_SUCCESS)


@router.get("/wecom")
async def verify_app(request: Request) -> Response:
    """Show WeCom that token and key are known here."""
    return _plain(_app(request).gate.echo(_query(request)))


@router.post("/wecom")
async def receive_app(request: Request) -> Response:
    """One delivery of a message; the answer is sent by itself."""
    await _app(request).receive(_query(request), await _body(request))
    return _plain("")


@router.get("/wecom/bot")
async def verify_bot(request: Request) -> Response:
    """Show WeCom that token and key are known here."""
    return _plain(_bot(request).gate.echo(_query(request)))


@router.post("/wecom/bot")
async def receive_bot(request: Request) -> Response:
    """A message to the bot, or a poll for its answer."""
    arrived = _wechat(request).clock.now()
    bot = _bot(request)
    reply = await bot.receive(_query(request), await _body(request), arrived)
    return Response(reply, media_type="application/json") if reply else _plain("")


def _set_up(found: _Part | None) -> _Part:
    """What was set up; what was not has no address."""
    if found is None:
        raise NotFoundError("error_not_found")
    return found


def _wechat(request: Request) -> Wechat:
    found: Wechat | None = request.app.state.wechat
    return _set_up(found)


def _official(request: Request) -> OfficialAccount:
    return _set_up(_wechat(request).official)


def _app(request: Request) -> WecomApp:
    return _set_up(_wechat(request).app)


def _bot(request: Request) -> WecomBot:
    return _set_up(_wechat(request).bot)


def _query(request: Request) -> Query:
    return Query.of(request.query_params)


def _plain(text: str) -> Response:
    # As bytes and without a mark in front: WeCom compares every one of them.
    return Response(text.encode("utf-8", "replace"), media_type="text/plain")


async def _body(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect:
        return b""


@contextlib.asynccontextmanager
async def _watched(request: Request) -> AsyncIterator[asyncio.Event]:
    """An event that is set when the connection is closed."""
    gone = asyncio.Event()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    task = asyncio.create_task(watch())
    try:
        yield gone
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
