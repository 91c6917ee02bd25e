"""From a file's bytes to a document: one function a format, each giving blocks of text.

Cutting into chunks is left to ``chunk``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import frontmatter
import trafilatura
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.errors import ParseError
from assistant.indexing.charset import decode
from assistant.segment import sentences
from assistant.types import Audience, Document, Section

TITLE_LENGTH = 40
_CLAUSE = re.compile(r"第[一二三四五六七八九十百千零〇\d]+[编章节条]")
# Metadata that the library would pass over in silence: never closed, or with Chinese colons.
_METADATA = re.compile(r"\s*---[ \t]*\n\s*\w+[ \t]*[:：]")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (``level`` 1 to 6) or a run of text (``level`` 0)."""

    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a format's parser found: blocks in reading order and the metadata given in the file."""

    blocks: list[Block]
    metadata: dict[str, Any] = field(default_factory=dict)


def document_id(path: str, content: bytes) -> str:
    """The id of the document that a file's path and content make."""
    return hashlib.sha256(path.encode() + b"\0" + content).hexdigest()[:16]


def parse(path: str, content: bytes) -> Document:
    """Parse the file ``path`` (its ending tells the format) with the given content.

    Raises:
        ParseError: the format is not known, or the file is empty, unreadable or has no text.
    """
    suffix = path.rsplit(".", 1)[-1].lower() if "." in path else ""
    if suffix not in PARSERS:
        raise ParseError("format_unknown", suffix=suffix, known="、".join(sorted(PARSERS)))
    if not content.strip():
        raise ParseError("file_empty")
    parsed = PARSERS[suffix](decode(content))
    blocks = [b for b in (Block(_clean(b.text), b.level) for b in parsed.blocks) if b.text]
    if not any(b.level == 0 for b in blocks):
        raise ParseError("file_no_text")
    return _document(path, content, blocks, parsed.metadata)


def parse_txt(text: str) -> Parsed:
    """Plain text: a line is a block; 第…章 and 第…条 alone on a line head what follows."""
    blocks = []
    for line in text.splitlines():
        clause = _CLAUSE.match(line.strip())
        alone = clause is not None and len(line.strip()) <= TITLE_LENGTH
        ended = line.rstrip().endswith(("。", "；", "，", "："))
        blocks.append(Block(line, 2 if alone and not ended else 0))
    return Parsed(blocks)


def parse_md(text: str) -> Parsed:
    """Markdown (CommonMark with tables) behind optional YAML front matter; marks are dropped."""
    try:
        post = frontmatter.loads(text)
    # A date that does not exist, or brackets without end, are no YAMLError.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        raise ParseError("metadata_not_yaml", line=line) from error
    if _METADATA.match(text) and not post.metadata:
        raise ParseError("metadata_ignored")
    tokens = MarkdownIt("commonmark").enable("table").parse(post.content)
    return Parsed(list(_markdown_blocks(tokens)), dict(post.metadata))


def parse_html(text: str) -> Parsed:
    """A web page: its main text without menus and footers, found by trafilatura."""
    found = trafilatura.extract(
        text, output_format="markdown", include_tables=True, include_comments=False,
        favor_recall=True, with_metadata=True,
        # Only a date that the page gives as its own; never one guessed from its text.
        date_extraction_params={"extensive_search": False, "original_date": True},
    )  # fmt: skip
    if not found:
        raise ParseError("page_no_text")
    parsed = parse_md(found)
    known: dict[str, Any] = {
        key: parsed.metadata[key] for key in ("title", "date") if key in parsed.metadata
    }
    return Parsed(parsed.blocks, known)


PARSERS: dict[str, Callable[[str], Parsed]] = {
    "txt": parse_txt,
    "md": parse_md,
    "html": parse_html,
    "htm": parse_html,
}


def _markdown_blocks(tokens: list[Token]) -> Iterable[Block]:
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
                yield Block(_table_row(header, row))
            case "inline" if in_cell:
                row.append(_inline_text(token))
            case "inline":
                yield Block(_inline_text(token), level)
            case "fence" | "code_block":
                yield Block(token.content)
            case _:
                pass


# Chinese is written without spaces, so a paragraph's lines are put together without one.
_CJK = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef“”‘’"
_CJK_BREAK = re.compile(rf"(?<=[{_CJK}])[ \t]*\n[ \t]*(?=[{_CJK}])")
_MEANT_BREAK = "\r"


def _inline_text(token: Token) -> str:
    """The text without marks; of the line ends within, only those that were meant stay."""
    breaks = {"softbreak": "\n", "hardbreak": _MEANT_BREAK}
    text = "".join(
        breaks.get(child.type, child.content)
        for child in token.children or []
        if child.type in ("text", "code_inline", *breaks)
    )
    return _CJK_BREAK.sub("", text).replace("\n", " ").replace(_MEANT_BREAK, "\n")


def _table_row(header: list[str], row: list[str]) -> str:
    """One row as a sentence of its own: each cell behind its column's header."""
    named = [f"{h}：{cell}" if h else cell for h, cell in zip(header, row, strict=False) if cell]
    return "；".join(named) + "。" if named else ""


_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\U000e0000-\U000e007f]"
)


def _clean(text: str) -> str:
    """Without control and direction characters, which could hide or reorder what is quoted."""
    return _INVISIBLE.sub("", text).strip()


def _document(path: str, content: bytes, blocks: list[Block], metadata: dict[str, Any]) -> Document:
    unknown = set(metadata) - _METADATA_KEYS
    if unknown:
        # A misspelt `audience` would else show a staff document to everyone.
        raise ParseError("metadata_unknown", keys="、".join(sorted(map(str, unknown))))
    title = _given(metadata, "title") or _title(blocks)
    text, sections = _assemble(blocks)
    try:
        audience = Audience(metadata.get("audience", Audience.RESIDENTS))
    except ValueError as error:
        raise ParseError("metadata_audience") from error
    topics = metadata.get("topics") or []
    if not isinstance(topics, list) or not all(map(_is_plain, topics)):
        raise ParseError("metadata_topics")
    return Document(
        id=document_id(path, content),
        path=path,
        title=title,
        text=text,
        sections=sections,
        source=_given(metadata, "source"),
        date=_given(metadata, "date"),
        topics=tuple(_clean(str(topic)) for topic in topics),
        audience=audience,
    )


_METADATA_KEYS = frozenset(("title", "source", "date", "topics", "audience"))


def _given(metadata: dict[str, Any], key: str) -> str:
    """A text of the metadata as one line, empty where there is none."""
    value = metadata.get(key)
    if not _is_plain(value):
        raise ParseError("metadata_not_text", name=key)
    return " ".join(_clean(str(value or "")).split())


def _is_plain(value: object) -> bool:
    """Whether it is one value; lists within lists can be gigabytes when written out."""
    return not isinstance(value, list | dict | set | tuple)


def _title(blocks: list[Block]) -> str:
    """The main heading, or the first line or sentence, up to ``TITLE_LENGTH`` characters."""
    for block in blocks:
        if block.level == 1:
            return block.text
    first = blocks[0].text
    end = sentences(first)[0].end
    return first[: min(end, TITLE_LENGTH)]


def _assemble(blocks: list[Block]) -> tuple[str, tuple[Section, ...]]:
    """Join blocks with line ends; a section runs from below its heading to the next one."""
    parts: list[str] = []
    sections: list[Section] = []
    headings: list[tuple[int, str]] = []
    at = start = 0
    for block in blocks:
        if block.level:
            if at > start:
                sections.append(Section(tuple(h for _, h in headings), start, at))
            headings = [(lv, h) for lv, h in headings if lv < block.level]
            headings.append((block.level, block.text))
        parts.append(block.text)
        at += len(block.text) + 1
        if block.level:
            start = at
    if at > start:
        sections.append(Section(tuple(h for _, h in headings), start, at))
    text = "\n".join(parts) + "\n"
    return text, tuple(sections)
