"""Debian's Chromium, a server over the town's own documents, and a smaller one to be hard on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assistant.resources import load
from tests.browser.servers import (
    ROOT,
    Running,
    Site,
    environment,
    fetched,
    free_port,
    running,
    wait_for,
)

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
TIMEOUT = 60_000
"""Milliseconds that anything may take on a slow machine; nothing waits longer than it must."""

RESIDENTS = ip_network("198.18.0.0/15").hosts()
"""Addresses for residents, from the block that is kept for tests."""

CHAT = load("chat")["chat"]
WIDGET = load("chat")["widget"]


@dataclass
class Chat:
    """A page with the chat, as a resident uses it."""

    page: Page
    address: str
    problems: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Chat:
        """Load it and wait until it can be asked."""
        self.page.goto(self.address + path)
        expect(self.page.locator("html[data-ready]")).to_be_attached()
        return self

    def ask(self, question: str) -> None:
        """Type a question and send it."""
        self.page.fill("#question", question)
        self.page.press("#question", "Enter")

    def ask_and_wait(self, question: str) -> None:
        """The same, until the reply is there."""
        before = self.replies()
        self.ask(question)
        expect(self.page.locator(".reply[data-status]")).to_have_count(before + 1)

    def replies(self) -> int:
        """How many replies there are."""
        return self.page.locator(".reply[data-status]").count()


NewChat = Callable[..., Chat]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser, without a window.

    Not for the whole session: while it is there an event loop runs, and tests elsewhere run theirs.
    """
    assert CHROMIUM.exists(), "Chromium is missing: run `make test`, or install it"
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """A site that may embed the chat."""
    opened = Site()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def other_site() -> Iterator[Site]:
    """A site that may not."""
    opened = Site()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def town_server(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, site: Site
) -> Iterator[Running]:
    """The program as it is run, over the town's own documents."""
    data = tmp_path_factory.mktemp("browser")
    (data / "models").mkdir()
    (data / "models" / "default").symlink_to(model_folder, target_is_directory=True)
    settings = {"ASSISTANT_EMBED_ORIGINS": site.address, "ASSISTANT_QUESTIONS_PER_MINUTE": "0"}
    command = [sys.executable, "ingest.py", "--data-dir", str(data)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=environment(settings))
    with running(["server.py"], free_port(), data, settings) as server:
        # What can be asked is found out in the background.
        wait_for(lambda: fetched(f"{server.address}/api/suggestions")["suggestions"])
        yield server


@pytest.fixture(scope="session")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A few documents, one of them hostile; three questions a minute from one address."""
    settings = {
        "ASSISTANT_QUESTIONS_PER_MINUTE": "3",
        "ASSISTANT_TRUSTED_PROXIES": "127.0.0.1",
    }
    data = tmp_path_factory.mktemp("small")
    with running(["-m", "tests.browser.small_server"], free_port(), data, settings) as server:
        yield server


@pytest.fixture
def new_chat(browser: Browser) -> Iterator[NewChat]:
    """Opens chats, each in a browser of its own; at the end none may have met an error of a script."""
    opened: list[Chat] = []

    def new(server: Running, *, width: int = 390, height: int = 844, **context: object) -> Chat:
        # Each is another resident where questions are counted by address, and never one seen before.
        proxied = "ASSISTANT_TRUSTED_PROXIES" in server.settings
        address = {"X-Forwarded-For": str(next(RESIDENTS))}
        made = browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            reduced_motion="reduce",
            extra_http_headers=address if proxied else None,
            **context,  # type: ignore[arg-type]
        )
        made.set_default_timeout(TIMEOUT)
        chat = Chat(made.new_page(), server.address)
        watch(chat)
        opened.append(chat)
        return chat

    yield new
    for chat in opened:
        chat.page.context.close()
        assert chat.problems == []


def watch(chat: Chat) -> None:
    """Note errors of scripts, breaches of a policy, and requests to anyone else but this machine."""
    page = chat.page
    page.on("pageerror", lambda error: chat.problems.append(str(error)))
    page.on(
        "console",
        lambda message: (
            chat.problems.append(message.text) if "Content Security" in message.text else None
        ),
    )
    page.on("dialog", lambda dialog: chat.problems.append(f"dialog: {dialog.message}"))
    page.on(
        "request",
        lambda request: (
            chat.problems.append(request.url)
            if urlsplit(request.url).hostname not in ("127.0.0.1", None)
            else None
        ),
    )


@pytest.fixture
def chat(new_chat: NewChat, town_server: Running) -> Chat:
    """A chat over the town's documents, on a telephone's screen."""
    return new_chat(town_server).open()
