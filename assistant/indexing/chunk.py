"""From a document to its chunks: sections cut at clauses, then filled with whole sentences."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from assistant.segment import Segmenter, sentences
from assistant.types import Chunk, Document, Place, Section, Span

CHUNK_LENGTH = 300
"""Characters that a chunk aims at; only a single longer sentence passes it."""

_CLAUSE = re.compile(
    r"(?:^|(?<=[\s。；：]))第[一二三四五六七八九十百千零〇\d]+条(?=[\s\u3000：:])", re.M
)


def chunks(document: Document, segmenter: Segmenter) -> list[Chunk]:
    """Cut ``document`` into chunks, with the words of each sentence segmented."""
    found: list[Chunk] = []
    for section in document.sections:
        for headings, start, end in _clauses(document.text, section):
            title_words = tuple(segmenter.words("\n".join((document.title, *headings))))
            for group in _groups(sentences(document.text, start, end)):
                text = document.text[group[0].start : group[-1].end]
                found.append(
                    Chunk(
                        id=f"{document.id}-{len(found)}",
                        document_id=document.id,
                        ordinal=len(found),
                        title=document.title,
                        headings=headings,
                        text=text,
                        start=group[0].start,
                        sentences=tuple(group),
                        words=tuple(
                            tuple(segmenter.words(document.text[s.start : s.end])) for s in group
                        ),
                        title_words=title_words,
                        date=document.date,
                        places=_within(document.places, group[0].start, group[-1].end),
                    )
                )
    return found


def _within(places: tuple[Place, ...], start: int, end: int) -> tuple[Place, ...]:
    """The places that the range ``[start, end)`` has a part of."""
    first = bisect_left(places, True, key=lambda place: place.end > start)
    stop = bisect_left(places, True, key=lambda place: place.start >= end)
    return places[first:stop]


def passage(chunk: Chunk) -> str:
    """What is embedded of a chunk: its title, headings and text."""
    headings = [h for h in chunk.headings if h != chunk.title]
    return "\n".join((chunk.title, *headings, chunk.text))


def _clauses(text: str, section: Section) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Parts of a section that each begin with their own 第…条, which joins the headings."""
    starts = [m.start() for m in _CLAUSE.finditer(text, section.start, section.end)]
    for start, end in zip([section.start, *starts], [*starts, section.end], strict=True):
        clause = _CLAUSE.match(text, start) if start in starts else None
        headings = (*section.headings, clause.group()) if clause else section.headings
        if text[start:end].strip():
            yield headings, start, end


def _groups(spans: list[Span]) -> Iterator[list[Span]]:
    """Fill groups of neighbouring sentences up to ``CHUNK_LENGTH``, of about equal length."""
    if not spans:
        return
    total = spans[-1].end - spans[0].start
    goal = total / -(-total // CHUNK_LENGTH)
    group: list[Span] = []
    for span in spans:
        if group:
            longer = span.end - group[0].start
            here = group[-1].end - group[0].start
            if longer > CHUNK_LENGTH or (here >= goal and longer > goal):
                yield group
                group = []
        group.append(span)
    yield group
