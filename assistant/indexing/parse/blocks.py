"""What every format's parser gives: blocks of text in reading order; making a document of them is
left to ``document``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

HEADING_LENGTH = 40
"""Characters of the longest line that is taken for a heading or a title."""

CJK = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef“”‘’"
"""Chinese characters and marks, for a class of characters."""
# Chinese is written without spaces, so a paragraph's lines are put together without one.
_CJK_BREAK = re.compile(rf"(?<=[{CJK}])[ \t]*\n[ \t]*(?=[{CJK}])")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\U000e0000-\U000e007f]"
)
_NUMBER = "[一二三四五六七八九十百千零〇\\d]+"
_LEVELS = (
    (2, re.compile(rf"第{_NUMBER}[编章]")),
    (3, re.compile(rf"第{_NUMBER}节")),
    (2, re.compile(r"[一二三四五六七八九十]+、")),
    (3, re.compile(r"[（(][一二三四五六七八九十]+[）)]")),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (``level`` 1 to 6) or a run of text (``level`` 0).

    ``place`` says where it stands in the original (a page, a slide, a row), ``continues`` that
    the block before goes on here (over the turn of a page), ``row`` that it is a part of a table.
    """

    text: str
    level: int = 0
    place: str = ""
    continues: bool = False
    row: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a format's parser found: blocks in reading order and the metadata given in the file.

    An empty block says how far a parser at work has come (``place``); it is left out.
    """

    blocks: Iterable[Block]
    metadata: dict[str, Any] = field(default_factory=dict)


def clean(text: str) -> str:
    """Without control and direction characters, which could hide or reorder what is quoted."""
    return _INVISIBLE.sub("", text).strip()


def has_invisible(text: str) -> bool:
    """Whether there are characters that ``clean`` would take out."""
    return _INVISIBLE.search(text) is not None


def named_safely(path: str) -> str:
    """A file's name as it can be shown: characters that hide or reorder are written out."""
    return _INVISIBLE.sub(lambda found: f"\\u{{{ord(found.group()):x}}}", path)


def join_lines(text: str) -> str:
    """A paragraph's lines as one: Chinese without, other scripts with a space between."""
    return _CJK_BREAK.sub("", text).replace("\n", " ")


def heading_level(line: str) -> int:
    """The level of a line that is a heading by its number (第…章, 一、, （一）), else 0."""
    short = line.strip()
    if len(short) > HEADING_LENGTH or short.endswith(("。", "；", "，", "：", "、", ";", ",", ":")):
        return 0
    return next((level for level, mark in _LEVELS if mark.match(short)), 0)


def listed_apart(blocks: Iterable[Block]) -> Iterator[Block]:
    """Numbered lines that follow each other at once are a list, not headings of nothing."""
    run: list[Block] = []
    for block in blocks:
        if not block.text.strip():
            yield block
        elif run and block.level == run[-1].level:
            run.append(block)
        else:
            # A deeper heading below, or text, is what a heading is for.
            yield from _settled(run, ended=0 < block.level < (run[-1].level if run else 0))
            run = [block] if block.level and block.level == heading_level(block.text) else []
            if not run:
                yield block
    yield from _settled(run, ended=True)


def _settled(run: list[Block], *, ended: bool) -> Iterator[Block]:
    """The lines as text if they are several, or if nothing stands below the only one."""
    listed = len(run) > 1 or ended
    return (replace(block, level=0 if listed else block.level) for block in run)
