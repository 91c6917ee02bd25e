"""Staff's journeys in a real browser: sign in with two factors, search, open, copy; axe finds nothing."""

from __future__ import annotations

import re
import shutil
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pyotp
import pytest
import uvicorn
from playwright.sync_api import Page, expect, sync_playwright

from assistant.segment import Segmenter
from assistant.store.staff import SERVER
from assistant.types import Role
from tests.answering.readers import PlainReader
from tests.channels.conftest import ANSWERED, Site, open_site
from tests.channels.staff import PASSWORD
from tests.conftest import DOCUMENTS

CHROMIUM = shutil.which("chromium")
TIMEOUT = 60_000
"""Milliseconds that anything may take on a slow machine; nothing waits longer than it must."""
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter
) -> Iterator[tuple[Site, str]]:
    """The application on a port of its own, with its address."""
    folder: Path = tmp_path_factory.mktemp("browser")
    with (
        open_site(folder, segmenter, PlainReader(count=2), DOCUMENTS) as site,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        server = uvicorn.Server(uvicorn.Config(site.app, lifespan="off", log_level="error"))
        # What connects before it serves waits at the socket, so nobody has to.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield site, f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(params=["light", "dark"])
def page(served: tuple[Site, str], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A new browser before which nobody has signed in; what it complains of fails the test."""
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            base_url=served[1], color_scheme=request.param,
            permissions=["clipboard-read", "clipboard-write"],
        )  # fmt: skip
        context.set_default_timeout(TIMEOUT)
        expect.set_options(timeout=TIMEOUT)
        opened = context.new_page()
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.on(
            "console", lambda said: problems.append(said.text) if said.type == "error" else None
        )
        yield opened
        browser.close()
    assert not problems


def accessible(page: Page) -> None:
    """Axe finds nothing against WCAG 2.2 A and AA."""
    page.evaluate(AXE)
    found = page.evaluate(
        "(tags) => axe.run({runOnly: tags}).then(r => r.violations.map("
        "v => [v.id, v.nodes.map(n => n.html + n.failureSummary)]))",
        RULES,
    )
    assert found == [], page.url


def join(page: Page, site: Site, role: Role) -> None:
    """Take up an invitation and set up the second factor, as a person would."""
    name = f"甲{role.value}{len(site.assembly.staff.accounts())}"
    page.goto("/staff/invitations/" + site.assembly.staff.create(name, role, SERVER))
    accessible(page)
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("text=保存密码")
    accessible(page)
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("text=下一步")
    expect(page.get_by_alt_text("设置验证器的二维码")).to_be_visible()
    accessible(page)
    secret = page.locator("main code").inner_text()
    page.fill("#code", pyotp.TOTP(secret).at(datetime.now(UTC)))
    page.get_by_role("button", name="登录").click()
    expect(page.locator(".codes code")).to_have_count(8)
    accessible(page)
    page.click("text=我已保存，继续")
    expect(page).to_have_url(re.compile("/staff/search$"))


def test_staff_get_in_search_open_the_passage_and_copy_its_citation(
    served: tuple[Site, str], page: Page
) -> None:
    join(page, served[0], Role.READER)
    page.fill("#q", "最低生活保障的申请条件")
    page.click("text=查找")
    accessible(page)
    first = page.locator(".found > li").filter(has=page.locator("mark")).first
    expect(first.locator("mark").first).to_be_visible()
    first.get_by_role("button", name="复制引用").click()
    expect(first.get_by_role("button", name="已复制")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == first.locator(".cited span").inner_text()
    assert re.fullmatch(r"《.+》(（.+）)?(第.+条)?", copied)
    first.locator("h3 a").click()
    expect(page.locator("#quote")).to_be_in_viewport()
    accessible(page)
    page.get_by_role("navigation", name="目录").locator("a").first.click()
    expect(page).to_have_url(re.compile("#line-"))


def test_staff_see_how_a_question_is_answered(served: tuple[Site, str], page: Page) -> None:
    join(page, served[0], Role.READER)
    page.get_by_role("link", name="试问").click()
    page.fill("#question", ANSWERED)
    page.get_by_role("button", name="提问").click()
    expect(page.locator(".answer[data-status=answered]")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(6)
    accessible(page)


def test_an_administrator_deletes_a_conversation_after_being_asked_and_reads_the_log(
    served: tuple[Site, str], page: Page
) -> None:
    site = served[0]
    join(page, site, Role.ADMINISTRATOR)
    asked = site.ask("汛期是什么时候？")
    page.get_by_role("link", name="问了什么").click()
    accessible(page)
    button = page.get_by_role("button", name="删除这段对话：汛期是什么时候？").first
    page.once("dialog", lambda dialog: dialog.dismiss())
    button.click()
    assert site.client.get(f"/answers/{asked['answer_id']}").status_code == 200
    page.once("dialog", lambda dialog: dialog.accept())
    with page.expect_navigation():
        button.click()
    assert site.client.get(f"/answers/{asked['answer_id']}").status_code == 404
    for name in ("操作记录", "账号管理", "我的账号", "文档"):
        page.get_by_role("link", name=name, exact=True).click()
        accessible(page)
    page.get_by_role("button", name=re.compile("^退出（")).click()
    expect(page).to_have_url(re.compile("/staff/sign-in$"))
