"""What staff tell of a document: what its fields begin with, and what was typed, cleaned and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from assistant.answering.official import official_number
from assistant.errors import MetadataError, ParseError
from assistant.indexing.parse.metadata import one_line
from assistant.resources import load
from assistant.types import TOLD, Audience, Document

FIELDS = (*TOLD, "topics", "audience")
LENGTH = 200
"""Characters that a field may have."""
_TOPICS, _TOPIC_LENGTH = 20, 30
_DATES = ("date", "effective")
# One way of writing throughout: what mixes two is more likely a slip than a date.
_DATE = re.compile(r"\d{4}(?:([-/.])\d{1,2}(?:\1\d{1,2})?)?|\d{4}年(?:\d{1,2}月(?:\d{1,2}日?)?)?")


def begun(document: Document, before: Document | None) -> Document:
    """The document with what a draft of it begins with, until somebody has reviewed it.

    A new version begins with what staff told ``before``. What the new file states of itself goes
    before that in three fields alone: its number, and its dates. Where that number is another one,
    the file is another issue, and dates of the earlier one are not carried over. A document for
    staff stays one for staff, whatever its new file says.
    """
    number = official_number(document)
    if before is None:
        return replace(document, number=number)
    if before.id == document.id:
        return document
    given: dict[str, Any] = {
        name: getattr(before, name) or getattr(document, name) for name in TOLD
    }
    known = number and before.number
    another = known and _told_apart(number) != _told_apart(before.number)
    given["number"] = number if another else before.number or number
    for name in _DATES:
        given[name] = getattr(document, name) or ("" if another else getattr(before, name))
    for_staff = Audience.STAFF in (document.audience, before.audience)
    return replace(
        document,
        **given,
        topics=before.topics or document.topics,
        audience=Audience.STAFF if for_staff else Audience.RESIDENTS,
    )


def fields_of(document: Document, *, chosen: bool) -> dict[str, str]:
    """The fields as they stand in the form.

    For whom a document is meant is ``chosen`` by a person: empty until somebody has, of this
    version or the one before.
    """
    return {
        **{name: getattr(document, name) for name in TOLD},
        "topics": "、".join(document.topics),
        "audience": document.audience.value if chosen else "",
    }


def early(typed: Mapping[str, str]) -> bool:
    """Whether a form has the document come into force before it was issued.

    That is allowed, and more often a slip; of dates that are not equally exact the rougher counts.
    """
    issued, effective = (_day(typed[name]) for name in _DATES)
    if not issued or not effective:
        return False
    exact = min(len(issued), len(effective))
    return effective[:exact] < issued[:exact]


def told(document: Document, typed: Mapping[str, str]) -> Document:
    """The document with what was typed into its fields.

    Raises:
        MetadataError: some of it cannot be taken.
    """
    wrong: dict[str, str] = {}
    labels = load("console")["metadata"]

    def refuse(name: str, key: str, **values: object) -> None:
        wrong[name] = str(ParseError(key, name=labels[name], **values))

    given: dict[str, Any] = {name: one_line(typed[name]) for name in TOLD}
    for name, value in given.items():
        if len(value) > LENGTH:
            refuse(name, "told_long", limit=LENGTH)
    if not given["title"]:
        refuse("title", "told_missing")
    for name in _DATES:
        given[name] = day = _day(given[name])
        if day is None:
            refuse(name, "told_not_date")
    parts = (one_line(part) for part in re.split("[、，,]", typed["topics"]))
    given["topics"] = topics = tuple(dict.fromkeys(part for part in parts if part))
    if len(topics) > _TOPICS or any(len(topic) > _TOPIC_LENGTH for topic in topics):
        refuse("topics", "told_topics", count=_TOPICS, limit=_TOPIC_LENGTH)
    if typed["audience"] not in set(Audience):
        refuse("audience", "told_not_chosen")
    if wrong:
        raise MetadataError(wrong)
    return replace(document, **given, audience=Audience(typed["audience"]))


def _day(text: str) -> str | None:
    """A date as exact as it was typed, with dashes; None if it is none."""
    if not text:
        return ""
    written = "".join(text.split())
    if not _DATE.fullmatch(written):
        return None
    parts = [int(part) for part in re.findall(r"\d+", written)]
    try:
        day = date(*[*parts, 1, 1][:3])
    except ValueError:
        return None
    return day.isoformat()[: (4, 7, 10)[len(parts) - 1]]


def _told_apart(number: str) -> list[str]:
    """What tells official numbers apart; the brackets around the year are written in many ways."""
    return re.findall(r"\w+", number)
