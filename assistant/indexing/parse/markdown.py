"""Markdown (CommonMark with tables) behind optional YAML front matter."""

from __future__ import annotations

import re
from collections.abc import Iterable

import frontmatter
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.errors import ParseError
from assistant.indexing.charset import decode
from assistant.indexing.parse.blocks import Block, Parsed, join_lines
from assistant.indexing.parse.tables import named_row
from assistant.indexing.parse.wrapped import unwrapped

# Metadata that the library would pass over in silence: never closed, or with Chinese colons.
_METADATA = re.compile(r"\s*---[ \t]*\n\s*\w+[ \t]*[:：]")
_MEANT_BREAK = "\r"


def parse(content: bytes) -> Parsed:
    """The text without its marks."""
    return parse_text(decode(content))


def parse_text(text: str) -> Parsed:
    """The same of text that is decoded already."""
    try:
        post = frontmatter.loads(text)
    # A date that does not exist, or brackets without end, are no YAMLError.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        raise ParseError("metadata_not_yaml", line=line) from error
    if _METADATA.match(text) and not post.metadata:
        raise ParseError("metadata_ignored")
    tokens = MarkdownIt("commonmark").enable("table").parse(post.content)
    return Parsed(list(_blocks(tokens)), dict(post.metadata))


def _blocks(tokens: list[Token]) -> Iterable[Block]:
    level = 0
    header: list[str] = []
    row: list[str] = []
    in_head = in_cell = False
    for token in tokens:
        match token.type:
            case "heading_open":
                level = int(token.tag[1])
            case "heading_close":
                level = 0
            case "thead_open":
                in_head, header = True, []
            case "thead_close":
                in_head, header = False, row
            case "tr_open":
                row = []
            case "th_open" | "td_open":
                in_cell = True
            case "th_close" | "td_close":
                in_cell = False
            case "tr_close" if not in_head:
                yield Block(named_row(header, row))
            case "inline" if in_cell:
                row.append(_inline_text(token))
            case "inline":
                yield Block(_inline_text(token), level)
            case "fence" | "code_block":
                yield Block(token.content)
            case _:
                pass


def _inline_text(token: Token) -> str:
    """The text without marks; of the line ends within, only those that were meant and end no line at a comma stay."""
    breaks = {"softbreak": "\n", "hardbreak": _MEANT_BREAK}
    text = "".join(
        breaks.get(child.type, child.content)
        for child in token.children or []
        if child.type in ("text", "code_inline", *breaks)
    )
    return "\n".join(unwrapped(join_lines(text).split(_MEANT_BREAK)))
