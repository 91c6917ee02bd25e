"""Puts the channel together from the settings and lets it live as long as the application."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

from pydantic import SecretStr

from assistant.assembly import Assembly
from assistant.channels.wechat.answerer import Answerer
from assistant.channels.wechat.client import Api, OfficialTokens, Server, WecomTokens
from assistant.channels.wechat.clock import Clock, SystemClock
from assistant.channels.wechat.config import Config
from assistant.channels.wechat.deliver import Deliveries
from assistant.channels.wechat.gate import Gate
from assistant.channels.wechat.jobs import Jobs
from assistant.channels.wechat.official import CHANNEL as OFFICIAL
from assistant.channels.wechat.official import OfficialAccount
from assistant.channels.wechat.people import Hasher, MappedStaff, StaffDirectory, load_key
from assistant.channels.wechat.send import Sender, customer_service
from assistant.channels.wechat.wecom_app import CHANNEL as APP
from assistant.channels.wechat.wecom_app import AppMessage, WecomApp
from assistant.channels.wechat.wecom_bot import CHANNEL as BOT
from assistant.channels.wechat.wecom_bot import WecomBot
from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Wechat:
    """The entrances that are set, and what works behind them."""

    clock: Clock
    jobs: Jobs
    official: OfficialAccount | None
    app: WecomApp | None
    bot: WecomBot | None
    servers: tuple[Server, ...]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work in the background meanwhile."""
        task = asyncio.create_task(self.jobs.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            for server in self.servers:
                await server.close()


def build(assembly: Assembly, config: Config, clock: Clock | None = None) -> Wechat | None:
    """The channel, or None where nothing of it is set."""
    if config.empty:
        return None
    given = assembly.settings
    clock = clock or SystemClock()
    hashed = Hasher(load_key(secret(given.wechat_hash_key), given.data_dir))
    jobs = Jobs(assembly.wechat_store, Answerer(assembly), clock, os.cpu_count() or 1)
    servers = Server(given.wechat_api_url, clock), Server(given.wecom_api_url, clock)
    staff = MappedStaff(given.wecom_staff, assembly.staff)
    return Wechat(
        clock, jobs, _official(given, config, hashed, jobs, servers[0]),
        _app(given, config, hashed, jobs, servers[1], staff),
        _bot(config, hashed, jobs, servers[1], staff), servers,
    )  # fmt: skip


def official_api(given: Settings, server: Server) -> Api:
    """The official account's server API."""
    return Api(server, OfficialTokens(given.wechat_app_id, secret(given.wechat_app_secret)))


def wecom_api(given: Settings, server: Server) -> Api:
    """The WeCom app's server API."""
    return Api(server, WecomTokens(given.wecom_corp_id, secret(given.wecom_secret)))


def secret(given: SecretStr | None) -> str:
    """A secret setting, or nothing."""
    return given.get_secret_value() if given else ""


def _official(
    given: Settings, config: Config, hashed: Hasher, jobs: Jobs, server: Server
) -> OfficialAccount | None:
    if config.official is None:
        return None
    sender = None
    if given.wechat_customer_service:
        path = "/cgi-bin/message/custom/send"
        api = official_api(given, server)
        sender = Sender(jobs, api, path, customer_service, given.public_url)
        jobs.after[OFFICIAL] = sender.finished
    gate = Gate(config.official, hashed, jobs)
    return OfficialAccount(gate, jobs, Deliveries(jobs), hashed, sender, given.wechat_account)


def _app(
    given: Settings,
    config: Config,
    hashed: Hasher,
    jobs: Jobs,
    server: Server,
    staff: StaffDirectory,
) -> WecomApp | None:
    if config.app is None or given.wecom_agent_id is None:
        return None
    message = AppMessage(given.wecom_agent_id)
    api = wecom_api(given, server)
    sender = Sender(jobs, api, "/cgi-bin/message/send", message, given.public_url)
    jobs.after[APP] = sender.finished
    gate = Gate(config.app, hashed, jobs)
    return WecomApp(gate, jobs, hashed, sender, staff, given.wecom_corp_id)


def _bot(
    config: Config, hashed: Hasher, jobs: Jobs, server: Server, staff: StaffDirectory
) -> WecomBot | None:
    if config.bot is None:
        return None
    bot = WecomBot(Gate(config.bot, hashed, jobs), jobs, hashed, staff, server)
    jobs.after[BOT] = bot.late
    return bot
