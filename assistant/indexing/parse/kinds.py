"""Which parser reads which ending, and reading: the file's checks, its parser, and clean blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from assistant.errors import ParseError
from assistant.indexing.parse import guard
from assistant.indexing.parse.blocks import Block, Parsed, clean
from assistant.indexing.parse.metadata import Metadata, checked
from assistant.resources import load

Parser = Callable[[bytes], Parsed]

MOST_CHARACTERS = 20_000_000
"""The longest text that a file may turn into."""

PARSERS = {
    "txt": "text:parse",
    "md": "markdown:parse",
    "html": "html:parse",
    "htm": "html:parse",
    "pdf": "pdf:parse",
    "docx": "docx:parse",
    "doc": "old_office:parse_doc",
    "pptx": "pptx:parse",
    "ppt": "old_office:parse_ppt",
    "xlsx": "sheet:parse_workbook",
    "xls": "sheet:parse_workbook",
    "csv": "sheet:parse_csv",
    "ofd": "ofd:parse",
    "png": "image:parse",
    "jpg": "image:parse",
    "jpeg": "image:parse",
    "bmp": "image:parse",
    "tif": "image:parse",
    "tiff": "image:parse",
    "webp": "image:parse",
}
"""By ending, the module and its function; loaded when first needed, since the libraries are heavy."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds: clean blocks, at least one of them no heading, and its metadata."""

    blocks: list[Block]
    metadata: Metadata


def suffix_of(path: str) -> str:
    """The ending in small letters, without its dot; empty if there is none."""
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


def parser(path: str) -> Parser:
    """What reads the file ``path``.

    Raises:
        ParseError: no parser knows its ending.
    """
    suffix = suffix_of(path)
    if suffix not in PARSERS:
        raise ParseError("format_unknown", suffix=suffix, known="、".join(sorted(PARSERS)))
    module, function = PARSERS[suffix].split(":")
    found: Parser = getattr(import_module(f"assistant.indexing.parse.{module}"), function)
    return found


def read(path: str, content: bytes, alive: Callable[[str], None] = lambda _: None) -> Read:
    """Read a file in this process.

    Args:
        path: tells the format by its ending.
        content: the file's bytes.
        alive: told the place that the parser has come to, at every step.

    Raises:
        ParseError: the file cannot be read, with the reason.
    """
    parse = parser(path)
    guard.check_name(path)
    guard.check(suffix_of(path), content)
    parsed = parse(content)
    blocks: list[Block] = []
    length = 0
    count = load("places")["block"]
    for block in parsed.blocks:
        alive(clean(block.place) or count.format(number=len(blocks) + 1))
        text = clean(block.text)
        length += len(text)
        if length > MOST_CHARACTERS:
            raise ParseError("text_too_long", limit=MOST_CHARACTERS // 10_000)
        if text:
            blocks.append(Block(text, block.level, clean(block.place), block.continues, block.row))
    if all(block.level for block in blocks):
        raise ParseError("file_no_text")
    return Read(blocks, checked(parsed.metadata))
