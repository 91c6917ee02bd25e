"""From a file's blocks to a document: its title, one text, sections and places.

Cutting into chunks is left to ``chunk``.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import PurePosixPath

from assistant.indexing.parse.blocks import HEADING_LENGTH, Block, join_lines
from assistant.indexing.parse.metadata import Metadata
from assistant.segment import sentences
from assistant.types import Document, Place, Section


def document_id(path: str, content: bytes) -> str:
    """The id of the document that a file's path and content make."""
    return hashlib.sha256(path.encode() + b"\0" + content).hexdigest()[:16]


def document(path: str, content: bytes, blocks: list[Block], metadata: Metadata) -> Document:
    """The document of the file ``path``; ``blocks`` hold text that is clean, some of it no heading."""
    text, sections, places = _assemble(blocks)
    return Document(
        id=document_id(path, content),
        path=path,
        text=text,
        sections=sections,
        places=places,
        **{**asdict(metadata), "title": metadata.title or _title(path, blocks)},
    )


def _title(path: str, blocks: list[Block]) -> str:
    """The main heading, the first line or sentence, or of a bare table the file's name.

    Up to ``HEADING_LENGTH`` characters, except for a heading.
    """
    for block in blocks:
        if block.level == 1:
            return block.text
    first = blocks[0]
    if first.row:
        return PurePosixPath(path).stem[:HEADING_LENGTH]
    end = sentences(first.text)[0].end
    return first.text[: min(end, HEADING_LENGTH)]


def _assemble(blocks: list[Block]) -> tuple[str, tuple[Section, ...], tuple[Place, ...]]:
    """Join blocks with line ends; a section runs from below its heading to the next one."""
    text = ""
    parts: list[str] = []
    sections: list[Section] = []
    places: list[Place] = []
    headings: list[tuple[int, str]] = []
    at = start = 0
    for block in blocks:
        if block.continues and parts:
            # Joined as a paragraph's lines are: the line end of the block before goes.
            before = parts[-1].rstrip("\n")
            joined = join_lines(f"{before[-1:]}\n{block.text[:1]}")
            gap = joined[len(before[-1:]) : len(joined) - len(block.text[:1])]
            at += len(before) + len(gap) - len(parts[-1])
            parts[-1] = before + gap
        if block.level:
            if at > start:
                sections.append(Section(tuple(h for _, h in headings), start, at))
            headings = [(lv, h) for lv, h in headings if lv < block.level]
            headings.append((block.level, block.text))
        _extend(places, block.place, at, at + len(block.text) + 1)
        parts.append(block.text + "\n")
        at += len(block.text) + 1
        if block.level:
            start = at
    if at > start:
        sections.append(Section(tuple(h for _, h in headings), start, at))
    text = "".join(parts)
    return text, tuple(sections), tuple(places)


def _extend(places: list[Place], name: str, start: int, end: int) -> None:
    """Let the last place go on to ``end``, or begin a new one."""
    if not name:
        return
    if places and places[-1].text == name:
        places[-1] = Place(name, places[-1].start, end)
    else:
        if places:
            places[-1] = Place(places[-1].text, places[-1].start, min(places[-1].end, start))
        places.append(Place(name, start, end))
