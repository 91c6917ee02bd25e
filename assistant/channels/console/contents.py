"""A document's table of contents, from its headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.channels.page import Line
from assistant.types import Document


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading: the number of its line, its words, and how deep it is, from 1 to 6."""

    line: int
    text: str
    depth: int


def contents(document: Document, lines: Sequence[Line]) -> list[Entry]:
    """The headings in order; the depth is that of the sections they stand over."""
    depths = {
        heading: min(depth, 6)
        for section in document.sections
        for depth, heading in enumerate(section.headings, 1)
    }
    entries = []
    for number, line in enumerate(lines):
        text = f"{line.before}{line.marked}{line.after}".strip()
        if line.heading and text:
            entries.append(Entry(number, text, depths.get(text, 1)))
    return entries
