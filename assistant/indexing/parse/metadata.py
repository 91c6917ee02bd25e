"""The metadata that a file gives of itself, checked: one line of text each, never a guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assistant.errors import ParseError
from assistant.indexing.parse.blocks import clean
from assistant.types import TOLD, Audience

_KEYS = frozenset((*TOLD, "topics", "audience"))


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is said of a document, in the fields of ``Document``; empty where nothing is."""

    title: str = ""
    source: str = ""
    date: str = ""
    topics: tuple[str, ...] = ()
    audience: Audience = Audience.RESIDENTS
    number: str = ""
    issuer: str = ""
    department: str = ""
    effective: str = ""


def checked(given: dict[str, Any]) -> Metadata:
    """The metadata of a file.

    Raises:
        ParseError: a key is not known, or a value is not what it has to be.
    """
    unknown = set(given) - _KEYS
    if unknown:
        # A misspelt `audience` would else show a staff document to everyone.
        raise ParseError("metadata_unknown", keys="、".join(sorted(map(str, unknown))))
    lines = {key: _line(given, key) for key in TOLD}
    try:
        audience = Audience(given.get("audience", Audience.RESIDENTS))
    except ValueError as error:
        raise ParseError("metadata_audience") from error
    topics = given.get("topics") or []
    if not isinstance(topics, list) or not all(map(_is_plain, topics)):
        raise ParseError("metadata_topics")
    return Metadata(**lines, topics=tuple(clean(str(topic)) for topic in topics), audience=audience)


def _line(given: dict[str, Any], key: str) -> str:
    """A text of the metadata as one line, empty where there is none."""
    value = given.get(key)
    if not _is_plain(value):
        raise ParseError("metadata_not_text", name=key)
    return one_line(str(value or ""))


def one_line(text: str) -> str:
    """A text of the metadata without what cannot be seen, in one line."""
    return " ".join(clean(text).split())


def _is_plain(value: object) -> bool:
    """Whether it is one value; lists within lists can be gigabytes when written out."""
    return not isinstance(value, list | dict | set | tuple)
