"""From lines at their places on pages to paragraphs, headings and rows of tables.

What repeats at the edges of pages, page numbers and captions of figures are left out; a line that
the layout broke is joined again, over the turn of a page too. What is a line is each format's to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.indexing.parse import tables
from assistant.indexing.parse.blocks import (
    HEADING_LENGTH,
    Block,
    heading_level,
    join_lines,
    listed_apart,
)
from assistant.indexing.parse.page import Line, Page, joined, rows_of
from assistant.indexing.parse.running import without_running
from assistant.indexing.parse.wrapped import ITEM, broken_at_comma
from assistant.resources import load

_LARGER = 1.2  # a heading's size, in sizes of the body's text
_SAME = 0.12  # by how much two sizes of the same text may differ
_SHORT = 1.6  # how far from the right edge, in sizes, a line ends that nothing broke
_INDENT = 1.2
_TABLE_ROWS, _CELL_LENGTH = 3, 20

_CAPTION = re.compile(r"(?:图|表)\s*[\d一二三四五六七八九十]+(?:[-.]\d+)?[\s：:.、\u3000]")
_ENDED = ("。", "！", "？", "；", "：", "!", "?", ";", ":")


@dataclass(frozen=True, slots=True)
class _Edges:
    left: float
    right: float


def blocks(pages: Sequence[Sequence[Line]]) -> Iterator[Block]:
    """The text of ``pages``, each in reading order, as blocks with the page as their place."""
    return listed_apart(_blocks(pages))


def _blocks(pages: Sequence[Sequence[Line]]) -> Iterator[Block]:
    rows = without_running([rows_of(page) for page in pages])
    sizes = sorted((line.size, len(line.text)) for page in rows for row in page for line in row)
    body = _weighted_median(sizes)
    place = load("places")["page"] if len(pages) > 1 else ""
    last: _Paragraph | None = None
    header: list[str] = []
    titled = False
    for number, page in enumerate(rows, 1):
        where = place.format(number=number)
        edges = _edges(page, body)
        at = 0
        while at < len(page):
            length = _table_length(page[at:])
            if length:
                if last:
                    yield from last.blocks(titled=titled)
                    last = None
                grid = [[line.text for line in row] for row in page[at : at + length]]
                # A table that goes on over the page keeps its headers.
                if at == 0 and header and len(header) == len(grid[0]) and grid[0] != header:
                    grid.insert(0, header)
                header = grid[0]
                for row in tables.lines(grid):
                    yield Block(row.text, place=where, row=row.is_row)
                at += length
                continue
            header = []
            line = joined(page[at])
            at += 1
            if last and last.goes_on(line, edges, where):
                continue
            if last:
                yield from last.blocks(titled=titled)
                titled = titled or last.is_large
            last = _Paragraph(line, edges, where, body)
    if last:
        yield from last.blocks(titled=titled)


class _Paragraph:
    """Lines that belong together, in parts by page."""

    def __init__(self, line: Line, edges: _Edges, where: str, body: float) -> None:
        self._last, self._edges, self._body = line, edges, body
        self._lines = 1
        self._parts = [(where, line.text)]
        self.is_large = line.size >= _LARGER * body and not line.text.endswith(_ENDED)

    def goes_on(self, line: Line, edges: _Edges, where: str) -> bool:
        """Take the line in if it goes on with this paragraph."""
        if not self._is_followed_by(line, edges):
            return False
        place, text = self._parts[-1]
        if place == where:
            self._parts[-1] = (place, join_lines(f"{text}\n{line.text}"))
        else:
            self._parts.append((where, line.text))
        self._last, self._edges = line, edges
        self._lines += 1
        return True

    def _is_followed_by(self, line: Line, edges: _Edges) -> bool:
        last = self._last
        same = abs(line.size - last.size) <= _SAME * last.size
        if self.is_large:  # a title that was set in several lines
            return same and line.top - last.bottom < 1.5 * line.size and not ITEM.match(line.text)
        marked = ITEM.match(line.text) or _CAPTION.match(line.text) or _CAPTION.match(last.text)
        full = last.right >= self._edges.right - _SHORT * last.size
        full = full or broken_at_comma(last.text, line.text)
        if not same or marked or not full or last.text.endswith(_ENDED):
            return False
        indented = line.left > edges.left + _INDENT * line.size
        inner = last.left > self._edges.left + _INDENT * last.size
        return inner or not indented

    def blocks(self, *, titled: bool) -> Iterator[Block]:
        """The paragraph, the first large one as the title; nothing for a figure's caption."""
        first = self._parts[0][1]
        if _CAPTION.match(first) and first.startswith("图") and self._lines == 1:
            return
        level = 0
        if self.is_large and len(first) <= 2 * HEADING_LENGTH:
            level = heading_level(first) or (2 if titled else 1)
        elif self._lines == 1:
            level = heading_level(first)
        for at, (where, text) in enumerate(self._parts):
            yield Block(text, level, where, continues=at > 0)


def _weighted_median(sizes: list[tuple[float, int]]) -> float:
    half = sum(weight for _, weight in sizes) / 2
    for size, weight in sizes:
        half -= weight
        if half <= 0:
            return size
    return 0.0


def _edges(page: Page, body: float) -> _Edges:
    """Where the body's lines begin and end on a page."""
    lines = [joined(row) for row in page]
    usual = [line for line in lines if abs(line.size - body) <= _SAME * body] or lines
    return _Edges(
        min((line.left for line in usual), default=0.0),
        max((line.right for line in usual), default=0.0),
    )


def _table_length(page: Page) -> int:
    """How many rows at the start of ``page`` are a table's: as many cells, below each other."""
    first = page[0]
    length = 0
    while length < len(page) and len(page[length]) == len(first) > 1 and all(
        _below(head, cell) for head, cell in zip(first, page[length], strict=True)
    ):  # fmt: skip
        length += 1
    cells = [len(line.text) for row in page[:length] for line in row]
    return length if length >= _TABLE_ROWS and sum(cells) / len(cells) <= _CELL_LENGTH else 0


def _below(head: Line, cell: Line) -> bool:
    return cell.left < head.right + head.size and head.left < cell.right + head.size
