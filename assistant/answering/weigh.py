"""Weighs every sentence that was found against "none of these answers".

What weighs is a small network over features. With the trained reader, what that says of a
passage are features too; without it those of words and vectors have to do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.answering.context import Understood
from assistant.answering.features import (
    NAMES,
    READER_NAMES,
    features,
    reader_features,
)
from assistant.answering.passage import Folded, folded
from assistant.errors import ModelError
from assistant.models.reader import PassageReader, Read, Words
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Hit, Span

Vector = NDArray[np.float32]

SURE = 0.5
"""Words that are likelier than this in the whole passage are not looked for again."""

BESIDE = 1
"""How many sentences on either side of one are read with it when they are."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A network with one hidden layer: features (F,) to hidden (H,) to one score.

    ``null`` is the score of "none of these answers", against which every sentence is weighed.
    """

    mean: Vector
    scale: Vector
    hidden: Vector
    hidden_bias: Vector
    output: Vector
    null: float

    @classmethod
    def load(cls, name: str, features: tuple[str, ...]) -> Weights:
        """The weights in resources/``name``.yml, fitted by ``python -m assistant.training``.

        Raises:
            ModelError: they belong to other features than the program's.
        """
        data = load(name)
        if tuple(data["features"]) != features:
            raise ModelError("reader_weights", name=name)
        arrays = {
            key: np.array(data[key], dtype=np.float32)
            for key in ("mean", "scale", "hidden", "hidden_bias", "output")
        }
        return cls(**arrays, null=float(data["null"]))

    def probabilities(self, rows: Vector) -> Vector:
        """Of each of the rows (n, F) being the answer, shape (n,); what lacks to 1 is none."""
        layer = np.tanh((rows - self.mean) / self.scale @ self.hidden.T + self.hidden_bias)
        scores = np.append(layer @ self.output, self.null)
        odds = np.exp(scores - scores.max())
        shares: Vector = odds / odds.sum()
        return shares[:-1]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer: the ``at``-th of a hit's chunk.

    ``share`` is the probability that it answers best, ``part`` whether it belongs to the answer
    at all. ``able`` tells whether it meets the question's demands. ``read`` is what the trained
    reader said of the chunk.
    """

    hit: Hit
    at: int
    share: float
    part: float
    able: bool
    read: Read | None = None

    @property
    def span(self) -> Span:
        """Its range in the document."""
        return self.hit.chunk.sentences[self.at]

    @property
    def text(self) -> str:
        """The document's own words."""
        return self.hit.chunk.quote(self.span)

    def follows(self, other: Candidate) -> bool:
        """Whether it stands right behind another in the same chunk."""
        return self.hit is other.hit and self.at == other.at + 1


@dataclass(frozen=True, slots=True)
class Look:
    """What was looked at of some hits: their passages and the features (sentences, F) of these.

    ``found`` is all that was found of each document, by its id, folded. ``reads`` is what the
    trained reader says of each passage, empty without it.
    """

    hits: tuple[Hit, ...]
    passages: tuple[Folded, ...]
    rows: Vector
    found: dict[str, str]
    reads: tuple[Read, ...] = ()


class Weigher(Protocol):
    """Gives every sentence of the hits, or of those of them that it reads, its weight."""

    @property
    def name(self) -> str:
        """What ``/readyz`` and resources/search.yml call it."""

    def look(self, understood: Understood, hits: Sequence[Hit]) -> Look:
        """The features that weighing goes by."""

    def weigh(self, understood: Understood, hits: Sequence[Hit]) -> list[Candidate]:
        """The candidates, by hit and place."""

    def words(self, understood: Understood, candidates: Sequence[Candidate]) -> list[Span | None]:
        """Where in the document the words of each stand that answer; None where it cannot tell."""


class FeatureWeigher:
    """Weighs by words and vectors alone: for any encoder."""

    name = "sentences"

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._weights = Weights.load("sentence_weights", NAMES)

    def look(self, understood: Understood, hits: Sequence[Hit]) -> Look:
        """All sentences of all hits."""
        passages = tuple(folded(hit.chunk, self._segmenter) for hit in hits)
        found: dict[str, str] = {}
        for passage in passages:
            identity = passage.chunk.document_id
            found[identity] = f"{found.get(identity, '')}\n{passage.whole}"
        return Look(tuple(hits), passages, features(understood, hits, passages), found)

    def weigh(self, understood: Understood, hits: Sequence[Hit]) -> list[Candidate]:
        """All sentences of all hits."""
        look = self.look(understood, hits)
        return list(_candidates(understood, look, self.shares(look)))

    def words(self, _understood: Understood, candidates: Sequence[Candidate]) -> list[Span | None]:
        """It cannot tell."""
        return [None] * len(candidates)

    def shares(self, look: Look) -> Vector:
        """The share of each sentence, shape (sentences,)."""
        return self._weights.probabilities(look.rows)


class ReaderWeigher:
    """Weighs by what the trained reader says of the likeliest hits, and by words and vectors."""

    name = "trained"

    def __init__(self, segmenter: Segmenter, reader: PassageReader) -> None:
        self._first = FeatureWeigher(segmenter)
        self._segmenter = segmenter
        self._reader = reader
        self._passages = int(load("search")["passages_read"])

    @cached_property
    def _weights(self) -> Weights:
        return Weights.load("reader_weights", (*NAMES, *READER_NAMES))

    def look(self, understood: Understood, hits: Sequence[Hit]) -> Look:
        """Read the passages that look likeliest by words and vectors."""
        every = self._first.look(understood, hits)
        shares = self._first.shares(every)
        of_hit = np.repeat(np.arange(len(hits)), [len(hit.chunk.sentences) for hit in hits])
        mass = np.bincount(of_hit, shares)
        chosen = np.sort(np.argsort(-mass, kind="stable")[: self._passages])
        passages = tuple(every.passages[i] for i in chosen)
        reads = tuple(self._reader.read(understood.normal, [p.passage for p in passages]))
        kept = np.isin(of_hit, chosen)
        rows = np.hstack([every.rows[kept], reader_features(reads, passages, shares[kept])])
        return Look(tuple(hits[i] for i in chosen), passages, rows, every.found, reads)

    def weigh(self, understood: Understood, hits: Sequence[Hit]) -> list[Candidate]:
        """The sentences of the hits that the trained reader read."""
        look = self.look(understood, hits)
        shares = self._weights.probabilities(look.rows)
        return [_with_part(each, look) for each in _candidates(understood, look, shares)]

    def words(self, understood: Understood, candidates: Sequence[Candidate]) -> list[Span | None]:
        """Where they are not sure, read the sentence again with those beside it.

        Where less is read, words are found better.
        """
        found = [self._in_passage(candidate) for candidate in candidates]
        unsure = [n for n, (_, words) in enumerate(found) if words is None or words.share < SURE]
        near = [found[n][0].near(candidates[n].at, BESIDE) for n in unsure]
        reads = self._reader.read(understood.normal, [part.passage for part, _ in near])
        for n, (part, at), read in zip(unsure, near, reads, strict=True):
            found[n] = part, read.words(*part.passage.sentences[at])
        return [part.span(words.start, words.end) if words else None for part, words in found]

    def _in_passage(self, candidate: Candidate) -> tuple[Folded, Words | None]:
        """The words that were found in a sentence when its passage was read."""
        whole, read = folded(candidate.hit.chunk, self._segmenter), candidate.read
        return whole, read.words(*whole.passage.sentences[candidate.at]) if read else None


def _with_part(candidate: Candidate, look: Look) -> Candidate:
    """The same with what the trained reader said, also of the sentence as part of the answer."""
    read = look.reads[look.hits.index(candidate.hit)]
    return replace(candidate, part=_sigmoid(float(read.sentences[candidate.at])), read=read)


def _candidates(understood: Understood, look: Look, shares: Vector) -> Iterator[Candidate]:
    highest = float(shares.max())
    each = iter(shares.tolist())
    for hit, passage in zip(look.hits, look.passages, strict=True):
        for at, able in enumerate(_able(understood, passage, look.found[hit.chunk.document_id])):
            share = next(each)
            yield Candidate(hit, at, share, share / highest, able)


def _able(understood: Understood, passage: Folded, document: str) -> Iterator[bool]:
    """For each sentence of a passage, whether it meets the question's demands."""
    texts = passage.texts
    for at, text in enumerate(texts):
        near = [passage.passage.head, *texts[max(at - 1, 0) : at]]
        yield understood.demands.met(text, near, passage.whole, document)


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
