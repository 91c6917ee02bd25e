"""The original of a file as a browser can show it safely: pictures of its pages, or plain text.

Nothing of a document is ever handed on as it is. Drawing runs apart as reading does, in helpers of
its own, so that nobody waits for the long reading of another file; which page is shown where is left
to the console.

An office file is first made into a pdf, which takes LibreOffice some seconds. That is done once
(``pages_of``) and the result is the caller's to keep beside the original: nothing is remembered here,
so it serves every worker and survives a new start.
"""

from __future__ import annotations

import atexit
import base64
from enum import StrEnum

from assistant.errors import ParseError
from assistant.indexing.parse import guard, office
from assistant.indexing.parse.apart import Helper
from assistant.indexing.parse.kinds import suffix_of
from assistant.resources import load

_DRAWING = Helper(silence=60.0)
_CONVERTING = Helper(silence=120.0)  # of its own: drawing does not wait for it either
for _helper in (_DRAWING, _CONVERTING):
    atexit.register(_helper.close)


class Preview(StrEnum):
    """How an original is shown."""

    PAGES = "pages"
    TEXT = "text"
    NONE = "none"


def kind_of_preview(path: str) -> Preview:
    """How the original of the file ``path`` is shown, by its ending and what is installed."""
    suffix = suffix_of(path)
    if suffix in guard.TEXTS:
        return Preview.TEXT
    if suffix == "pdf" or suffix in guard.IMAGES:
        return Preview.PAGES
    return Preview.PAGES if suffix in office.PDF_FILTERS and office.program() else Preview.NONE


def pages_of(path: str, content: bytes) -> bytes:
    """What the pages of a file are drawn from: a pdf of an office file, else the file itself.

    A pdf has the first 200 pages at most (``office.MOST_PAGES``), see ``pages_note``.

    Raises:
        ParseError: files of this kind have no pages, LibreOffice is not installed or cannot read
            the file, or it took too long.
    """
    suffix = suffix_of(path)
    if suffix in office.PDF_FILTERS:
        return base64.b64decode(_CONVERTING.ask("pdf", path, content)["found"])
    _check_drawn(path)
    return content


def page_count(path: str, pages: bytes) -> int:
    """How many pages a file has; ``pages`` is what ``pages_of`` gave for it.

    Raises:
        ParseError: the file is damaged, protected or made to harm, or it took too long.
    """
    _check_drawn(path)
    count: int = _DRAWING.ask("count", _drawn(path), pages)["found"]
    return count


def page_image(path: str, pages: bytes, number: int) -> bytes:
    """A page as PNG, at most 1200 pixels wide and 5000 high; no other page is drawn.

    Args:
        path: tells the format by its ending.
        pages: what ``pages_of`` gave for the file.
        number: of the page, from 1.

    Raises:
        ParseError: as for ``page_count``, or there is no such page.
    """
    _check_drawn(path)
    return base64.b64decode(_DRAWING.ask("page", _drawn(path), pages, number=number)["found"])


def pages_note(path: str, count: int) -> str:
    """What to say beside ``count`` pages of a file where more may have been left out, else nothing."""
    if suffix_of(path) not in office.PDF_FILTERS or count < office.MOST_PAGES:
        return ""
    note: str = load("preview")["pages_cut"].format(limit=office.MOST_PAGES)
    return note


def original_text(path: str, content: bytes) -> str:
    """The characters of a text file, 200,000 at most; the last line says where it was cut.

    Those that hide or reorder others are written out (``\\u{202e}``). Markup is given as it was
    written, so that it has to be escaped wherever it is put into a page.

    Raises:
        ParseError: the file is not of characters, or their encoding is not known.
    """
    if kind_of_preview(path) is not Preview.TEXT:
        raise ParseError("preview_impossible", suffix=suffix_of(path))
    text: str = _DRAWING.ask("text", path, content)["found"]
    return text


def _drawn(path: str) -> str:
    """The name of what is drawn: of an office file its pdf."""
    return f"{path}.pdf" if suffix_of(path) in office.PDF_FILTERS else path


def _check_drawn(path: str) -> None:
    suffix = suffix_of(_drawn(path))
    if suffix != "pdf" and suffix not in guard.IMAGES:
        raise ParseError("preview_impossible", suffix=suffix)
