"""Spreadsheets: each row of a visible sheet a sentence with its column headers and its place."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterator

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from assistant.errors import ParseError
from assistant.indexing.charset import decode
from assistant.indexing.parse import tables
from assistant.indexing.parse.blocks import HEADING_LENGTH, Block, Parsed
from assistant.indexing.parse.tables import Grid, Merge
from assistant.resources import load

_UNNAMED = re.compile(r"(?:sheet|工作表|表)\s*\d*", re.IGNORECASE)
_DELIMITERS = ",\t;"


def parse_workbook(content: bytes) -> Parsed:
    """An Excel file, new or old; sheets that have a name or are several are sections."""
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        blocks = list(_sheets(workbook))
    except PasswordError as error:
        raise ParseError("file_protected") from error
    except CalamineError as error:
        raise ParseError("file_damaged") from error
    title = next((block.text for block in blocks if not block.row), "")
    return Parsed(blocks, {"title": title[:HEADING_LENGTH]})


def parse_csv(content: bytes) -> Parsed:
    """A table as text, its columns apart by commas, tabs or semicolons."""
    text = decode(content)
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    # NUL and single quotes without end are the library's to bear; a field may be as long as a file.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    grid: Grid = []
    numbers: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = 0
    for row in reader:
        grid.append(row)
        numbers.append(before + 1)  # where the row begins; a quoted field may go over lines
        before = reader.line_num
    place = load("places")["row"]
    return Parsed(
        Block(line.text, place=place.format(number=numbers[line.number]), row=line.is_row)
        for line in tables.lines(grid)
    )


def _sheets(workbook: CalamineWorkbook) -> Iterator[Block]:
    sheets = [
        known.name
        for known in workbook.sheets_metadata
        # What was hidden was not meant to be read.
        if known.typ == SheetTypeEnum.WorkSheet and known.visible == SheetVisibleEnum.Visible
    ]
    places = load("places")
    for name in sheets:
        sheet = workbook.get_sheet_by_name(name)
        merges = [
            Merge(top, left, bottom, right)
            for (top, left), (bottom, right) in sheet.merged_cell_ranges or []
        ]
        if sheet.start is None:
            continue
        grid = [[_text(cell) for cell in row] for row in sheet.iter_rows()]
        # Rows before the first one that holds anything are given too.
        if len(sheets) > 1 or not _UNNAMED.fullmatch(name.strip()):
            yield Block(name, 2, row=True)
        place = places["sheet_row"] if len(sheets) > 1 else places["row"]
        for line in tables.lines(grid, merges):
            where = place.format(sheet=name, number=line.number + 1)
            yield Block(line.text, place=where, row=line.is_row)


def _text(cell: object) -> str:
    """A cell's value as a person would write it."""
    match cell:
        case bool():
            return str(cell).upper()
        case float() if cell.is_integer():
            return str(int(cell))
        case float():
            return format(cell, ".15g")
        case datetime.datetime() if cell.time() == datetime.time():
            return cell.date().isoformat()
        case datetime.datetime() | datetime.time():
            return str(cell)
        case _:
            return str(cell)
