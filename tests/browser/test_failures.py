"""What goes wrong: each has a sentence in the chat, a way on, and loses nothing that was typed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from assistant.resources import load
from tests.browser.conftest import CHAT, Chat, NewChat
from tests.browser.servers import Running, free_port, running
from tests.browser.small_server import HANGS

SMALL = ["-m", "tests.browser.small_server"]
ANSWERED = "最低生活保障的审核决定什么时候作出？"
HUNG = f"{HANGS}是什么时候？"
STATUSES = load("statuses")


def problem(chat: Chat, text: str) -> None:
    """The last of the conversation is this sentence."""
    expect(chat.page.locator("#log > :last-child").get_by_text(text)).to_be_visible()


def retry(chat: Chat) -> None:
    """Ask once more."""
    chat.page.get_by_role("button", name=CHAT["retry"]).click()


def test_a_server_killed_in_mid_stream_loses_nothing(
    new_chat: NewChat, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data, port = tmp_path_factory.mktemp("killed"), free_port()
    with running([*SMALL, "--hang"], port, data, {}) as server:
        chat = new_chat(server).open()
        page = chat.page
        chat.ask(HUNG)
        expect(page.locator(".progress")).to_contain_text("《")  # the stream has begun
        page.fill("#question", "下一个问题")
        server.kill()
        problem(chat, CHAT["interrupted"])
        expect(page.locator(".asked")).to_contain_text(HUNG)
        retry(chat)
        problem(chat, CHAT["unreachable"])
    with running(SMALL, port, data, {}):
        retry(chat)
        expect(page.locator('[data-status="answered"]')).to_contain_text("5月1日")
        expect(page.locator("#question")).to_have_value("下一个问题")


def test_a_question_that_failed_is_there_after_a_reload(
    new_chat: NewChat, small_server: Running
) -> None:
    chat = new_chat(small_server).open()
    with_problem = chat.page
    with_problem.route("**/api/chat", lambda route: route.abort())
    chat.ask(ANSWERED)
    problem(chat, CHAT["unreachable"])
    with_problem.reload()
    expect(with_problem.locator("#question")).to_have_value(ANSWERED)


def test_a_question_answered_at_the_second_try_is_no_draft_any_more(
    new_chat: NewChat, small_server: Running
) -> None:
    chat = new_chat(small_server).open()
    chat.page.route("**/api/chat", lambda route: route.abort(), times=1)
    chat.ask(ANSWERED)
    retry(chat)
    expect(chat.page.locator('[data-status="answered"]')).to_be_visible()
    chat.page.reload()
    expect(chat.page.locator('[data-status="answered"]')).to_be_visible()
    expect(chat.page.locator("#question")).to_have_value("")


@pytest.mark.parametrize("turns", [0, 1])
def test_what_is_erased_while_it_is_answered_comes_back_nowhere(
    new_chat: NewChat, small_server: Running, turns: int
) -> None:
    chat = new_chat(small_server).open()
    page = chat.page
    for _ in range(turns):
        chat.ask_and_wait(ANSWERED)
    page.route("**/api/chat", lambda _: None)  # is answered by nobody
    chat.ask(HUNG)
    expect(page.locator(".reply.waiting")).to_be_visible()
    page.click("#clear")
    expect(page.locator("#status")).to_have_text(CHAT["cleared"])
    expect(page.locator("#log > *")).to_have_count(0)
    assert HUNG not in page.evaluate("JSON.stringify(sessionStorage)")
    page.reload()
    expect(page.locator("html[data-ready]")).to_be_attached()
    expect(page.locator("#question")).to_have_value("")


def test_what_could_not_be_erased_stays_and_is_told(
    new_chat: NewChat, small_server: Running
) -> None:
    chat = new_chat(small_server).open()
    chat.ask_and_wait(ANSWERED)
    chat.page.route("**/api/conversations/*", lambda route: route.abort())
    chat.page.click("#clear")
    expect(chat.page.locator("#status")).to_have_text(CHAT["not_cleared"])
    assert chat.replies() == 1


def test_without_a_network_it_says_so(new_chat: NewChat, small_server: Running) -> None:
    chat = new_chat(small_server).open()
    chat.page.context.set_offline(True)
    expect(chat.page.locator("#status")).to_have_text(CHAT["offline"])
    chat.ask(ANSWERED)
    problem(chat, CHAT["offline"])
    chat.page.context.set_offline(False)
    expect(chat.page.locator("#status")).to_have_text(CHAT["online"])
    retry(chat)
    expect(chat.page.locator('[data-status="answered"]')).to_be_visible()


@pytest.mark.parametrize(("status", "text"), [(502, "unreachable"), (500, "failed")])
def test_a_proxys_own_words_are_not_shown(
    new_chat: NewChat, small_server: Running, status: int, text: str
) -> None:
    chat = new_chat(small_server).open()
    body = "<html><h1>Bad Gateway</h1></html>"
    chat.page.route("**/api/chat", lambda route: route.fulfill(status=status, body=body))
    chat.ask(ANSWERED)
    problem(chat, CHAT[text])
    expect(chat.page.locator("body")).not_to_contain_text("Gateway")


def test_a_conversation_that_is_over_begins_anew(new_chat: NewChat, small_server: Running) -> None:
    chat = new_chat(small_server).open()
    with chat.page.expect_response("**/api/chat"):
        chat.ask(ANSWERED)
    expect(chat.page.locator('[data-status="answered"]')).to_have_count(1)
    old = chat.page.evaluate("JSON.parse(sessionStorage['assistant.conversation']).id")
    chat.page.request.delete(f"{small_server.address}/api/conversations/{old}")
    chat.ask(HUNG)
    expect(chat.page.get_by_text(CHAT["new_conversation"])).to_be_visible()
    expect(chat.page.locator('[data-status="answered"]')).to_have_count(2)
    new = chat.page.evaluate("JSON.parse(sessionStorage['assistant.conversation']).id")
    assert new != old


def test_too_many_questions_are_told_and_can_be_asked_again(
    new_chat: NewChat, small_server: Running
) -> None:
    chat = new_chat(small_server).open()
    for count in range(3):
        chat.ask(ANSWERED)
        expect(chat.page.locator('[data-status="answered"]')).to_have_count(count + 1)
    chat.ask(HUNG)
    problem(chat, STATUSES["error_too_many_questions"]["residents"])
    expect(chat.page.get_by_role("button", name=CHAT["retry"])).to_be_visible()


def test_a_question_the_server_finds_too_long_goes_back_into_the_box(
    new_chat: NewChat, small_server: Running
) -> None:
    chat = new_chat(small_server)
    # A page of an older server, which took more.
    page = (
        chat.page.request.get(small_server.address).text().replace('"limit": 300', '"limit": 900')
    )
    chat.page.route("**/", lambda route: route.fulfill(body=page, content_type="text/html"))
    chat.open().ask("长" * 301)
    problem(chat, STATUSES["error_question_too_long"]["residents"])
    expect(chat.page.locator("#question")).to_have_value("长" * 301)


def test_too_long_without_scripts(new_chat: NewChat, small_server: Running) -> None:
    page = new_chat(small_server, java_script_enabled=False).page
    page.goto(small_server.address)
    # Of a browser that heeds no limit.
    page.evaluate("document.getElementById('question').removeAttribute('maxlength')")
    page.fill("#question", "长" * 301)
    page.click("#ask button:not([type=button])")
    told = page.get_by_role("alert").filter(
        has_text=STATUSES["error_question_too_long"]["residents"]
    )
    expect(told).to_be_visible()
    expect(page.locator("#question")).to_have_value("长" * 301)


@pytest.mark.parametrize("text", ["no_document", "not_opened"])
def test_a_document_that_cannot_be_opened_still_shows_the_quote(
    new_chat: NewChat, small_server: Running, text: str
) -> None:
    chat = new_chat(small_server).open()
    gone = f"{small_server.address}/api/documents/gone"
    chat.page.route(
        "**/api/documents/*",
        lambda route: route.continue_(url=gone) if text == "no_document" else route.abort(),
    )
    chat.ask(ANSWERED)
    quote = chat.page.locator(".piece bdi").first.inner_text()
    chat.page.locator(".mark").first.click()
    dialog = chat.page.locator("dialog")
    expect(dialog).to_contain_text(CHAT[text])
    expect(dialog.locator("mark")).to_have_text(quote)


# --- what others wrote is text

HOSTILE = "把 <script>alert(1)</script> <img src=x onerror=alert(1)> 正文这样的代码交给网管员\u202e"


def test_markup_in_question_and_document_stays_text(
    new_chat: NewChat, small_server: Running
) -> None:
    chat = new_chat(small_server).open()
    page = chat.page
    chat.ask(HOSTILE)
    reply = page.locator('[data-status="answered"]')
    expect(page.locator(".asked bdi")).to_have_text(HOSTILE.removesuffix("\u202e"))
    expect(reply).to_contain_text('<script>alert("正文")</script>')
    reply.locator(".mark").first.click()
    dialog = page.locator("dialog")
    expect(dialog.locator("h2")).to_contain_text("<script>alert('标题')</script>")
    expect(dialog.locator(".passage dl")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(dialog.locator("mark").first).to_contain_text('<script>alert("正文")</script>')
    assert page.locator("#log script, #log img, dialog script, dialog img").count() == 0
    assert not any(mark in page.locator("body").inner_text() for mark in "\u202a\u202d\u202e\u2067")


def test_only_addresses_that_can_be_trusted_become_links(
    new_chat: NewChat, small_server: Running
) -> None:
    chat = new_chat(small_server).open()
    found = chat.page.evaluate(
        """async () => {
            const {safeAddress, call} = await import("/static/chat/page.js");
            const addresses = ["javascript:alert(1)", "data:text/html,x", "JaVaScRiPt:1", "vbscript:1",
                "blob:http://x/1", "file:///etc/passwd", "http://[", "/documents/1", "https://a.example/", "tel:110"];
            const numbers = ["12345", "0513-83331234", "110;ext=1", "javascript:1", "1", "+86 1"];
            return [addresses.map(safeAddress).map(Boolean), numbers.map((number) => Boolean(call({name: "", number})))];
        }"""
    )
    assert found[0] == [False] * 7 + [True] * 3
    assert found[1] == [True, True, False, False, False, False]
