"""The names that questions are corrected to: the town's own words and those of its documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Document

LONGEST = 12
"""Characters of the longest name; people do not write longer ones out."""

MOST = 8_000
"""How many names of documents are kept, the most frequent ones; bounds memory."""

_SHORTEST = 3  # shorter words of documents are mostly words of general Chinese
_WORDS = 4
_NEIGHBOUR = 6
_QUOTED = re.compile(r"《([^《》\n]{2,60})》|“([^“”\n]{2,40})”")
_JOINER = "·"  # between the parts of a name, and often left out
_HAN = re.compile(r"[\u3400-\u9fff]+")
_HAN_END = re.compile(r"[\u3400-\u9fff]+\Z")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in folded text; ``own`` if it is one of the town's words, else a document's."""

    text: str
    own: bool


def own_names(segmenter: Segmenter) -> list[Name]:
    """The names of resources/town_words.yml."""
    return [Name(word, own=True) for word in segmenter.town_words]


def document_names(documents: Iterable[Document], segmenter: Segmenter) -> list[Name]:
    """Names in titles, headings, topics and quotation marks, and what stands beside own names."""
    counts: Counter[str] = Counter()
    stop_words = frozenset(load("understanding")["stop_words"])
    for document in documents:
        for piece in _pieces(document):
            counts.update(_runs(segmenter, stop_words, segmenter.normalise(piece)))
        counts.update(_neighbours(segmenter, stop_words, segmenter.normalise(document.text)))
    own = set(segmenter.town_words)
    kept = (text for text, _ in counts.most_common(MOST) if text not in own)
    return [Name(text, own=False) for text in kept]


def _pieces(document: Document) -> set[str]:
    headings = {heading for section in document.sections for heading in section.headings}
    quoted = {a or b for a, b in _QUOTED.findall(document.text)}
    return {document.title, *headings, *document.topics, *quoted}


def _runs(segmenter: Segmenter, stop_words: frozenset[str], text: str) -> Iterator[str]:
    """A piece that is a name as a whole, and each run of a few words of any piece.

    A run has no mark, figure or stop word in it and begins and ends with a word of two characters
    or more; one that is itself a word of general Chinese is no name.
    """
    words = segmenter.cut(text.replace(_JOINER, ""))
    runs: list[list[str]] = [[]]
    for word in words:
        if word.isalpha() and word not in stop_words:
            runs[-1].append(word)
        else:
            runs.append([])
    found = {
        "".join(run[start:end])
        for run in runs
        for start in range(len(run))
        for end in range(start + 1, min(start + _WORDS, len(run)) + 1)
        if len(run[start]) > 1 and len(run[end - 1]) > 1
    }
    if runs == [words]:
        found.add("".join(words))
    for name in found:
        if _SHORTEST <= len(name) <= LONGEST and _HAN.search(name) and not segmenter.knows(name):
            yield name


def _neighbours(segmenter: Segmenter, stop_words: frozenset[str], text: str) -> Iterator[str]:
    """The town's own names, each with the word before or after it.

    They tell 省际治安 from 省级治安, where both 省际 and 省级 are words.
    """
    for name in segmenter.town_words:
        at = text.find(name)
        while at >= 0:
            end = at + len(name)
            if after := _HAN.match(text, end, end + _NEIGHBOUR):
                word = segmenter.cut(after.group())[0]
                if len(word) > 1 and word not in stop_words:
                    yield name + word
            if before := _HAN_END.search(text[max(0, at - _NEIGHBOUR) : at]):
                word = segmenter.cut(before.group())[-1]
                if len(word) > 1 and word not in stop_words:
                    yield word + name
            at = text.find(name, end)
