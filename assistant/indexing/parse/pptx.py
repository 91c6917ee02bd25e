"""Slides: their titles, texts and tables, from top to bottom; notes and footers are not read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

import pptx
from lxml import etree
from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER
from pptx.exc import PackageNotFoundError
from pptx.slide import Slide

from assistant.errors import ParseError
from assistant.indexing.parse import tables
from assistant.indexing.parse.blocks import Block, Parsed
from assistant.indexing.parse.tables import Merge
from assistant.resources import load

_FOOTERS = (PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE)
_DEEPEST = 20  # groups within groups


def parse(content: bytes) -> Parsed:
    """The first slide's title names the whole; the others head their slide."""
    try:
        slides = list(pptx.Presentation(io.BytesIO(content)).slides)
    except (KeyError, ValueError, PackageNotFoundError, etree.XMLSyntaxError) as error:
        raise ParseError("file_damaged") from error
    return Parsed(_blocks(slides))


def _blocks(slides: list[Slide]) -> Iterator[Block]:
    place = load("places")["slide"]
    for number, slide in enumerate(slides, 1):
        where = place.format(number=number)
        if slide.element.get("show") == "0":
            continue  # hidden: not meant to be shown
        title = slide.shapes.title
        if title is not None and title.has_text_frame and title.text_frame.text.strip():
            text = "".join(title.text_frame.text.splitlines())
            yield Block(text, 1 if number == 1 else 2, where)
        for shape in _ordered(slide.shapes):
            if title is not None and shape.shape_id == title.shape_id:
                continue
            yield from _shape(shape, where)


def _ordered(shapes: Iterable[Any], depth: int = 0) -> list[Any]:
    """All shapes, those of groups too, in the order they are read in."""
    found: list[Any] = []
    for shape in sorted(shapes, key=lambda s: (s.top or 0, s.left or 0)):
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP and depth < _DEEPEST:
            found.extend(_ordered(shape.shapes, depth + 1))
        else:
            found.append(shape)
    return found


def _shape(shape: Any, where: str) -> Iterator[Block]:
    if shape.is_placeholder and shape.placeholder_format.type in _FOOTERS:
        return
    if shape.has_text_frame:
        for paragraph in shape.text_frame.paragraphs:
            yield Block(paragraph.text.replace("\v", ""), place=where)
    elif getattr(shape, "has_table", False):
        table = shape.table
        grid = [[cell.text_frame.text for cell in row.cells] for row in table.rows]
        merges = [
            Merge(r, c, r + cell.span_height - 1, c + cell.span_width - 1)
            for r, row in enumerate(table.rows)
            for c, cell in enumerate(row.cells)
            if cell.is_merge_origin
        ]
        for line in tables.lines(grid, merges):
            yield Block(line.text, place=where, row=line.is_row)
