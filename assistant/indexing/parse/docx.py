"""Word documents: the body's paragraphs and tables; headers, footers and notes are not read."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import docx
from docx.document import Document
from docx.oxml.ns import qn
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from lxml import etree

from assistant.errors import ParseError
from assistant.indexing.parse import tables
from assistant.indexing.parse.blocks import Block, Parsed, heading_level, listed_apart
from assistant.indexing.parse.numbering import Numbering
from assistant.indexing.parse.tables import Grid, Merge
from assistant.indexing.parse.wrapped import unwrapped

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_FIGURE = re.compile(r"图\s*[\d一二三四五六七八九十]")
_TEXT, _TAB, _BREAKS = qn("w:t"), qn("w:tab"), (qn("w:br"), qn("w:cr"))
# Drawings and text boxes lie beside the text, twice in the file; what was deleted is not there.
_LEFT_OUT = {qn("w:drawing"), qn("w:pict"), qn("w:del"), qn("w:moveFrom"), qn("w:pPr")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
}


def parse(content: bytes) -> Parsed:
    """Headings by their style or number; lists with the numbers that Word would show."""
    try:
        document = docx.Document(io.BytesIO(content))
    # The library has no one error for a package that is not whole.
    except (KeyError, ValueError, etree.XMLSyntaxError) as error:
        raise ParseError("file_damaged") from error
    return Parsed(listed_apart(_blocks(document)))


def _blocks(document: Document) -> Iterator[Block]:
    numbering = Numbering(document)
    titled = any(_style(p) == "title" for p in document.paragraphs)
    for element in document.element.body.iter(qn("w:p"), qn("w:tbl")):
        if any(
            parent.tag in _LEFT_OUT or parent.tag == qn("w:tbl")
            for parent in element.iterancestors()
        ):
            continue
        if element.tag == qn("w:tbl"):
            yield from _table(Table(element, document))
        else:
            paragraph = Paragraph(element, document)
            text = numbering.mark(paragraph) + text_of(paragraph)
            style = _style(paragraph)
            if style == "caption" and _FIGURE.match(text.strip()):
                continue
            for at, line in enumerate(unwrapped(text.split("\n"))):
                yield Block(line, 0 if at else _level(style, line, titled=titled))


def text_of(paragraph: Paragraph) -> str:
    """A paragraph's text as it is now: with what was inserted, without what was deleted."""
    parts: list[str] = []

    def collect(element: etree._Element) -> None:
        for child in element:
            if child.tag == _TEXT:
                parts.append(child.text or "")
            elif child.tag == _TAB:
                parts.append(" ")
            elif child.tag in _BREAKS:
                parts.append("\n")
            elif child.tag not in _LEFT_OUT:
                collect(child)

    collect(paragraph._p)
    return "".join(parts)


def _style(paragraph: Paragraph) -> str:
    style = paragraph.style
    return (style.name or "").lower() if style is not None else ""


def _level(style: str, line: str, *, titled: bool) -> int:
    if style == "title":
        return 1
    if found := _HEADING.match(style):
        return min(int(found[1]) + titled, 6)
    return heading_level(line)


def _table(table: Table) -> Iterator[Block]:
    rows = [list(row.cells) for row in table.rows]
    grid: Grid = []
    covered: dict[etree._Element, list[int]] = {}
    for number, row in enumerate(rows):
        line: list[str] = []
        for column, cell in enumerate(row):
            # A merged cell is given once for every place that it covers.
            where = covered.setdefault(cell._tc, [number, column, number, column])
            line.append(_cell_text(cell) if where[:2] == [number, column] else "")
            where[2], where[3] = max(where[2], number), max(where[3], column)
        grid.append(line)
    merges = [Merge(*where) for where in covered.values() if where[:2] != where[2:]]
    for line_ in tables.lines(grid, merges):
        yield Block(
            line_.text, heading_level(line_.text) if not line_.is_row else 0, row=line_.is_row
        )


def _cell_text(cell: _Cell) -> str:
    return " ".join(text_of(p) for p in cell.paragraphs)
