"""The texts that the scripts say and the scripts that say them are in step."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import assistant.channels
from assistant.resources import load

FOLDER = Path(assistant.channels.__file__).parent
CHAT = "".join(file.read_text("utf-8") for file in sorted((FOLDER / "static/chat").glob("*.js")))
PAGE = (FOLDER / "templates/ask.html").read_text("utf-8")
WIDGET = (FOLDER / "templates/widget.js").read_text("utf-8")
BY_NAME = {
    *("section", "date", "from"),  # source.js's facts
    *("identity_card", "bank_card", "mobile"),  # personal.js's kinds
    *("offline", "unreachable", "interrupted", "failed", "stopped", "slow"),  # server.js's failures
}
"""Texts that are looked up by a name the scripts compute."""

FILLED = {
    "found": {"titles"}, "source": {"number", "title"}, "more": {"count"}, "call": {"number"},
    "call_named": {"number", "name"}, "left": {"count"}, "over": {"count", "most"}, "personal": {"names"},
}  # fmt: skip


def test_every_text_of_the_chat_is_used_and_every_one_used_is_there() -> None:
    used = set(re.findall(r"\btexts\.(\w+)", CHAT + PAGE)) | BY_NAME
    # What the page says without scripts too is handed on from replies.yml.
    assert used - {"understood"} == set(load("chat")["chat"])


def test_every_text_of_the_widget_is_used_and_every_one_used_is_there() -> None:
    assert set(re.findall(r"\btexts\.(\w+)", WIDGET)) == set(load("chat")["widget"])


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_a_name_that_is_computed_stands_in_the_scripts(name: str) -> None:
    assert re.search(rf'"{name}"|\b{name}:', CHAT)


def test_only_what_the_scripts_give_is_filled_in() -> None:
    for name, text in load("chat")["chat"].items():
        if isinstance(text, str):
            names = {field for _, field, _, _ in Formatter().parse(text) if field}
            assert names == FILLED.get(name, set()), name


def test_every_outcome_has_a_heading() -> None:
    headings = load("chat")["chat"]["headings"]
    for status in load("statuses"):
        if not status.startswith("error_"):
            assert status.split("_")[0] in headings


@pytest.mark.parametrize(
    "file", sorted((FOLDER / "static/chat").glob("*.js")), ids=lambda file: file.name
)
def test_no_script_makes_elements_of_markup_or_runs_text(file: Path) -> None:
    unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|createContextualFragment|srcdoc"
    for text in (file.read_text("utf-8"), WIDGET):
        assert not re.search(unsafe, text)
    # Chinese stands in resources/chat.yml; what is left are marks and signs.
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"//.*", "", file.read_text("utf-8")))
