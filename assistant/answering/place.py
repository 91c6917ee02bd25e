"""Where a quote stands in its original, from the first place that it has a part of to the last."""

from __future__ import annotations

import re

from assistant.resources import load
from assistant.types import Chunk

_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)")


def place_of(chunk: Chunk, start: int, end: int) -> str:
    """The place of ``[start, end)`` of the document's text (第2行, 第2—3行); empty if not known."""
    touched = [p.text for p in chunk.places if p.start < end and start < p.end]
    if not touched:
        return ""
    first, last = touched[0], touched[-1]
    if first == last:
        return first
    told: str = load("places")["range"]
    one, other = _NUMBERED.fullmatch(first), _NUMBERED.fullmatch(last)
    if one and other and one[1] == other[1] and one[3] == other[3]:
        return one[1] + told.format(first=one[2], last=other[2]) + one[3]
    return told.format(first=first, last=last)
