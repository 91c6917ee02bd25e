"""Which encoding a file's bytes are in: mark, then strict UTF-8, then the likeliest of those in use."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator

from assistant.errors import ParseError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 4000
# The characters that Chinese prose, in either script, is most made of; their share among the
# decoded characters tells a right decoding from one that merely succeeded.
_COMMON = frozenset(
    "的一是不了在人有我他这個个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发"
    "後作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但"
    "因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重並"
    "這們來為國說時會對於著過發後裡種經麼學現當沒動還進樣開從實軍無與長機關點業將兩間問"
    "区市镇县區鎮縣鄉乡村府政服务務办辦理通知规定單单位应應申请請条條件项項，。、；：（）《》“”「」"
)


def decode(content: bytes) -> str:
    """The text of ``content``.

    Raises:
        ParseError: no encoding that is known gives readable text.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError as error:
                raise ParseError("encoding_broken") from error
    utf8 = _decoded(content, "utf-8")
    if utf8 and "\x00" not in utf8:
        return utf8
    tried = [(_plausibility(text[:_SAMPLE]), text) for text in _candidates(content)]
    score, best = max(tried, default=(0.0, ""))
    if score <= 0:
        raise ParseError("encoding_unknown")
    return best


def _candidates(content: bytes) -> Iterator[str]:
    for encoding in ("utf-8", "gb18030", "big5", "utf-16-le", "utf-16-be"):
        yield _decoded(content, encoding)


def _decoded(content: bytes, encoding: str) -> str:
    """The decoded text, or nothing where the bytes are not of that encoding."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _plausibility(text: str) -> float:
    """Share of common characters, less what prose never has; at or below 0 is not text."""
    if not text:
        return 0.0
    common = sum(c in _COMMON or (c.isascii() and c.isprintable()) for c in text)
    odd = sum(
        unicodedata.category(c) in ("Cc", "Cn", "Co", "Cs") and c not in "\r\n\t\f" for c in text
    )
    return (common - 5 * odd) / len(text)
