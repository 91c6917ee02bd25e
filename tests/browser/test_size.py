"""What the chat weighs on its way to a telephone."""

from __future__ import annotations

import gzip
import re
from html import unescape
from urllib.request import Request, urlopen

from playwright.sync_api import Response

from tests.browser.conftest import NewChat
from tests.browser.servers import Running

LIMIT = 40_000
"""Bytes, compressed, of the widget's script and everything that the chat page loads."""


def transferred(address: str) -> int:
    """The bytes of a response's body as they are sent to a browser that takes gzip."""
    with urlopen(Request(address, headers={"Accept-Encoding": "gzip"})) as response:  # noqa: S310
        body: bytes = response.read()
        assert response.headers["Content-Encoding"] == "gzip" or len(body) < 1000, address
    return len(body)


def test_widget_and_chat_together_are_small(new_chat: NewChat, town_server: Running) -> None:
    chat = new_chat(town_server)
    loaded: list[Response] = []
    chat.page.on("response", lambda response: loaded.append(response))
    chat.open()
    paths = {response.url for response in loaded if response.url.startswith("http")}
    assert len(paths) > 10
    assert sum(map(transferred, {*paths, f"{town_server.address}/widget.js"})) <= LIMIT


def test_files_of_ours_are_asked_for_anew_and_come_again_only_when_changed(
    new_chat: NewChat, town_server: Running
) -> None:
    request = new_chat(town_server).page.request
    for path in ("/widget.js", "/static/chat/main.js", "/static/chat.css"):
        first = request.get(town_server.address + path)
        assert first.headers["cache-control"] == "no-cache"
        again = {"If-None-Match": first.headers["etag"]}
        assert request.get(town_server.address + path, headers=again).status == 304


def test_the_page_has_nothing_inline(new_chat: NewChat, town_server: Running) -> None:
    page = new_chat(town_server).page.request.get(town_server.address).text()
    for attributes, inside in re.findall(r"<script([^>]*)>(.*?)</script>", page, re.S):
        assert ('src="/static/' in attributes and not inside) or "application/json" in attributes
    assert not re.search(
        r"\s(?:style|on\w+)=", unescape(re.sub(r"<script.*?</script>", "", page, flags=re.S))
    )
    assert len(gzip.compress(page.encode())) < 8_000
