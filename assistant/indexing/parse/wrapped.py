"""Lines that were broken within a sentence, put together: a quote has to be the whole of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.indexing.parse.blocks import CJK, join_lines

ITEM = re.compile(
    r"第[一二三四五六七八九十百千零〇\d]+[编章节条]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]"
    r"|\d+[.、．)）](?!\d)|[①-⑳•●■◆▪○·–-]|附件"
)
"""How an item of a list begins."""
# Not behind a colon or a semicolon: what stands there is mostly the next item of a list.
_COMMA = re.compile(rf"(?:[，、]|(?<=[{CJK}]),)$")
_ENDED = re.compile(r"[。！？；：…!?;:][”’」』）)]*$")
_NARROWEST = 40  # columns, of which a Chinese character takes two
_WIDEST = 200
_SLACK = 4  # columns by which lines differ, since no mark may begin one


def broken_at_comma(line: str, following: str) -> bool:
    """Whether the sentence of a line goes on in the next one, because it ends in a comma."""
    following = following.strip()
    return bool(following and _COMMA.search(line.rstrip()) and not ITEM.match(following))


def filled_columns(lines: Sequence[str]) -> int:
    """How wide a text was set that its author's program broke into lines; 0 where none did."""
    widths = sorted(w for line in lines if _NARROWEST <= (w := _columns(line.rstrip())) <= _WIDEST)
    alike = [wider for width, wider in pairwise(widths) if wider - width <= _SLACK]
    return alike[-1] if alike else 0


def unwrapped(lines: Sequence[str], filled: int = 0) -> Iterator[str]:
    """Lines that stand at once below each other, each with those that its sentence goes on in.

    A line goes on behind a comma; also where it fills ``filled`` columns without an end mark, if
    the lines that go on so come to one in the end: lines of a list do not.
    """
    goes_on = [False] * len(lines)
    for at in range(len(lines) - 2, -1, -1):
        line, following = lines[at], lines[at + 1]
        full = filled and filled - _SLACK <= _columns(line.rstrip()) <= filled
        goes_on[at] = broken_at_comma(line, following) or bool(
            full
            and not _ENDED.search(line.rstrip())
            and not ITEM.match(following.strip())
            and (goes_on[at + 1] or _ENDED.search(following.rstrip()))
        )
        # What is set further in begins a paragraph of its own.
        goes_on[at] = goes_on[at] and _indent(following) <= _indent(line)
    whole: list[str] = []
    for line, more in zip(lines, goes_on, strict=True):
        whole.append(line.strip() if whole else line.rstrip())
        if not more:
            yield join_lines("\n".join(whole))
            whole = []


def _columns(text: str) -> int:
    return len(text) + sum(character > "\u2e7f" for character in text)


def _indent(line: str) -> int:
    return _columns(line[: len(line) - len(line.lstrip())])
