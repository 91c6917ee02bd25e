"""An answer in WeChat's words: the quotes with their numbers, their sources, and the label.

What the answer says is not changed; see the answering room.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from assistant.channels.wechat.text import link, neutral, plain, say_link
from assistant.resources import load
from assistant.types import Answer, Citation

_TITLE = 30
_TITLES = 3


class Style(Protocol):
    """How one of WeChat's clients shows text."""

    def words(self, text: str) -> str:
        """Text that is shown as it stands."""

    def link(self, url: str, text: str) -> str:
        """An address that can be tapped."""

    def choice(self, question: str) -> str:
        """A question that can be asked next."""


class OfficialStyle:
    """The official account: plain text, links, and links that say something."""

    def words(self, text: str) -> str:
        """Text that is shown as it stands."""
        return neutral(plain(text))

    def link(self, url: str, text: str) -> str:
        """An address that can be tapped."""
        return link(url, text)

    def choice(self, question: str) -> str:
        """A question that can be asked next."""
        return say_link(question)


class AppStyle(OfficialStyle):
    """A WeCom app: plain text and links."""

    def choice(self, question: str) -> str:
        """A question that can be asked next."""
        return neutral(question)


class BotStyle:
    """A WeCom bot: Markdown."""

    def words(self, text: str) -> str:
        """Text that is shown as it stands."""
        # No escapes, which not every version of WeCom knows; a link of others' becomes none.
        return neutral(plain(text)).replace("](", "] (")

    def link(self, url: str, text: str) -> str:
        """An address that can be tapped."""
        safe = url.startswith(("https://", "http://")) and not re.search(r"[()<>\s]", url)
        return f"[{self.words(text)}]({url})" if safe else self.words(text)

    def choice(self, question: str) -> str:
        """A question that can be asked next."""
        return f"- {self.words(question)}"


def body(answer: Answer, style: Style, opens: Callable[[Citation], bool]) -> str:
    """What is said; ``opens`` tells of a citation whether its page may be read by anyone."""
    said = load("wechat")
    lines = [style.words(notice) for notice in answer.notices]
    if not answer.citations:
        lines.append(style.words(answer.text))
        if answer.suggestions:
            lines += ["", choices(said["choices"], answer.suggestions, style)]
        return "\n".join(lines).strip()
    for line in answer.lines:
        quotes = (
            style.words(c.quote) + said["mark"].format(number=c.number) for c in line.citations
        )
        lines.append(style.words(line.lead) + "".join(quotes))
    lines += ["", said["sources"]]
    lines += [_source(citation, style, said, opens(citation)) for citation in answer.citations]
    return "\n".join(lines).strip()


def label(answer: Answer) -> str:
    """Whose words these are: quotes name the documents, fixed words the program."""
    labels = load("wechat")["label"]
    titles = list(dict.fromkeys(_short(c.title) for c in answer.citations))[:_TITLES]
    if not titles:
        return fixed_label()
    told = "".join(labels["title"].format(title=neutral(title)) for title in titles)
    return str(labels["extract"]).format(host=load("wechat")["host"], titles=told)


def fixed_label() -> str:
    """The label of words that quote nothing."""
    return str(load("wechat")["label"]["fixed"]).format(host=load("wechat")["host"])


def choices(lead: str, questions: tuple[str, ...], style: Style) -> str:
    """Questions to go on with, each in a line of its own."""
    return "\n".join((lead, *(style.choice(question) for question in questions)))


def _source(citation: Citation, style: Style, said: dict[str, Any], opens: bool) -> str:
    date = said["source_date"].format(date=citation.date) if citation.date else ""
    named = said["source"].format(
        number=citation.number, title=style.words(_short(citation.title)), date=style.words(date)
    )
    # An address without a host leads nowhere outside the page.
    if not opens or citation.url.startswith("/"):
        return str(named)
    return f"{named} {style.link(citation.url, said['open'])}"


def _short(title: str) -> str:
    title = " ".join(title.split())
    return title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"
