"""Tables as text: each row a sentence of its own that names its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Grid = list[list[str]]

_VALUE = re.compile(r"[\d\s.,%:/年月日时分元¥￥*\-—~]+")
_NOTE = re.compile(r"(?:备?注|说明|附注)\s*\d*[：:.、]")
MOST_HEADERS = 4
"""Rows that headers may go over."""
_LABEL_LENGTH = 12
_HEADER_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells joined into one: rows ``top`` to ``bottom``, columns ``left`` to ``right``, inclusive."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Line:
    """What row ``number`` (from 0) becomes; ``is_row`` is false for a title or a note in it."""

    number: int
    text: str
    is_row: bool


def named_row(header: Sequence[str], row: Sequence[str]) -> str:
    """One row as a sentence of its own: each cell behind its column's header."""
    named = [f"{h}：{cell}" if h else cell for h, cell in zip(header, row, strict=False) if cell]
    return "；".join(named) + "。" if named else ""


def lines(grid: Grid, merges: Sequence[Merge] = ()) -> Iterator[Line]:
    """The rows of a table with its headers, which are found by their looks.

    Lines above them that hold one cell are titles. Headers over several rows belong together
    where a merged cell spans these rows. A first row that holds values heads nothing. Of two
    columns without headers the first one names the second. A row with one cell after an empty row
    begins another table.

    Args:
        grid: the cells' text; of merged cells only the first needs to have it.
        merges: which cells are merged.
    """
    merged = _by_row(merges, len(grid))
    grid = _spread(grid, merges)
    keyed = _is_keyed(grid)
    header: list[str] | None = None
    unused: Line | None = None
    apart = False
    at = 0
    while at < len(grid):
        row = grid[at]
        filled = [column for column, cell in enumerate(row) if cell]
        beginning = header is None and not keyed
        if not filled:
            apart = True
        elif len(filled) == 1 and (beginning or apart or _is_note(row, filled[0], merged[at])):
            if apart:
                header, unused = None, None
            yield Line(at, row[filled[0]], is_row=False)
            apart = False
        elif beginning and _may_head(row):
            depth = min(max((m.bottom - at + 1 for m in merged[at]), default=1), MOST_HEADERS)
            header = _headers(grid[at : at + depth], at, merged)
            unused = Line(at, "；".join(row[column] for column in filled), is_row=True)
            at += depth - 1
            apart = False
        else:
            names = row[:1] if keyed and all(row) else header or [""] * len(row)
            yield Line(at, named_row(names, row[1:] if keyed and all(row) else row), is_row=True)
            unused = None
            apart = False
        at += 1
    if unused:
        yield unused


def _by_row(merges: Sequence[Merge], rows: int) -> dict[int, list[Merge]]:
    """The merged cells that each row has a part of."""
    found: dict[int, list[Merge]] = {number: [] for number in range(rows)}
    for merge in merges:
        for number in range(merge.top, min(merge.bottom, rows - 1) + 1):
            found[number].append(merge)
    return found


def _spread(grid: Grid, merges: Sequence[Merge]) -> Grid:
    """All rows of one length, and a cell merged over rows in each of them."""
    width = max(map(len, grid), default=0)
    whole = [[" ".join(cell.split()) for cell in row] + [""] * (width - len(row)) for row in grid]
    for merge in merges:
        if merge.top < len(whole) and merge.left < width:
            for number in range(merge.top + 1, min(merge.bottom, len(whole) - 1) + 1):
                whole[number][merge.left] = whole[merge.top][merge.left]
    return whole


def _is_note(row: Sequence[str], column: int, merged: Sequence[Merge]) -> bool:
    """Whether the one cell of a row is a line of its own: merged over columns, or a remark."""
    wide = any(m.left <= column < m.right for m in merged)
    return len(row) == 1 or wide or _NOTE.match(row[column]) is not None


def _may_head(row: Sequence[str]) -> bool:
    return not any(cell and _VALUE.fullmatch(cell) for cell in row)


def _is_keyed(grid: Grid) -> bool:
    """Whether the first of two columns names the second: a form, not a list."""
    pairs = [row for row in grid if all(row)]
    if not pairs or any(len(row) != 2 for row in grid):
        return False
    listed = _may_head(pairs[0]) and len(pairs[0][1]) <= _HEADER_LENGTH
    return not listed and all(len(key) <= _LABEL_LENGTH and _may_head([key]) for key, _ in pairs)


def _headers(rows: Grid, at: int, merged: dict[int, list[Merge]]) -> list[str]:
    """Each column's header: the different texts above it, joined."""
    names: list[list[str]] = [[] for _ in rows[0]]
    for number, row in enumerate(rows, at):
        wide = {
            c: m.left for m in merged[number] for c in range(m.left, min(m.right + 1, len(row)))
        }
        for column, found in enumerate(names):
            text = row[column] or row[wide.get(column, column)]
            if text and text not in found:
                found.append(text)
    return ["".join(found) for found in names]
