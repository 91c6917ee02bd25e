"""What a resident does: ask, open a source, go on, say whether it helped, print, start anew."""

from __future__ import annotations

import re
import sqlite3

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CHAT, Chat, NewChat
from tests.browser.servers import Running

ANSWERED = "启隆镇和哪些镇签了结对共建协议？"
REFUSED = "公交车票价多少？"
URGENT = "我家着火了怎么办"
SEVERAL = "启隆镇在哪？有多少人？票价多少钱？"


def test_the_first_question_gets_a_cited_answer(chat: Chat) -> None:
    page = chat.page
    assert page.context.cookies() == []
    page.fill("#question", ANSWERED)
    page.click("#ask button:not([type=button])")
    reply = page.locator('[data-status="answered"]')
    expect(reply.locator(".text")).to_contain_text("东平镇、新海镇、港西镇")
    expect(reply.locator("strong").first).to_contain_text("东平镇")
    expect(reply.locator(".mark")).to_have_count(reply.locator(".sources li").count())
    expect(page.locator("#question")).to_have_value("")
    expect(page.locator("#announcement")).to_contain_text("东平镇")
    assert page.context.cookies() == []


def test_each_of_several_questions_has_a_line_and_the_first_source_of_it(chat: Chat) -> None:
    page = chat.page
    chat.ask(SEVERAL)
    reply = page.locator('[data-status="answered"]')
    lines = reply.locator(".text > div")
    expect(lines).to_have_count(3)
    expect(lines.nth(0)).to_contain_text("中北部")
    expect(lines.nth(1)).to_contain_text("5052人")
    expect(lines.nth(2)).to_contain_text("票价多少钱")
    expect(lines.nth(2).locator(".mark")).to_have_count(0)
    page.get_by_role("button", name=CHAT["elder"]).click()
    for line in lines.all():
        expect(line.locator(".piece").first).to_be_visible()
    numbers = reply.locator(".mark").filter(visible=True).all_inner_texts()
    shown = reply.locator(".sources li").filter(visible=True)
    assert [str(value) for value in shown.evaluate_all("all => all.map(li => li.value)")] == numbers


def test_while_it_looks_it_says_so(chat: Chat) -> None:
    # Noted as they are shown, since a quick answer replaces them at once.
    chat.page.evaluate(
        """() => {
            globalThis.told = new Set();
            new MutationObserver(() => {
                const progress = document.querySelector(".progress");
                if (progress) told.add(progress.textContent);
            }).observe(document.getElementById("log"), {childList: true, subtree: true, characterData: true});
        }"""
    )
    chat.ask(ANSWERED)
    expect(chat.page.locator('[data-status="answered"]')).to_be_visible()
    assert CHAT["searching"] in chat.page.evaluate("[...told]")


def test_a_mark_opens_its_passage_highlighted(chat: Chat) -> None:
    page = chat.page
    chat.ask(ANSWERED)
    mark = page.locator(".mark").first
    quote = page.locator(".piece bdi").first.inner_text()
    mark.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog")
    expect(dialog.locator("mark")).to_have_text(quote)
    expect(dialog.locator("mark")).to_be_in_viewport()
    expect(dialog.locator("mark strong")).to_contain_text("东平镇")
    expect(dialog.locator("h2")).to_contain_text("联盟")
    for told in ("启隆镇和哪些镇结对", "2022", "报纸报道"):
        expect(dialog).to_contain_text(told)
    address = dialog.locator("a.button").get_attribute("href") or ""
    assert re.search(r"/documents/\w+\?quote=\d+-\d+#quote$", address)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(mark).to_be_focused()
    page.goto(address)
    expect(page.locator("mark")).to_have_text(quote)


def test_a_refusal_looks_different_and_offers_what_to_do(chat: Chat) -> None:
    chat.ask(REFUSED)
    reply = chat.page.locator(".reply.refused")
    expect(reply.locator("h2")).to_have_text(CHAT["headings"]["refused"])
    expect(reply.locator("a.call")).to_have_attribute("href", "tel:12345")
    suggestion = reply.locator(".next button").first
    asked = suggestion.inner_text()
    suggestion.click()
    expect(chat.page.locator(".asked").last).to_contain_text(asked)
    expect(chat.page.locator(".reply").last).to_have_attribute("data-status", "answered")


def test_a_call_for_help_cannot_be_missed(chat: Chat) -> None:
    chat.ask(URGENT)
    reply = chat.page.get_by_role("alert").filter(has_text="119")
    expect(reply).to_be_in_viewport()
    expect(reply.locator("h2")).to_have_text(CHAT["headings"]["routed_urgent"])
    expect(reply.locator("a.call").first).to_have_attribute("href", "tel:119")


def test_on_the_smallest_screen_the_number_to_dial_comes_first(
    new_chat: NewChat, town_server: Running
) -> None:
    chat = new_chat(town_server, width=320, height=256).open()
    chat.ask(f"{'我很着急，' * 20}{URGENT}")
    expect(chat.page.locator(".routed_urgent a.call").first).to_be_in_viewport()


def test_a_follow_up_is_understood_in_its_conversation(chat: Chat) -> None:
    chat.ask("启隆镇有多少人口？")
    expect(chat.page.locator('[data-status="answered"]')).to_have_count(1)
    chat.ask("面积呢")
    reply = chat.page.locator('[data-status="answered"]').nth(1)
    expect(reply).to_contain_text("48.31平方公里")
    expect(reply.locator(".understood")).to_contain_text("面积")


def test_what_the_server_suggests_is_offered_at_first(chat: Chat) -> None:
    suggested = chat.page.request.get(f"{chat.address}/api/suggestions").json()["suggestions"]
    buttons = chat.page.locator("#start button")
    assert buttons.all_inner_texts() == suggested
    buttons.first.click()
    expect(chat.page.locator(".asked")).to_contain_text(suggested[0])
    expect(chat.page.locator("#start")).to_be_hidden()


def test_a_rating_and_its_reason_are_kept(chat: Chat, town_server: Running) -> None:
    chat.ask(ANSWERED)
    reply = chat.page.locator('[data-status="answered"]')
    with chat.page.expect_response("**/api/feedback") as sent:
        reply.get_by_role("button", name=CHAT["unhelpful"]).click()
    in_reach(chat, ".why")
    identity = sent.value.request.post_data_json["answer_id"]
    assert rating(town_server, identity) == ("down", "")
    with chat.page.expect_response("**/api/feedback"):
        reply.get_by_role("button", name=CHAT["reasons"][1]).click()
    expect(chat.page.locator("#status")).to_have_text(CHAT["thanks"])
    assert rating(town_server, identity) == ("down", CHAT["reasons"][1])
    expect(reply.get_by_role("button", name=CHAT["unhelpful"])).to_be_focused()
    with chat.page.expect_response("**/api/feedback"):
        reply.get_by_role("button", name=CHAT["helpful"]).click()
    expect(reply.get_by_role("button", name=CHAT["helpful"])).to_have_attribute(
        "aria-pressed", "true"
    )
    assert rating(town_server, identity) == ("up", "")


def in_reach(chat: Chat, selector: str) -> None:
    """What is there can be seen: it is neither outside the window nor below the box."""
    expect(chat.page.locator(selector)).to_be_in_viewport(ratio=1)
    chat.page.wait_for_function(
        """selector => document.querySelector(selector).getBoundingClientRect().bottom
            <= document.getElementById("ask").getBoundingClientRect().top""",
        arg=selector,
    )


def rating(server: Running, answer_id: str) -> tuple[str, str]:
    """What the database holds of an answer's rating."""
    connection = sqlite3.connect(server.data / "assistant.db")
    try:
        query = "select rating, reason from feedback where answer_id = ?"
        found: tuple[str, str] = connection.execute(query, [answer_id]).fetchone()
    finally:
        connection.close()
    return found


def test_an_answer_is_copied_with_its_sources(new_chat: NewChat, town_server: Running) -> None:
    chat = new_chat(town_server, permissions=["clipboard-read", "clipboard-write"]).open()
    chat.ask(ANSWERED)
    chat.page.get_by_role("button", name=CHAT["copy"]).click()
    expect(chat.page.locator("#status")).to_have_text(CHAT["copied"])
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert "东平镇、新海镇、港西镇" in copied
    assert "[1] 《" in copied


def test_an_answer_has_a_slip_to_print(chat: Chat) -> None:
    chat.ask(ANSWERED)
    with chat.page.context.expect_page() as opened:
        chat.page.get_by_role("link", name=CHAT["print"]).click()
    slip = opened.value
    expect(slip.locator("body")).to_contain_text(ANSWERED)
    expect(slip.locator("body")).to_contain_text("东平镇、新海镇、港西镇")


def test_a_conversation_outlives_a_reload_and_is_erased_everywhere(chat: Chat) -> None:
    page = chat.page
    chat.ask(ANSWERED)
    expect(page.locator('[data-status="answered"]')).to_have_count(1)
    slip = page.get_by_role("link", name=CHAT["print"]).get_attribute("href") or ""
    page.fill("#question", "还没问完")
    page.reload()
    expect(page.locator('[data-status="answered"]')).to_contain_text("东平镇")
    expect(page.locator("#question")).to_have_value("还没问完")
    page.click("#clear")
    expect(page.locator("#status")).to_have_text(CHAT["cleared"])
    expect(page.locator("#log > *")).to_have_count(0)
    assert page.request.get(slip).status == 404
    page.reload()
    expect(page.locator("html[data-ready]")).to_be_attached()
    expect(page.locator("#log > *")).to_have_count(0)


@pytest.mark.parametrize("question", [ANSWERED, REFUSED, URGENT])
def test_it_works_without_scripts(new_chat: NewChat, town_server: Running, question: str) -> None:
    chat = new_chat(town_server, java_script_enabled=False)
    page = chat.page
    page.goto(town_server.address)
    expect(page.locator("#elder")).to_be_hidden()
    expect(page.locator("#speak")).to_be_hidden()
    page.fill("#question", question)
    page.click("#ask button:not([type=button])")
    reply = page.locator(".reply[data-status]")
    expect(reply).to_be_visible()
    if question == ANSWERED:
        expect(reply.locator("blockquote").first).to_contain_text("东平镇")
        # In a window of its own: a page that was posted is not to be come back to.
        with page.expect_popup() as opened:
            reply.get_by_role("link", name=CHAT["print"]).click()
        expect(opened.value.locator("body")).to_contain_text("东平镇、新海镇、港西镇")
    else:
        number = "12345" if question == REFUSED else "119"
        expect(reply.locator(f'a[href="tel:{number}"]')).to_be_visible()
