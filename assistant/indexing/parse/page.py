"""Lines of text at their places on a page, and the rows that they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


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


def rows_of(page: Sequence[Line]) -> Page:
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


def text_of(row: Row) -> str:
    return " ".join(line.text for line in row)


def joined(row: Row) -> Line:
    if len(row) == 1:
        return row[0]
    return Line(
        text_of(row), row[0].left, row[-1].right, min(li.top for li in row),
        max(li.bottom for li in row), median(li.size for li in row),
    )  # fmt: skip
