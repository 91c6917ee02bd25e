"""The button on other sites' pages: it opens where it may, says why where not, and harms nobody."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.conftest import CHAT, WIDGET, Chat, NewChat
from tests.browser.servers import ROOT, Running, Site

SAMPLE = ROOT / "examples" / "embedding"
HOSTILE_CSS = """
* { display: none !important; font-size: 3px !important; color: lime !important; all: unset !important; }
html, head, body, h1 { display: block !important; }
document-assistant { display: none !important; position: static !important; opacity: 0 !important; visibility: hidden !important; transform: scale(9) !important; }
button, iframe, div { width: 1px !important; height: 1px !important; visibility: hidden !important; }
body { --assistant-accent: #7a003c; }
"""


def policy(server: Running) -> str:
    """What a careful site allows itself and the assistant."""
    host = server.address
    return (
        f"default-src 'none'; style-src 'self'; script-src {host}; "
        f"frame-src {host}; connect-src {host}"
    )


@pytest.fixture
def host(new_chat: NewChat, town_server: Running, site: Site) -> Chat:
    """A site that may embed, with styles that are hard on everything and a strict policy."""
    site.policy = policy(town_server)
    site.pages = {"/": ("text/html", page(town_server)), "/hostile.css": ("text/css", HOSTILE_CSS)}
    chat = new_chat(town_server, width=1000, height=800)
    chat.page.goto(site.address)
    return chat


def page(server: Running) -> str:
    """A page with the one tag."""
    return (
        "<!doctype html><html lang='zh-CN'><title>镇政府</title><link rel='stylesheet' href='/hostile.css'>"
        f"<body><h1>镇政府网站</h1><script src='{server.address}/widget.js' data-title='问问启隆' defer></script>"
    )


def opened(chat: Chat) -> FrameLocator:
    """The chat within the page, once the button was pressed."""
    chat.page.get_by_role("button", name="问问启隆").click()
    frame = chat.page.frame_locator("document-assistant iframe")
    expect(frame.locator("html[data-ready]")).to_be_attached()
    return frame


def test_a_hostile_page_with_a_strict_policy_embeds_the_chat(host: Chat) -> None:
    button = host.page.get_by_role("button", name="问问启隆")
    expect(button).to_be_visible()
    box = button.bounding_box()
    assert box
    assert box["height"] >= 44
    assert 0 < 1000 - box["x"] - box["width"] < 40
    frame = opened(host)
    frame.locator("#question").fill("启隆镇有多少人口？")
    frame.locator("#question").press("Enter")
    expect(frame.locator('[data-status="answered"]')).to_contain_text("5052人")
    frame.locator(".mark").first.click()
    expect(frame.locator("dialog mark")).to_be_visible()
    assert host.page.context.cookies() == []
    assert host.page.evaluate("[...document.body.children].map((one) => one.localName)") == [
        "h1", "script", "document-assistant",
    ]  # fmt: skip


def test_the_frame_is_sandboxed_and_themed(host: Chat) -> None:
    frame = opened(host)
    sandbox = host.page.locator("document-assistant iframe").get_attribute("sandbox") or ""
    assert "allow-top-navigation" not in sandbox
    assert "allow-modals" not in sandbox
    send = frame.locator("#ask button:not([type=button])")
    expect(send).to_have_css("background-color", "rgb(122, 0, 60)")
    expect(send).to_have_css("color", "rgb(255, 255, 255)")


def test_focus_goes_in_and_comes_back(host: Chat) -> None:
    page = host.page
    page.get_by_role("button", name="问问启隆").focus()
    page.keyboard.press("Enter")
    frame = page.frame_locator("document-assistant iframe")
    expect(frame.locator("#question")).to_be_focused()
    page.keyboard.press("Escape")
    button = page.get_by_role("button", name="问问启隆")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(frame.locator("#question")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name=WIDGET["close"])).to_be_focused()
    page.keyboard.press("Enter")
    expect(button).to_be_focused()


def test_elder_mode_asks_for_more_room(host: Chat) -> None:
    frame = opened(host)
    panel = host.page.get_by_role("dialog")
    before = panel.bounding_box()
    frame.get_by_role("button", name=CHAT["elder"]).click()
    expect(host.page.locator("document-assistant .panel.large")).to_be_visible()
    after = panel.bounding_box()
    assert before
    assert after
    assert after["width"] > before["width"]


def test_escape_in_a_source_closes_the_source_alone(host: Chat) -> None:
    frame = opened(host)
    frame.locator("#question").fill("启隆镇有多少人口？")
    frame.locator("#question").press("Enter")
    frame.locator(".mark").first.click()
    expect(frame.locator("dialog mark")).to_be_visible()
    host.page.keyboard.press("Escape")
    expect(frame.locator("dialog")).to_have_count(0)
    expect(frame.locator("#question")).to_be_visible()


@pytest.mark.parametrize(
    "message",
    [
        "'close'", "null", "{type: 'theme'}", "{type: 'theme', accent: 7}", "{type: 'theme', accent: 'url(x)'}",
        "{type: 'theme', accent: 'red;} body {display: none'}", "{type: 'theme', accent: 'rgb(0 0 0 / 10%)'}",
        "{type: 'eval', accent: 'red'}", "{type: 'theme', accent: 'var(--ink)'}",
    ],
)  # fmt: skip
def test_a_message_of_another_shape_changes_nothing(host: Chat, message: str) -> None:
    frame = opened(host)
    frame.locator("html").evaluate(
        """(root) => {
            globalThis.styles = [];
            new MutationObserver(() => styles.push(root.style.getPropertyValue("--brand")))
                .observe(root, {attributes: true, attributeFilter: ["style"]});
        }"""
    )
    send = f"""document.querySelector("document-assistant").shadowRoot.querySelector("iframe")
        .contentWindow.postMessage(%s, "{host.address}")"""
    host.page.evaluate(send % message)
    # One of the right shape after it: once that shows, the other has been heard too.
    host.page.evaluate(send % "{type: 'theme', accent: 'rgb(1, 2, 3)'}")
    expect(frame.locator("html")).to_have_attribute("style", re.compile("rgb\\(1 2 3\\)"))
    styles = set(frame.locator("html").evaluate("() => styles"))
    assert styles <= {"", "rgb(1 2 3)"}
    expect(frame.locator("#question")).to_be_visible()


def test_another_frame_cannot_close_the_chat(host: Chat) -> None:
    opened(host)
    host.page.evaluate("postMessage({type: 'close'}, '*')")
    host.page.evaluate(
        "new Promise((done) => { addEventListener('message', done); postMessage(0, '*'); })"
    )
    expect(host.page.get_by_role("dialog")).to_be_visible()


def test_the_chat_does_not_talk_to_a_page_that_may_not_embed_it(
    new_chat: NewChat, town_server: Running, other_site: Site
) -> None:
    other_site.pages = {"/": ("text/html", "<!doctype html><title>x</title>")}
    chat = new_chat(town_server)
    chat.page.goto(other_site.address)
    # A window that it opens is not framed, so nothing but the origin is in its way.
    with chat.page.expect_popup() as popup:
        chat.page.evaluate("address => { globalThis.other = open(address); }", town_server.address)
    expect(popup.value.locator("html[data-ready]")).to_be_attached()
    chat.page.evaluate("other.postMessage({type: 'theme', accent: 'red'}, '*')")
    popup.value.evaluate(
        "new Promise((done) => { addEventListener('message', done); postMessage(0, '*'); })"
    )
    assert popup.value.locator("html").get_attribute("style") is None


def test_a_site_that_may_not_embed_is_told_so(
    new_chat: NewChat, town_server: Running, other_site: Site
) -> None:
    other_site.policy = ""
    other_site.pages = {"/": ("text/html", page(town_server))}
    chat = new_chat(town_server)
    chat.page.goto(other_site.address)
    chat.page.get_by_role("button", name="问问启隆").click()
    said = chat.page.locator("document-assistant .said")
    expect(said).not_to_have_text(WIDGET["opening"])
    told = chat.page.request.get(
        f"{town_server.address}/api/embedding", headers={"Origin": other_site.address}
    ).json()
    assert told["allowed"] is False
    expect(said).to_have_text(told["message"])
    assert chat.page.locator("document-assistant iframe").count() == 0
    # Nor does a page that puts the frame in by itself get to see it.
    other_site.pages["/"] = ("text/html", f"<iframe src='{town_server.address}/embed'></iframe>")
    chat.page.reload()
    expect(chat.page.frame_locator("iframe").locator("#question")).to_have_count(0)
    chat.problems.clear()  # the browser says that it refused


def test_a_server_that_is_gone_is_told_and_can_be_tried_again(host: Chat) -> None:
    host.page.route("**/api/embedding", lambda route: route.abort())
    host.page.get_by_role("button", name="问问启隆").click()
    said = host.page.locator("document-assistant .said")
    expect(said).to_contain_text(WIDGET["unreachable"])
    host.page.unroute("**/api/embedding")
    host.page.get_by_role("button", name=WIDGET["retry"]).click()
    frame = host.page.frame_locator("document-assistant iframe")
    expect(frame.locator("#question")).to_be_focused()


def test_the_sample_page_works_as_it_is(
    new_chat: NewChat, town_server: Running, site: Site
) -> None:
    text = (SAMPLE / "index.html").read_text("utf-8")
    assert text.count("http://127.0.0.1:8000") >= 1
    site.policy = ""
    site.pages = {
        "/": ("text/html", text.replace("http://127.0.0.1:8000", town_server.address)),
        "/site.css": ("text/css", (SAMPLE / "site.css").read_text("utf-8")),
    }
    chat = new_chat(town_server, width=320, height=640)
    chat.page.goto(site.address)
    chat.page.locator("document-assistant").get_by_role("button").first.click()
    frame = chat.page.frame_locator("document-assistant iframe")
    expect(frame.locator("#question")).to_be_focused()
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= 320
