"""What is wrong with a request to the console, told field by field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from assistant.resources import load

_MOST = 10
_KEY_LENGTH = 40
"""A key that is not known can be of any length, and there can be any number of them."""


def wrong_fields(errors: Sequence[Any]) -> str:
    """Each of pydantic's errors as its field and the reason, without what was sent."""
    return "；".join(f"{_place(each['loc'])}{_reason(each)}" for each in errors[:_MOST])


def _place(location: Sequence[str | int]) -> str:
    """A field by its name on the console's pages and by its key."""
    text = load("request_reasons")
    _, *path = location  # the body, the query or the path
    if not path:
        return str(text["whole"])
    key = str(path[0])[:_KEY_LENGTH]
    console = load("console")
    label = console["metadata"].get(key) or console["search"].get(key)
    place = text["labelled"].format(label=label, key=key) if isinstance(label, str) else key
    for inner in path[1:]:
        if isinstance(inner, int):
            place = text["item"].format(place=place, number=inner + 1)
    return str(place)


def _reason(error: Any) -> str:
    reasons = load("request_reasons")["reasons"]
    values = dict(error.get("ctx", {}))
    if "expected" in values:
        values["expected"] = "、".join(re.findall("'([^']*)'", str(values["expected"])))
    return str(reasons.get(error["type"], reasons["other"]).format(**values))
