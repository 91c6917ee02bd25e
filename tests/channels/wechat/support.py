"""What the tests of WeChat share: the running application, messages, and the other side's keys."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from wechatpy.crypto import WeChatCrypto

from assistant.answering.service import ChatService, Reply
from assistant.assembly import Assembly
from assistant.channels.app import create_app
from assistant.channels.wechat.config import Config, Entrance
from assistant.channels.wechat.jobs import Jobs
from assistant.channels.wechat.messages import read_fields
from assistant.channels.wechat.signature import new_nonce, sign
from assistant.channels.wechat.simulate import text_message
from assistant.segment import Segmenter
from assistant.settings import load_settings
from assistant.types import Audience, Role
from tests.answering.readers import PlainReader
from tests.channels.wechat.clock import ManualClock
from tests.channels.wechat.servers import served
from tests.conftest import DOCUMENTS, NoProgress
from tests.fakes import HashEmbedder

TOKEN = "tokenOfTheTown"  # noqa: S105 - of the tests
ACCOUNT = "gh_town"
APP_ID = "wx0123456789abcdef"
CORP_ID = "ww0123456789abcdef"
ALLOWANCE = "受理之后多少个工作日内作出审核决定？"
ALLOWANCE_ANSWER = "二十个工作日内作出审核决定"
BUS = "六十五周岁以上的老人乘坐的全程票价多少元？"
BUS_ANSWER = "全程票价六元"
STAFF = "节假日值班由两名机关干部负责，每班几小时？"
STAFF_ANSWER = "每班二十四小时"

numbers = itertools.count(7_000_000_000)
seconds = itertools.count(1)


def new_key() -> str:
    """An EncodingAESKey."""
    return base64.b64encode(secrets.token_bytes(32)).decode()[:43]


AES_KEY, OLD_KEY, APP_KEY, BOT_KEY = (new_key() for _ in range(4))

OFFICIAL = {
    "wechat_token": TOKEN,
    "wechat_account": ACCOUNT,
    "wechat_app_id": APP_ID,
    "wechat_app_secret": "secret-of-the-account",
    "wechat_hash_key": "key-of-the-hashes",
    "public_url": "https://town.example",
}
WECOM = {
    "wecom_corp_id": CORP_ID,
    "wecom_agent_id": 1000002,
    "wecom_secret": "secret-of-the-app",
    "wecom_token": TOKEN,
    "wecom_aes_key": APP_KEY,
    "wecom_bot_token": TOKEN,
    "wecom_bot_aes_key": BOT_KEY,
    "wecom_staff": "ZhangSan=张三，lisi",
}


class TimedService:
    """The real service, with its answers held back until their time has come."""

    def __init__(self, real: ChatService, clock: ManualClock) -> None:
        self._real = real
        self._clock = clock
        self._lock = threading.Lock()
        self.asked: list[str] = []
        self.ready: dict[str, float] = {}
        self.broken = False

    def restart(self) -> None:
        """Forget what was asked; everything is answered at once again."""
        with self._lock:
            self.asked = []
        self.ready = {}
        self.broken = False

    def ask(
        self,
        text: str,
        conversation: str | None = None,
        audience: Audience = Audience.RESIDENTS,
        channel: str = "",
    ) -> Reply:
        """Answer when it is time."""
        with self._lock:
            self.asked.append(text)
        if self.broken:
            raise RuntimeError("the assistant is down")
        if text in self.ready:
            self._clock.block(self.ready[text])
        return self._real.ask(text, conversation, audience, channel)


@dataclass(frozen=True)
class Running:
    """The application, served."""

    url: str
    assembly: Assembly
    clock: ManualClock
    service: TimedService
    entrance: Entrance | None
    jobs: Jobs
    client: httpx.Client = field(repr=False)

    def query(self, **more: str) -> dict[str, str]:
        """Parameters with a good signature."""
        timestamp, nonce = str(int(self.clock.now())), new_nonce()
        signature = sign(TOKEN, timestamp, nonce)
        return {"signature": signature, "timestamp": timestamp, "nonce": nonce, **more}

    def post(
        self, body: str | bytes, query: dict[str, str] | None = None, path: str = "/wechat"
    ) -> httpx.Response:
        """Deliver a body."""
        content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        return self.client.post(path, params=query or self.query(), content=content)

    def ask(self, person: str, text: str) -> str:
        """The reply to a person's text; empty where there is none."""
        response = self.post(text_message(ACCOUNT, person, text, next(numbers), self.clock.now()))
        assert response.status_code == 200, response.text
        return content(response.text)


def content(xml: str) -> str:
    """The text of a reply; empty where there is none."""
    return "" if xml in ("", "success") else read_fields(xml)[0]["Content"]


def event(person: str, name: str, key: str = "", created: float = 0.0) -> str:
    """An event as WeChat sends it."""
    return (
        f"<xml><ToUserName>{ACCOUNT}</ToUserName><FromUserName>{person}</FromUserName>"
        f"<CreateTime>{int(created)}</CreateTime><MsgType>event</MsgType>"
        f"<Event>{name}</Event><EventKey>{key}</EventKey></xml>"
    )


def peer(key: str = AES_KEY, identity: str = APP_ID) -> WeChatCrypto:
    """The independent implementation."""
    return WeChatCrypto(TOKEN, key, identity)


def sealed(clock: ManualClock, text: str, crypto: WeChatCrypto, **more: str) -> tuple[Any, str]:
    """Parameters and body of an encrypted message, made by the independent implementation."""
    timestamp, nonce = str(int(clock.now())), new_nonce()
    body = crypto.encrypt_message(text, nonce, timestamp)
    fields, _ = read_fields(body)
    query = {"timestamp": timestamp, "nonce": nonce, "msg_signature": fields["MsgSignature"]}
    return {**query, **more}, body


def both(query: dict[str, str]) -> dict[str, str]:
    """The signature over the address, which an official account's messages have as well."""
    return {"signature": sign(TOKEN, query["timestamp"], query["nonce"])}


@contextlib.contextmanager
def running(
    folder: Path, segmenter: Segmenter, clock: ManualClock, given: dict[str, Any]
) -> Iterator[Running]:
    """The application with these settings over the small folder of documents."""
    for name, text in DOCUMENTS.items():
        path = folder / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    settings = load_settings(data_dir=folder / "data", **given)
    assembly = Assembly(settings, say=lambda _: None)
    vars(assembly).update(segmenter=segmenter, embedder=HashEmbedder(), reader=PlainReader())
    assembly.indexer.run(folder / "corpus", NoProgress())
    if not assembly.staff.accounts():
        assembly.staff.create("主管", Role.ADMINISTRATOR, "test")
        for account in ("张三", "lisi"):
            assembly.staff.create(account, Role.READER, "test")
    service = TimedService(assembly.service, clock)
    vars(assembly)["service"] = service
    app = create_app(assembly, clock)
    with (
        served(app) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield Running(
            url,
            assembly,
            clock,
            service,
            Config.of(settings).official,
            app.state.wechat.jobs,
            client,
        )
    assembly.engine.dispose()


def fresh(site: Running) -> Running:
    """The same application, with nothing asked and the seconds counted anew."""
    site.service.restart()
    site.clock.restart()
    return site


async def dropped(task: asyncio.Future[Any]) -> None:
    """Close a connection as WeChat does after five seconds."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def next_second(clock: ManualClock) -> float:
    """A second that no event was of yet."""
    return clock.now() + next(seconds)


def settled(site: Running) -> None:
    """Come back when what goes on in the background is done."""
    for task in list(site.jobs._tasks):
        waiting = asyncio.run_coroutine_threadsafe(_done(task), task.get_loop())
        waiting.result(60)


async def _done(task: asyncio.Task[None]) -> None:
    await asyncio.wait([task])
