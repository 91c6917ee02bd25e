"""From lines at their places on pages to paragraphs, headings and rows of tables.

What repeats at the edges of pages, page numbers and captions of figures are left out; a line that
the layout broke is joined again, over the turn of a page too. What is a line is each format's to say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from assistant.indexing.parse import tables
from assistant.indexing.parse.blocks import HEADING_LENGTH, Block, heading_level, join_lines
from assistant.resources import load

_LARGER = 1.2  # a heading's size, in sizes of the body's text
_SAME = 0.12  # by how much two sizes of the same text may differ
_SHORT = 1.6  # how far from the right edge, in sizes, a line ends that nothing broke
_INDENT = 1.2
_EDGE = 2  # rows at the top and at the bottom of a page that may be running ones
_OFTEN = 0.3  # the share of pages that a running row is on
_TABLE_ROWS, _CELL_LENGTH = 3, 20

_PAGE_NUMBER = re.compile(
    r"[-—–－·•~\s]*(?:第\s*)?[\dⅠ-ⅻivxl]{1,4}\s*(?:页)?(?:\s*[,，/]?\s*(?:共|of)?\s*\d{1,4}\s*页?)?[-—–－·•~\s]*",
    re.IGNORECASE,
)
_ITEM = re.compile(
    r"第[一二三四五六七八九十百千零〇\d]+[编章节条]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]"
    r"|\d+[.、．)）](?!\d)|[①-⑳•●■◆▪○·–-]|附件"
)
_CAPTION = re.compile(r"(?:图|表)\s*[\d一二三四五六七八九十]+(?:[-.]\d+)?[\s：:.、\u3000]")
_ENDED = ("。", "！", "？", "；", "：", "!", "?", ";", ":")


@dataclass(frozen=True, slots=True)
class Line:
    """A run of text on a page, in any unit; ``top`` is less than ``bottom``, ``size`` a character's."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float


Row = list[Line]
Page = list[Row]


@dataclass(frozen=True, slots=True)
class _Edges:
    left: float
    right: float


def blocks(pages: Sequence[Sequence[Line]]) -> Iterator[Block]:
    """The text of ``pages``, each in reading order, as blocks with the page as their place."""
    rows = _without_running([_rows(page) for page in pages])
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
            header = header if at == 0 and not last else []
            line = _joined(page[at])
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
            return same and line.top - last.bottom < 1.5 * line.size and not _ITEM.match(line.text)
        marked = _ITEM.match(line.text) or _CAPTION.match(line.text) or _CAPTION.match(last.text)
        full = last.right >= self._edges.right - _SHORT * last.size
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


def _rows(page: Sequence[Line]) -> Page:
    """Lines side by side as one row; only where one follows the other, as in columns none does."""
    rows: Page = []
    for line in page:
        if not line.text.strip():
            continue
        before = rows[-1][-1] if rows else None
        if before and line.left >= before.right and _overlap(before, line) > 0.5:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _overlap(one: Line, other: Line) -> float:
    """The shared height as a share of the lower one's."""
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared / max(min(one.bottom - one.top, other.bottom - other.top), 1e-6)


def _without_running(pages: list[Page]) -> list[Page]:
    """Without page numbers and what is said again at the edges of many pages."""
    edges = [_edge_rows(page) for page in pages]
    same = Counter(text for page in edges for text in {_text(row) for row in page})
    alike = Counter(key for page in edges for key in {_key(row) for row in page})
    kept: list[Page] = []
    for page, at_edge in zip(pages, edges, strict=True):
        outer = _edge_rows(page, 1)
        drop = [
            row
            for row in at_edge
            if same[_text(row)] >= max(2, _OFTEN * len(pages))
            or alike[_key(row)] >= max(3, _OFTEN * len(pages))
            or (row in outer and _is_page_number(_text(row), len(pages)))
        ]
        kept.append([row for row in page if row not in drop])
    return kept


def _edge_rows(page: Page, count: int = _EDGE) -> Page:
    ordered = sorted(page, key=lambda row: row[0].top)
    return ordered[:count] + ordered[max(count, len(ordered) - count) :]


def _key(row: Row) -> str:
    """What a running row has in common with itself on other pages: all but its numbers."""
    return re.sub(r"\d+", "#", "".join(_text(row).split()))


def _is_page_number(text: str, pages: int) -> bool:
    bare = text.strip().isalnum() and not text.strip().startswith("第")
    return _PAGE_NUMBER.fullmatch(text) is not None and (pages > 1 or not bare)


def _text(row: Row) -> str:
    return " ".join(line.text for line in row)


def _joined(row: Row) -> Line:
    if len(row) == 1:
        return row[0]
    return Line(
        _text(row), row[0].left, row[-1].right, min(li.top for li in row),
        max(li.bottom for li in row), median(li.size for li in row),
    )  # fmt: skip


def _weighted_median(sizes: list[tuple[float, int]]) -> float:
    half = sum(weight for _, weight in sizes) / 2
    for size, weight in sizes:
        half -= weight
        if half <= 0:
            return size
    return 0.0


def _edges(page: Page, body: float) -> _Edges:
    """Where the body's lines begin and end on a page."""
    lines = [_joined(row) for row in page]
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
