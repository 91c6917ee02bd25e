"""The menu below the conversation, as resources/wechat.yml defines it."""

from __future__ import annotations

from typing import Any

from assistant.channels.wechat.client import Api
from assistant.resources import load


def definition(public_url: str) -> dict[str, Any]:
    """The menu in WeChat's shape; buttons that open a page are left out without an address."""
    return {"button": _buttons(load("wechat")["menu"]["button"], public_url.rstrip("/"))}


async def publish(api: Api, public_url: str) -> None:
    """Let WeChat show the menu.

    Raises:
        ApiError: it was refused.
    """
    await api.call("POST", "/cgi-bin/menu/create", definition(public_url))


def _buttons(given: list[dict[str, Any]], public_url: str) -> list[dict[str, Any]]:
    found = []
    for button in given:
        if "sub_button" in button:
            found.append({**button, "sub_button": _buttons(button["sub_button"], public_url)})
        elif "url" not in button:
            found.append(button)
        elif public_url:
            found.append({**button, "url": button["url"].format(public_url=public_url)})
    return found
