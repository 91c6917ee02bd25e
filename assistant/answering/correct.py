"""Corrects what was misheard or misspelt in a question to the names that the documents use.

A question is read the way that costs least: as words of general Chinese, each by its frequency,
or as a name with the cost of the mistakes made in it (a noisy channel over a unigram model,
decoded by Viterbi). So what makes sense as it stands is left alone. How alike sounds are, and
which names there are, is left to others.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.answering.everyday import Everyday
from assistant.answering.lexicon import Lexicon
from assistant.answering.names import document_names, own_names
from assistant.answering.sounds import COSTS
from assistant.answering.units import Line, Unit
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.store.documents import DocumentStore
from assistant.store.search_index import CurrentIndex
from assistant.types import Audience

_WORD_LENGTH = 6
_PAUSE = r"[\s，,。.…、~～!！:：]"


@dataclass(frozen=True, slots=True)
class Change:
    """What stood in the question and what was read for it; filler is read as nothing."""

    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A question as it was understood and what that changed: filler first, then names, then words."""

    text: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class _Edge:
    """One step of a reading: units ``[start, end)``, as they stand or as ``name``."""

    start: int
    end: int
    cost: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """The names of one generation, and all that its documents say, folded."""

    generation: str
    lexicon: Lexicon
    text: str


class Corrector:
    """Corrects questions to the town's own words and the names in the published documents.

    Safe to share between threads. The first question after a new generation was published reads
    its names, unless ``refresh`` did; others go on with the old ones meanwhile.

    Args:
        segmenter: knows general Chinese and the town's own words.
        store: where the documents are; without it, only the town's own words are names.
        index: which of them are published.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        store: DocumentStore | None = None,
        index: CurrentIndex | None = None,
    ) -> None:
        self._tuning = load("correction")
        self._segmenter = segmenter
        self._everyday = Everyday(segmenter)
        self._store = store
        self._index = index
        sounds, openings = (
            "|".join(map(re.escape, sorted(self._tuning[key], key=len, reverse=True)))
            for key in ("hesitations", "openings")
        )
        this = f"(?:那个|这个){_PAUSE}+"  # only with a pause: 那个镇 speaks of one
        self._opening = re.compile(
            rf"(?:(?:{openings}|{sounds}){_PAUSE}*|{this})+(?:那个)?{_PAUSE}*(?=.)"
        )
        self._hesitation = re.compile(rf"(?<={_PAUSE})(?:{sounds}){_PAUSE}+")
        self._lock = threading.Lock()
        self._own = own_names(segmenter)
        self._known = _Known("", Lexicon(self._own), "")

    def correct(self, asked: str) -> Correction:
        """``asked`` without filler, with the names that were meant and in the documents' words."""
        self.refresh()
        known = self._known
        text, changes = self._without_filler(asked)
        line = Line(text, self._segmenter.normalise(text), known.lexicon.syllables)
        edges = self._read(known, line)
        if edges:
            text, names = line.replaced([(e.start, e.end, e.name) for e in edges])
            changes += [Change(*each) for each in names]
        text, words = self._everyday.written(text, known.text.__contains__)
        changes += [Change(*each) for each in words]
        return Correction(text, tuple(changes))

    def refresh(self) -> None:
        """Take the names of the newest generation, if they are not in use yet."""
        index = self._index.get() if self._index else None
        if self._store is None or index is None or index.generation.id == self._known.generation:
            return
        if self._lock.acquire(blocking=False):
            try:
                # A name that questions are corrected to is told to everyone.
                documents = [
                    document
                    for document in self._store.published(index.generation)
                    if document.audience is Audience.RESIDENTS
                ]
                names = document_names(documents, self._segmenter)
                text = "\n".join(self._segmenter.normalise(each.text) for each in documents)
                self._known = _Known(index.generation.id, Lexicon([*self._own, *names]), text)
            finally:
                self._lock.release()

    def _without_filler(self, asked: str) -> tuple[str, list[Change]]:
        changes: list[Change] = []

        def drop(found: re.Match[str]) -> str:
            changes.append(Change(found.group(), ""))
            return ""

        opening = self._opening.match(asked)
        text = drop(opening) + asked[opening.end() :] if opening else asked
        return self._hesitation.sub(drop, text), changes

    def _read(self, known: _Known, line: Line) -> list[_Edge]:
        """The names of the cheapest reading that were not written rightly, in their order.

        What the documents themselves write as the question does is right.
        """
        right: set[tuple[int, int]] = set()
        while True:
            found = self._cheapest(known.lexicon, line, right)
            attested = {
                (edge.start, edge.end)
                for edge in found
                if (was := line.normal(edge.start, edge.end)) in known.text and was not in edge.name
            }
            if not attested:
                return found
            right |= attested

    def _cheapest(self, lexicon: Lexicon, line: Line, right: set[tuple[int, int]]) -> list[_Edge]:
        best: list[tuple[float, _Edge | None]] = [(math.inf, None)] * (len(line.units) + 1)
        best[0] = (0.0, None)
        for start in range(len(line.units)):
            for edge in self._edges(lexicon, line, start):
                cost = best[start][0] + edge.cost
                if cost < best[edge.end][0] and not (edge.name and (start, edge.end) in right):
                    best[edge.end] = (cost, edge)
        found: list[_Edge] = []
        last = best[-1][1]
        while last:
            if last.name:
                found.append(last)
            last = best[last.start][1]
        return found[::-1]

    def _edges(self, lexicon: Lexicon, line: Line, start: int) -> Iterator[_Edge]:
        yield _Edge(start, start + 1, self._single(line.units[start]))
        for end in range(start + 2, min(start + _WORD_LENGTH, len(line.units)) + 1):
            word = line.text[start:end]
            if self._segmenter.knows(word) and line.joined(start, end):
                yield _Edge(start, end, self._segmenter.weight(word))
        if start in line.letters:
            end, letters = line.letters[start]
            name = lexicon.of_initials(letters)
            if name and letters not in self._tuning["abbreviations"]:
                yield _Edge(start, end, self._prior(name.own) + COSTS.initials, name.text)
        if start in line.inner:
            return
        for end in (start + length for length in lexicon.lengths):
            if end > len(line.units) or not line.joined(start, end):
                return
            if end not in line.inner and (edge := self._named(lexicon, line, start, end)):
                yield edge

    def _named(self, lexicon: Lexicon, line: Line, start: int, end: int) -> _Edge | None:
        """The name that units ``[start, end)`` most likely stand for; None if that is not clear."""
        costs = sorted(
            (match.mistakes + self._prior(match.name.own), match.name.text, match)
            for match in lexicon.matches(line.units[start:end])
        )
        if not costs:
            return None
        cost, text, match = costs[0]
        if not match.mistakes:
            return _Edge(start, end, cost)
        if len(costs) > 1 and costs[1][0] - cost < self._tuning["ambiguous"]:
            return None
        if self._parts_a_name(line, start, end):
            return None
        cost += self._tuning["change"]
        # In a name of a document's a word may be another's; the town's own are worth more.
        bounds = (start, end) if match.name.own else (0, len(line.units))
        if self._changes_a_word(line, start, end, text, bounds):
            cost += self._tuning["words_changed"]
        return _Edge(start, end, cost, text)

    def _changes_a_word(
        self, line: Line, start: int, end: int, name: str, bounds: tuple[int, int]
    ) -> bool:
        """Whether a word of two characters or more would become another one, or be parted."""
        pairs = enumerate(zip(line.text[start:end], name, strict=False), start)
        changed = [at for at, (was, now) in pairs if was != now] or [end]
        places = [(at, at + 1) for at in changed]
        if end - start != len(name):  # what was left out stood between two characters
            places = [(changed[0] - 1, changed[0] + 1)]
        return any(
            self._segmenter.knows(line.text[a:b]) and line.joined(a, b)
            for first, last in places
            for a in range(max(bounds[0], last - _WORD_LENGTH), first + 1)
            for b in range(max(last, a + 2), min(bounds[1], a + _WORD_LENGTH) + 1)
        )

    def _parts_a_name(self, line: Line, start: int, end: int) -> bool:
        """Whether one of the town's own names reaches from inside the units to their outside."""
        return any(
            line.text.startswith(name.text, at)
            for name in self._own
            for edge in (start, end)
            for at in range(max(0, edge - len(name.text) + 1), edge)
            if not start <= at <= at + len(name.text) <= end
        )

    def _prior(self, own: bool) -> float:
        return float(self._tuning["own_name" if own else "document_name"])

    def _single(self, unit: Unit) -> float:
        if unit.is_han:
            return self._segmenter.weight(unit.character)
        return float(self._tuning["letter"] * (unit.end - unit.start))
