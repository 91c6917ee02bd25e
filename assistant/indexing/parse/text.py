"""Plain text."""

from __future__ import annotations

import re
from itertools import groupby

from assistant.indexing.charset import decode
from assistant.indexing.parse.blocks import HEADING_LENGTH, Block, Parsed
from assistant.indexing.parse.wrapped import filled_columns, unwrapped

_CLAUSE = re.compile(r"第[一二三四五六七八九十百千零〇\d]+[编章节条]")


def parse(content: bytes) -> Parsed:
    """A line is a block, with those it goes on in; 第…章 and 第…条 alone on one head what follows."""
    lines = decode(content).splitlines()
    filled = filled_columns(lines)
    blocks = []
    for written, paragraph in groupby(lines, key=lambda line: bool(line.strip())):
        if not written:
            continue
        for line in unwrapped(list(paragraph), filled):
            clause = _CLAUSE.match(line.strip())
            alone = clause is not None and len(line.strip()) <= HEADING_LENGTH
            ended = line.rstrip().endswith(("。", "；", "，", "："))
            blocks.append(Block(line, 2 if alone and not ended else 0))
    return Parsed(blocks)
