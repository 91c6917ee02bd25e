"""Sentences and words, the same for documents and questions; what they mean is left to others."""

from __future__ import annotations

import logging
import math
import re
import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import jieba
import jieba.posseg
import opencc

from assistant.resources import load
from assistant.types import Span

jieba.setLogLevel(logging.WARNING)

_CLOSERS = r"”’\"'」』）)】》〉\]"
_SENTENCE_END = re.compile(
    # An end mark with the quotes and brackets it closes; a web address may hold one too.
    rf"(?:(?:[。！？…]|[!?](?![A-Za-z0-9=&/#%]))+[{_CLOSERS}]*)"
    r"|(?:(?<=[A-Za-z0-9])\.(?=\s+[A-Z]))"  # an English full stop
    r"|(?:\n+)"
)
_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Notices pasted into one line keep a space where a line ended; a space after a mark or in front
# of an item number is such a place, a space between two words is not.
_LOST_LINE_END = re.compile(
    rf"(?<=[；;：:、，,）)》”{_CJK}])[ \t\u3000]+"
    rf"(?=(?:第[一二三四五六七八九十百零\d]+[章节条]|[（(]?[一二三四五六七八九十]+[）)、.．]|[（(]?\d+[）)、.．](?!\d)|附件))"
)
_CLAUSE_END = re.compile(r"[；;]+")
LONG_SENTENCE = 120
_NAME = "nz"  # jieba's tag of other proper names
_WORD = re.compile(rf"[0-9a-z{_CJK}]")


def sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Cut ``text[start:end]`` into sentences, as character ranges without outer white space.

    A sentence of more than ``LONG_SENTENCE`` characters (an enumeration, mostly) is cut at its
    semicolons too.
    """
    stop = len(text) if end is None else end
    spans: list[Span] = []
    for piece in _cut(text, start, stop, _SENTENCE_END):
        for line in _cut(text, piece.start, piece.end, _LOST_LINE_END):
            if line.end - line.start > LONG_SENTENCE:
                spans.extend(_cut(text, line.start, line.end, _CLAUSE_END))
            else:
                spans.append(line)
    return spans


def _cut(text: str, start: int, end: int, boundary: re.Pattern[str]) -> Iterator[Span]:
    at = start
    for match in boundary.finditer(text, start, end):
        yield from _trimmed(text, at, match.end())
        at = match.end()
    yield from _trimmed(text, at, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield Span(start, end)


def town_words() -> tuple[str, ...]:
    """The names of resources/town_words.yml."""
    data = load("town_words")
    return (*data["places"], *data["words"])


class Segmenter:
    """Words by jieba in search mode over normalised text, with the town's own words added.

    Args:
        town_words: names that jieba would cut or does not know.
        cache: folder for jieba's dictionary cache; its default, a fixed name in the shared
            temporary folder, would let any local user hand us a pickle.
    """

    def __init__(self, town_words: tuple[str, ...], cache: Path) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        self._jieba = jieba.Tokenizer()
        self._jieba.tmp_dir = str(cache)
        self._jieba.initialize()
        # Not tw2sp, which also trades words (程序 for 进程), those of Simplified text among them.
        self._simplify = opencc.OpenCC("tw2s")
        self._lock = threading.Lock()
        self.town_words = tuple(self.normalise(word) for word in town_words)
        for word in self.town_words:
            self._jieba.add_word(word, tag=_NAME)
        self._tagger = jieba.posseg.POSTokenizer(self._jieba)

    def normalise(self, text: str) -> str:
        """Fold width, case and Traditional characters away; for matching, never for quoting."""
        folded = unicodedata.normalize("NFKC", text).lower()
        with self._lock:  # the converter is not documented as safe to share
            return str(self._simplify.convert(folded))

    def aligned(self, text: str) -> tuple[str, list[int]]:
        """``text`` folded like ``normalise`` does, and for each character where it comes from.

        So that what is found in the folded text can be quoted from the document.
        """
        folded: list[str] = []
        origins: list[int] = []
        for at, character in enumerate(text):
            for part in unicodedata.normalize("NFKC", character).lower():
                folded.append(part)
                origins.append(at)
        narrow = "".join(folded)
        with self._lock:
            simplified = str(self._simplify.convert(narrow))
            if len(simplified) != len(narrow):
                # A phrase of another length; one by one, characters keep their places.
                simplified = "".join(str(self._simplify.convert(c))[:1] or c for c in folded)
        return simplified, origins

    def words(self, text: str) -> list[str]:
        """The words of ``text``, normalised, long words with their parts, no punctuation."""
        return [
            word
            for word in self._jieba.lcut_for_search(self.normalise(text), HMM=False)
            if _WORD.match(word)
        ]

    def tagged(self, text: str) -> list[tuple[str, str]]:
        """The words of ``text``, normalised, in its order, uncut, each with its part of speech.

        The parts of speech are jieba's: ``n…`` is a noun or a name.
        """
        pairs = self._tagger.lcut(self.normalise(text), HMM=False)
        return [(pair.word, pair.flag) for pair in pairs if _WORD.match(pair.word)]

    def parts_of_speech(self, normal: str) -> list[tuple[str, str]]:
        """All of folded text, marks too, each word as ``tagged`` tells it; guesses at unknown names."""
        return [(pair.word, pair.flag) for pair in self._tagger.lcut(normal)]

    def cut(self, normal: str) -> list[str]:
        """Folded text cut into words, marks and spaces: nothing twice and nothing left out."""
        return list(self._jieba.cut(normal, HMM=False))

    def knows(self, word: str) -> bool:
        """Whether a word in folded text is in the dictionary or among the town's own."""
        return bool(self._jieba.FREQ.get(word))

    def weight(self, word: str) -> float:
        """How much a word tells, in nats: minus the log of its share in general Chinese.

        The dictionary's own counts serve, since a town's few pages are too few to tell common
        words from rare ones.
        """
        count = self._jieba.FREQ.get(word) or 0
        return math.log(self._jieba.total / (count + 3))
