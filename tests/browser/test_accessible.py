"""axe-core finds nothing against WCAG 2.2 A and AA, in any state, light, dark and for elders."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.conftest import CHAT, Chat, NewChat
from tests.browser.servers import Running, Site
from tests.browser.test_widget import page as embedding_page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(place: Page | Frame) -> list[str]:
    """What axe finds in a page or frame: the rule and the elements."""
    place.evaluate(f"globalThis.axe || (() => {{ {AXE} }})()")
    found: list[dict[str, Any]] = place.evaluate(
        """(rules) => axe.run(document, {runOnly: rules, resultTypes: ["violations"], iframes: false})
            .then(({violations}) => violations)""",
        RULES,
    )
    return [
        f"{one['id']}: {node['html']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


def check(chat: Chat, place: Page | Frame | None = None) -> None:
    """Nothing is found in light and dark, nor, where there is the mode, for elders."""
    page = chat.page
    where = place or page
    modes = ["", "elder"] if where.locator("#elder").count() else [""]
    for mode in modes:
        # As the button does it, which cannot be pressed below a dialog.
        where.evaluate("mode => { document.documentElement.dataset.mode = mode; }", mode)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            # To the end, where the box lies over nothing: what it half covers counts as too small.
            where.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
            assert violations(where) == [], (mode, scheme)
    where.evaluate("document.documentElement.dataset.mode = ''")


@pytest.mark.parametrize("width", [320, 1440])
def test_the_states_of_a_conversation(new_chat: NewChat, town_server: Running, width: int) -> None:
    chat = new_chat(town_server, width=width).open()
    page = chat.page
    check(chat)
    chat.ask("联谊活动有哪些？")
    page.get_by_role("button", name=CHAT["unhelpful"]).click()
    expect(page.locator(".why")).to_be_visible()
    chat.ask("面积呢，电话是13812345678")
    expect(page.locator("#personal")).to_be_visible()
    check(chat)  # an answer, why it did not help, and personal data
    page.get_by_role("button", name=CHAT["send_anyway"]).click()
    expect(page.locator(".reply[data-status]")).to_have_count(2)
    chat.ask_and_wait("公交车票价多少？")
    chat.ask_and_wait("我家着火了")
    page.fill("#question", "长" * 310)
    check(chat)  # a notice, a refusal, an urgent reply, a question that is too long
    page.route("**/api/chat", lambda route: route.abort())
    chat.ask("你好")
    expect(page.locator(".reply.problem")).to_be_visible()
    page.unroute("**/api/chat")
    page.route("**/api/chat", lambda route: None)
    chat.ask("再问")
    expect(page.locator(".waiting")).to_be_visible()
    check(chat)  # a problem, and an answer on its way
    page.locator(".mark").first.click()
    expect(page.locator("dialog mark")).to_be_visible()
    check(chat)


def test_the_pages_without_a_conversation(new_chat: NewChat, town_server: Running) -> None:
    chat = new_chat(town_server).open()
    page = chat.page
    chat.ask("启隆镇有多少人口？")
    slip = page.get_by_role("link", name=CHAT["print"]).get_attribute("href")
    page.locator(".mark").click()
    document = page.locator("dialog a.button").get_attribute("href")
    for path in (slip, document, "/documents/none", "/answers/none"):
        assert path
        page.goto(path if path.startswith("http") else town_server.address + path)
        check(chat)


def test_the_answer_page_without_scripts(new_chat: NewChat, town_server: Running) -> None:
    # Scripts stay on for axe; the form is posted as without them.
    chat = new_chat(town_server).open()
    chat.page.fill("#question", "启隆镇有多少人口？")
    chat.page.evaluate("document.getElementById('ask').submit()")
    expect(chat.page.locator("blockquote").first).to_be_visible()
    check(chat)


def test_the_widget_and_its_frame(new_chat: NewChat, town_server: Running, site: Site) -> None:
    site.policy = ""
    site.pages = {
        "/": ("text/html", embedding_page(town_server).replace("hostile.css", "none.css"))
    }
    chat = new_chat(town_server, width=1000)
    chat.page.goto(site.address)
    check(chat)
    chat.page.get_by_role("button", name="问问启隆").click()
    expect(chat.page.frame_locator("iframe").locator("#question")).to_be_focused()
    check(chat)
    frame = next(one for one in chat.page.frames if one.url.endswith("/embed"))
    check(chat, frame)


def test_where_it_may_not_be_embedded(
    new_chat: NewChat, town_server: Running, other_site: Site
) -> None:
    other_site.policy = ""
    other_site.pages = {"/": ("text/html", embedding_page(town_server))}
    chat = new_chat(town_server)
    chat.page.goto(other_site.address)
    chat.page.get_by_role("button", name="问问启隆").click()
    expect(chat.page.locator("document-assistant .said")).to_contain_text("。")
    check(chat)
