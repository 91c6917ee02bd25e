"""Weighs every sentence that was found against "none of these answers".

What weighs is a small network over features. With the trained reader, what that says of a
passage are features too; without it those of words and vectors have to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.answering.context import Understood
from assistant.answering.features import NAMES, features
from assistant.answering.passage import Folded, folded
from assistant.errors import ModelError
from assistant.models.reader import Read
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Hit, Span

Vector = NDArray[np.float32]


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

    ``reads`` is what the trained reader says of each, empty without it.
    """

    hits: tuple[Hit, ...]
    passages: tuple[Folded, ...]
    rows: Vector
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
        return Look(tuple(hits), passages, features(understood, hits, passages))

    def weigh(self, understood: Understood, hits: Sequence[Hit]) -> list[Candidate]:
        """All sentences of all hits."""
        look = self.look(understood, hits)
        return list(candidates_of(understood, look, self.shares(look)))

    def words(self, _understood: Understood, candidates: Sequence[Candidate]) -> list[Span | None]:
        """It cannot tell."""
        return [None] * len(candidates)

    def shares(self, look: Look) -> Vector:
        """The share of each sentence, shape (sentences,)."""
        return self._weights.probabilities(look.rows)


def candidates_of(understood: Understood, look: Look, shares: Vector) -> Iterator[Candidate]:
    """The sentences that were looked at, with their shares, shape (sentences,)."""
    highest = float(shares.max())
    each = iter(shares.tolist())
    for hit, passage in zip(look.hits, look.passages, strict=True):
        for at, able in enumerate(_able(understood, passage)):
            share = next(each)
            yield Candidate(hit, at, share, share / highest, able)


def _able(understood: Understood, passage: Folded) -> Iterator[bool]:
    """For each sentence of a passage, whether it meets the question's demands."""
    texts = passage.texts
    whole = "\n".join((passage.passage.head, *texts))
    for at, text in enumerate(texts):
        near = [passage.passage.head, *texts[max(at - 1, 0) : at]]
        yield understood.demands.met(text, near, whole)
