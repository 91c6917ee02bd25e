"""PDF: the text that is in it, and of pages that are pictures what can be recognised."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from assistant.errors import ParseError
from assistant.indexing.parse import layout
from assistant.indexing.parse.blocks import Block, Parsed
from assistant.indexing.parse.guard import MOST_PIXELS
from assistant.indexing.parse.page import Line
from assistant.resources import load

_LEAST_TEXT = 8  # characters of a page that is not a picture
_DOTS = 200 / 72  # pixels a point: 200 dots an inch
_GAP = 1.5  # in sizes: a wider one lies between the cells of a table
_SLANTED = 0.1  # radians: what is not level or upright is a watermark
_HYPHEN = "\ufffe"  # how the library gives a hyphen at the end of a line


def parse(content: bytes) -> Parsed:
    """Pages as places; see ``layout`` for what becomes of their lines."""
    return Parsed(_blocks(opened(content)))


def opened(content: bytes) -> pypdfium2.PdfDocument:
    """The document, of at least one page.

    Raises:
        ParseError: it is damaged or needs a password.
    """
    try:
        document = pypdfium2.PdfDocument(content)
        if not len(document):
            raise ParseError("file_damaged")
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
        raise ParseError("file_protected" if locked else "file_damaged") from error
    return document


def page(document: pypdfium2.PdfDocument, number: int) -> pypdfium2.PdfPage:
    """A page by its number, from 1.

    Raises:
        ParseError: it is damaged.
    """
    try:
        return document[number - 1]
    except pypdfium2.PdfiumError as error:
        raise ParseError("file_damaged") from error


def _blocks(document: pypdfium2.PdfDocument) -> Iterator[Block]:
    pages: list[list[Line]] = []
    place = load("places")["page"]
    for number in range(1, len(document) + 1):
        read = page(document, number)
        pages.append(_lines(read))
        read.close()
        yield Block("", place=place.format(number=number))
    yield from layout.blocks(pages)


def _lines(page: pypdfium2.PdfPage) -> list[Line]:
    text_page = page.get_textpage()
    found = list(_runs(text_page, page.get_height()))
    text_page.close()
    if sum(len(line.text.strip()) for line in found) >= _LEAST_TEXT:
        return found
    if not any(True for _ in page.get_objects(max_depth=2)):
        return []
    from assistant.indexing.parse import ocr  # late: it loads models

    width, height = page.get_size()
    scale = min(_DOTS, math.sqrt(MOST_PIXELS / max(width * height, 1.0)) * 0.99)
    return ocr.lines(page.render(scale=scale).to_pil(), scale)


def _runs(text_page: pypdfium2.PdfTextPage, height: float) -> Iterator[Line]:
    """The page's characters as lines, cut where a wide gap lies between."""
    run: list[int] = []
    written = ""
    waiting = False  # a space or a line's end came last
    for at in range(text_page.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text_page, at)
        character = chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
        if character in "\r\n":
            if run:
                yield from _run(text_page, run, written, height)
            run, written = [], ""
            continue
        if not character or character.isspace():
            waiting = True
            continue
        if run and waiting:
            before, here = _box(text_page, run[-1]), _box(text_page, at)
            size = before[3] - before[1]
            if here[0] - before[2] > _GAP * size or here[0] < before[0]:
                yield from _run(text_page, run, written, height)
                run, written = [], ""
            else:
                written += " "
        waiting = False
        run.append(at)
        written += character
    if run:
        yield from _run(text_page, run, written, height)


def _run(
    text_page: pypdfium2.PdfTextPage, run: list[int], written: str, height: float
) -> Iterator[Line]:
    angle = pdfium.FPDFText_GetCharAngle(text_page, run[0]) % (math.pi / 2)
    if _SLANTED < angle < math.pi / 2 - _SLANTED:
        return
    first, last = _box(text_page, run[0]), _box(text_page, run[-1])
    yield Line(
        written.rstrip(_HYPHEN), first[0], last[2], height - max(first[3], last[3]),
        height - min(first[1], last[1]), pdfium.FPDFText_GetFontSize(text_page, run[0]) * _scale(text_page, run[0]),
    )  # fmt: skip


def _scale(text_page: pypdfium2.PdfTextPage, at: int) -> float:
    """How much larger a character is drawn than its font's size says."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text_page, at, ctypes.byref(matrix))
    return math.hypot(matrix.a, matrix.b) or 1.0


def _box(text_page: pypdfium2.PdfTextPage, at: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a character's whole place, upwards."""
    box: tuple[float, float, float, float] = text_page.get_charbox(at, loose=True)
    return box
