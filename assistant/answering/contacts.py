"""Whom to call: the numbers of the data files, and those that stand in quoted sentences.

How a channel shows them is its own to know.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from assistant.resources import load
from assistant.types import Citation, Contact

_CLAUSE_END = re.compile(r"[。；！？;!?\n]")
_BEFORE, _AFTER = 16, 8
"""How many characters before and after a number tell what it is."""
_KINDS = ("landline", "mobile", "service", "hotline")
_DASHES = str.maketrans("‐‑–—―－−", "-" * 7)


def general() -> tuple[Contact, ...]:
    """Whom to ask when the documents do not say."""
    return tuple(Contact(c["name"], c["phone"]) for c in load("contacts"))


def urgent(kind: str) -> tuple[Contact, ...]:
    """The numbers that are told in a kind of emergency, in the order in which they are told."""
    data = load("urgent")
    names = {entry["number"]: entry["name"] for entry in data["numbers"]}
    told = data["kinds"][kind]["line"] + data["otherwise"]
    found = (number for number in re.findall(r"\d+", told) if number in names)
    return tuple(Contact(names[number], number) for number in dict.fromkeys(found))


def quoted(citations: Iterable[Citation]) -> tuple[Contact, ...]:
    """The telephone numbers in quoted sentences, each once.

    One that the data files know has its name from there, any other that of its document.
    """
    known = _known()
    found: dict[str, Contact] = {}
    for citation in citations:
        for number in _numbers(citation.quote):
            found.setdefault(number, Contact(known.get(number, citation.title), number))
    return tuple(found.values())


def _numbers(quote: str) -> Iterator[str]:
    """The telephone numbers in a text, in its order, in digits and dashes."""
    data: dict[str, str] = load("telephones")
    text = "".join(map(_folded, quote)).translate(_DASHES)
    for match in _pattern().finditer(text):
        before = _CLAUSE_END.split(text[max(match.start() - _BEFORE, 0) : match.start()])[-1]
        after = _CLAUSE_END.split(text[match.end() : match.end() + _AFTER])[0]
        told = re.search(data["before"], before) or re.search(data["after"], after)
        counted = re.match(data["units"], after.lstrip())
        if match["landline"] or (told and not counted):
            yield re.sub(r"\D+", "-", match[0]).strip("-").removeprefix("86-")


def _folded(character: str) -> str:
    """Half-width, where that is one character too."""
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


@cache
def _pattern() -> re.Pattern[str]:
    data: dict[str, str] = load("telephones")
    kinds = "|".join(f"(?P<{kind}>{data[kind]})" for kind in _KINDS)
    return re.compile(rf"(?<![\dA-Za-z.-])(?:{kinds})(?!\d|[.%]\d|[A-Za-z])")


@cache
def _known() -> dict[str, str]:
    named = {entry["number"]: entry["name"] for entry in load("urgent")["numbers"]}
    return named | {contact["phone"]: contact["name"] for contact in load("contacts")}
