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
from playwright.sync_api import Locator, Page, expect, sync_playwright

from assistant.segment import Segmenter
from assistant.store.staff import SERVER
from assistant.types import Role
from tests.answering.readers import PlainReader
from tests.browser.servers import ROOT
from tests.browser.servers import Site as Town
from tests.channels.conftest import ANSWERED, Site, open_site
from tests.channels.staff import PASSWORD
from tests.conftest import DOCUMENTS

SAMPLE = ROOT / "examples" / "embedding"
SAMPLED = "http://127.0.0.1:8000"
"""Where the sample page expects the assistant."""
CHROMIUM = shutil.which("chromium")
TIMEOUT = 60_000
"""Milliseconds that anything may take on a slow machine; nothing waits longer than it must."""
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """The town's own site, which may embed the chat."""
    opened = Town()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter, town: Town
) -> Iterator[tuple[Site, str]]:
    """The application on a port of its own, with its address."""
    folder: Path = tmp_path_factory.mktemp("browser")
    embeds = {"embed_origins": town.address}
    with (
        open_site(folder, segmenter, PlainReader(count=2), DOCUMENTS, **embeds) as site,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        server = uvicorn.Server(uvicorn.Config(site.app, lifespan="off", log_level="error"))
        # What connects before it serves waits at the socket, so nobody has to.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        town.pages = {
            "/": (
                "text/html",
                (SAMPLE / "index.html").read_text("utf-8").replace(SAMPLED, address),
            ),
            "/site.css": ("text/css", (SAMPLE / "site.css").read_text("utf-8")),
        }
        yield site, address
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
            "console",
            # A refusal is told as one by its status, which the browser notes.
            lambda said: (
                problems.append(said.text)
                if said.type == "error" and "status of 422" not in said.text
                else None
            ),
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


def test_a_link_of_another_site_leads_on_by_one_more_click(
    served: tuple[Site, str], page: Page
) -> None:
    join(page, served[0], Role.READER)
    page.goto("about:blank")
    page.set_content(f'<a href="{served[1]}/staff/documents">文档</a>')
    page.click("text=文档")
    expect(page).to_have_url(re.compile("/staff/sign-in"))
    accessible(page)
    page.click("text=点这里继续")
    expect(page).to_have_url(re.compile("/staff/documents$"))


GYM = "篮球馆开放办法\n\n篮球馆周末上午九点开门。带球入场不另收费。\n"
WHEN = "篮球馆周末几点开门？"


def dropped(page: Page, name: str, text: str) -> None:
    """A file is dragged onto the page and let go."""
    page.evaluate(
        """([name, text]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], name));
            const told = { dataTransfer: data, bubbles: true, cancelable: true };
            document.getElementById("upload").dispatchEvent(new DragEvent("dragover", told));
            document.getElementById("upload").dispatchEvent(new DragEvent("drop", told));
        }""",
        [name, text],
    )


def asked(page: Page, site: Site, town: Town, question: str) -> Locator:
    """The reply of the chat that the town's site embeds."""
    site.assembly.index.refresh()
    page.goto(town.address)
    page.locator("document-assistant").get_by_role("button").first.click()
    frame = page.frame_locator("document-assistant iframe")
    expect(frame.locator("html[data-ready]")).to_be_attached()
    frame.locator("#question").fill(question)
    frame.locator("#question").press("Enter")
    reply = frame.locator(".reply[data-status]").last
    expect(reply).to_be_visible()
    return reply


def on_a_telephone(page: Page, state: Locator) -> None:
    """The state of a version is in sight without scrolling sideways, and axe finds nothing there."""
    wide = page.viewport_size
    assert wide
    page.set_viewport_size({"width": 390, "height": 844})
    box = state.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.get_by_role("row").count() > 1, "it is a table still"
    accessible(page)
    page.set_viewport_size(wide)


def confirmed(page: Page, button: str) -> None:
    """Press a button and say yes to what it asks."""
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=button, exact=True).click()


def test_staff_upload_review_and_publish_and_residents_ask_until_it_is_withdrawn(
    served: tuple[Site, str], town: Town, page: Page, request: pytest.FixtureRequest
) -> None:
    site = served[0]
    name = f"篮球馆{request.node.callspec.params['page']}"
    join(page, site, Role.PUBLISHER)
    page.get_by_role("link", name="文档", exact=True).click()
    accessible(page)
    content = f"{GYM}{name}\n".encode()
    page.set_input_files(
        "#files", {"name": f"{name}.txt", "mimeType": "text/plain", "buffer": content}
    )
    work = page.locator("#work tbody tr")
    chosen = work.filter(has=page.get_by_text(f"{name}.txt"))
    expect(chosen).to_contain_text("等待核对")
    dropped(page, f"{name}.pdf", "this is no pdf")
    expect(work.filter(has=page.get_by_text(f"{name}.pdf"))).to_contain_text("没有收下")
    dropped(page, f"{name}.exe", "MZ")
    expect(page.locator("#sending .wrong")).to_contain_text("不支持的文件格式")
    accessible(page)
    on_a_telephone(page, chosen.get_by_text("等待核对"))
    chosen.get_by_role("link", name=re.compile("去核对")).click()
    expect(page.locator(".parsed")).to_contain_text("九点开门")
    expect(page.locator("pre.sheets")).to_contain_text("九点开门")
    accessible(page)
    page.fill("#f-title", f"{name}开放须知")
    page.fill("#f-date", "去年")
    page.get_by_label("居民和内部人员").check()
    page.get_by_role("button", name="保存信息").click()
    expect(page.locator("#w-date")).to_be_visible()
    expect(page.locator("#f-title")).to_have_value(f"{name}开放须知")
    accessible(page)
    page.fill("#f-date", "2026年5月1日")
    page.get_by_role("button", name="保存信息").click()
    expect(page.get_by_text("已保存。")).to_be_visible()
    expect(page.locator("#f-date")).to_have_value("2026-05-01")
    page.fill("#f-source", "文体中心")
    expect(page.get_by_role("button", name="发布", exact=True)).to_be_hidden()
    page.get_by_role("button", name="保存信息").click()
    confirmed(page, "发布")
    expect(page.get_by_role("button", name="撤下")).to_be_visible()
    accessible(page)
    version = page.url.split("?")[0]
    reply = asked(page, site, town, WHEN)
    expect(reply).to_contain_text("九点开门")
    expect(reply).to_contain_text(f"{name}开放须知")
    page.goto("/staff/search?q=" + WHEN)
    found = page.locator(".found > li").filter(has_text=f"{name}开放须知").first
    found.get_by_role("button", name="复制引用").click()
    expect(found.get_by_role("button", name="已复制")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"《{name}开放须知》（2026-05-01）"
    found.locator("h3 a").click()
    expect(page.locator("article mark").filter(has_text="九点开门")).to_be_visible()
    page.goto(version)
    confirmed(page, "撤下")
    expect(page.get_by_role("button", name="恢复此版本")).to_be_visible()
    expect(asked(page, site, town, WHEN)).to_have_attribute("data-status", re.compile("^refused"))
    page.goto("/staff/documents")
    page.get_by_role("link", name=f"{name}.txt", exact=True).click()
    expect(page.get_by_role("heading", name=f"{name}.txt的各版本")).to_be_visible()
    accessible(page)
    on_a_telephone(page, page.get_by_text("以前发布过"))
