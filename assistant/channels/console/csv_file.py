"""Questions as a CSV file for spreadsheets, in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from assistant.channels.console.pages import local_time, status_told
from assistant.resources import load
from assistant.store.questions import AskedQuestion

_BYTE_ORDER_MARK = "\ufeff"
# What spreadsheets begin a formula with, in full width too, or pass over before one (OWASP).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_lines(questions: Iterable[AskedQuestion]) -> Iterator[str]:
    """The file, line by line, with the mark by which spreadsheets know UTF-8."""
    text = load("console")["questions"]
    yield _BYTE_ORDER_MARK + _line(text["columns"].values())
    for asked in questions:
        yield _line(
            (
                local_time(asked.asked_at),
                asked.question,
                status_told(asked.status),
                asked.answer,
                text["ratings"].get(asked.rating, ""),
                asked.reason,
                text["channels"].get(asked.channel, asked.channel),
                str(asked.took_ms),
                asked.conversation_id,
            )
        )


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([harmless(cell) for cell in cells])
    return line.getvalue()


def harmless(cell: str) -> str:
    """The cell as text; one that could be a formula has an apostrophe before it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
