"""Text as WeChat shows it: plain, with its own links only, cut into parts that fit."""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

BUDGET = 2000
"""Bytes of UTF-8 that a text may have with its label: below WeChat's 2,048 with room to spare."""

_LINK_BYTES = 600
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_MARKDOWN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^[ \t]*```.*$\n?", re.MULTILINE), ""),
    (re.compile(r"!\[([^\]\n]*)\]\([^()\s]*\)"), r"\1"),
    (re.compile(r"\[([^\]\n]+)\]\((https?://[^()\s]+)\)"), r"\1 \2"),
    (re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]{0,3}>[ \t]?", re.MULTILINE), ""),
    (re.compile(r"^([ \t]*)[-*+][ \t]+", re.MULTILINE), r"\1· "),
    (re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*"), r"\1"),
    (re.compile(r"(?<!`)`([^`\n]+)`(?!`)"), r"\1"),
)
# Single asterisks and underscores are left: they stand in sums and names.

# Marks that join the character before them stay with it (Unicode's text segmentation, UAX 29).
_JOINED = r"[\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}]*"
_CLOSED = rf"[”’」』）】]*{_JOINED}"
_PIECE = regex.compile(
    rf'<a href="[^"<>]*">[^<]*</a>{_JOINED}|'
    rf"[^。！？；\n<]*[。！？；\n]+{_CLOSED}|[^。！？；\n<]+|<{_JOINED}"
)
_ENDS = regex.compile(rf"[。！？；\n]{_CLOSED}$")


def plain(text: str) -> str:
    """Without Markdown's marks, which WeChat would show as they are; addresses stay."""
    for pattern, put in _MARKDOWN:
        text = pattern.sub(put, text)
    return text


def neutral(text: str) -> str:
    """With what could be taken for a tag made to look like one only."""
    return _TAG.sub("＜", text)


def link(url: str, text: str) -> str:
    """A link that can be tapped, or its text alone where the address is not to be trusted."""
    shown = neutral(text).replace("<", "＜")
    safe = url.startswith(("https://", "http://", "weixin://bizmsgmenu?"))
    if not safe or re.search(r'["<>\s]', url) or len(url.encode()) > _LINK_BYTES:
        return shown
    return f'<a href="{url}">{shown}</a>'


def say_link(text: str) -> str:
    """A link that says ``text`` for the person when tapped."""
    said = re.sub(r'["<>&\s]', "", text)
    return link(f"weixin://bizmsgmenu?msgmenucontent={said}&msgmenuid=1", text)


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "replace"))


def split(text: str, room: int) -> list[str]:
    """Parts of at most ``room`` bytes that make up the text when joined.

    They end with sentences where that is possible; links and joined characters stay whole
    as long as one of them fits at all.
    """
    return _pack(_sentences(text), room, (_pieces, _characters, list))


def _pack(units: Iterator[str] | list[str], room: int, finer: tuple[object, ...]) -> list[str]:
    parts: list[str] = []
    filled = 0
    for unit in units:
        taken = size(unit)
        if taken > room and finer:
            cut, *rest = finer
            smaller = _pack(cut(unit), room, tuple(rest))  # type: ignore[operator]
            parts += smaller
            filled = size(parts[-1]) if smaller else filled
        elif parts and filled + taken <= room:
            parts[-1] += unit
            filled += taken
        else:
            parts.append(unit)
            filled = taken
    return parts


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(text)


def _sentences(text: str) -> Iterator[str]:
    begun = ""
    for piece in _pieces(text):
        begun += piece
        if _ENDS.search(piece):
            yield begun
            begun = ""
    if begun:
        yield begun


def _characters(text: str) -> list[str]:
    return regex.findall(r"\X", text)
