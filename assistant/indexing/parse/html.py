"""Web pages: where the main text is, trafilatura finds; what stands there is taken whole.

Its own text would leave out lists, tables or headings, above all of short pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import trafilatura
from lxml.html import HtmlElement
from trafilatura.utils import load_html

from assistant.errors import ParseError
from assistant.indexing.charset import decode
from assistant.indexing.parse import markdown, tables
from assistant.indexing.parse.blocks import Block, Parsed, join_lines
from assistant.indexing.parse.wrapped import unwrapped

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LEFT_OUT = frozenset(
    [
        "aside",
        "button",
        "datalist",
        "figcaption",
        "footer",
        "head",
        "iframe",
        "math",
        "nav",
        "noscript",
        "object",
        "script",
        "select",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
    ]
)
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)

_HOLDERS = frozenset(("article", "body", "div", "main", "section"))
_MOST_SPANNED = 60


def parse(content: bytes) -> Parsed:
    """The main text, with the title and the date that the page gives."""
    page = decode(content)
    found = trafilatura.extract(
        page, output_format="markdown", include_tables=True, include_comments=False,
        favor_recall=True, with_metadata=True,
        # Only a date that the page gives as its own; never one guessed from its text.
        date_extraction_params={"extensive_search": False, "original_date": True},
    )  # fmt: skip
    tree = load_html(page)
    if not found or tree is None:
        raise ParseError("page_no_text")
    parsed = markdown.parse_text(found)
    known: dict[str, Any] = {
        key: parsed.metadata[key] for key in ("title", "date") if key in parsed.metadata
    }
    # As it stands in the page: without the marks of headings and lists, cell by cell.
    pieces = (piece.strip().lstrip("#-* ") for piece in re.split(r"[\n|]", found))
    return Parsed(list(_Walk().blocks(_main(tree, pieces))), known)


def _main(tree: HtmlElement, pieces: Iterable[str]) -> HtmlElement:
    """The innermost part of a page that holds every piece which was found to be main text."""
    wanted = {_squeezed(piece) for piece in pieces} - {""}
    holding: list[HtmlElement] = []
    for element in tree.iter():
        named = isinstance(element.tag, str) and element.tag not in _INLINE | _LEFT_OUT
        if named and _squeezed(element.text_content()) in wanted:
            holding.append(element)
    paths = [[element, *element.iterancestors()][::-1] for element in holding]
    main = tree
    for level in zip(*paths, strict=False):
        if any(element is not level[0] for element in level):
            break
        main = level[0]
    # What stands beside a lone paragraph belongs to it.
    around = [main, *main.iterancestors()]
    return next((element for element in around if element.tag in _HOLDERS), main)


class _Walk:
    """Goes through an element in reading order and gathers its blocks."""

    def __init__(self) -> None:
        self._text = ""

    def blocks(self, element: HtmlElement) -> Iterator[Block]:
        """The blocks of an element with all that is in it."""
        yield from self._inside(element)
        yield from self._flush()

    def _inside(self, element: HtmlElement, level: int = 0) -> Iterator[Block]:
        self._text += _text(element.text)
        for child in element:
            if isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
                yield from self._child(child, level)
            self._text += _text(child.tail)

    def _child(self, child: HtmlElement, level: int) -> Iterator[Block]:
        if child.tag == "br":
            self._text += "\n"
        elif child.tag in _INLINE:
            yield from self._inside(child, level)
        elif child.tag == "table":
            yield from self._flush(level)
            yield from _rows(child)
        else:
            yield from self._flush(level)
            own = _HEADINGS.get(child.tag, level)
            yield from self._inside(child, own)
            yield from self._flush(own)

    def _flush(self, level: int = 0) -> Iterator[Block]:
        lines, self._text = self._text.split("\n"), ""
        for text in unwrapped([line.strip() for line in lines]):
            if text:
                yield Block(text, level)


def _rows(table: HtmlElement) -> Iterator[Block]:
    """A table's rows as sentences, with cells that span several where they belong."""
    grid: tables.Grid = []
    merges: list[tables.Merge] = []
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(table.iter("tr")):
        cells = (cell for cell in row if cell.tag in ("td", "th"))
        texts: dict[int, str] = {}
        column = 0
        for cell in cells:
            while (number, column) in taken:
                column += 1
            texts[column] = " ".join(_text(cell.text_content()).split())
            bottom = number + _span(cell, "rowspan") - 1
            right = column + _span(cell, "colspan") - 1
            if (bottom, right) != (number, column):
                merges.append(tables.Merge(number, column, bottom, right))
            taken.update(
                (r, c) for r in range(number, bottom + 1) for c in range(column, right + 1)
            )
            column = right + 1
        grid.append([texts.get(at, "") for at in range(max(texts, default=-1) + 1)])
    for line in tables.lines(grid, merges):
        yield Block(line.text, row=line.is_row)


def _span(cell: HtmlElement, name: str) -> int:
    """Over how many rows or columns a cell goes; bounded, for the page may say anything."""
    given = cell.get(name, "1").strip()
    return min(max(int(given), 1), _MOST_SPANNED) if given.isdecimal() and len(given) < 4 else 1


def _text(given: str | None) -> str:
    """Text without the line ends of its source, which mean nothing."""
    return join_lines(given or "")


def _squeezed(text: str) -> str:
    return "".join(text.split())
