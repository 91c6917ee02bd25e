"""The sentence reader: weighs every sentence that was found and says how sure it is of the best.

It points at whole sentences of a document and writes nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answering.context import Context, Reading, Understood
from assistant.answering.features import NAMES, features, folded
from assistant.errors import ModelError
from assistant.resources import load
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
    def load(cls) -> Weights:
        """The weights in resources/reader.yml, fitted by ``python -m assistant.training``.

        Raises:
            ModelError: they belong to other features than the program's.
        """
        data = load("reader")
        if tuple(data["features"]) != NAMES:
            raise ModelError("reader_weights")
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
    """A sentence that may answer: the ``at``-th of a hit's chunk, with its probability.

    ``able`` tells whether it meets the question's demands.
    """

    hit: Hit
    at: int
    share: float
    able: bool

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


class SentenceReader:
    """Sets ``readings``: the best sentence or two, with the confidence that they answer.

    The hits are put in the order that reading gives them.
    """

    name = "sentences"

    def __init__(self, normalise: Callable[[str], str]) -> None:
        self._normalise = normalise
        self._weights = Weights.load()
        self._tuning = load("search")

    def __call__(self, context: Context) -> Context:
        """Read the hits that were kept."""
        hits = context.kept
        if not hits or context.understood is None:
            return context
        candidates = self._candidates(context.understood, hits)
        mass: dict[str, float] = dict.fromkeys((hit.chunk.id for hit in hits), 0.0)
        for candidate in candidates:
            mass[candidate.hit.chunk.id] += candidate.share
        rejected = tuple(hit for hit in context.hits if hit.rejected)
        return context.with_(
            hits=(*sorted(hits, key=lambda hit: -mass[hit.chunk.id]), *rejected),
            readings=self._readings(candidates),
        )

    def _candidates(self, understood: Understood, hits: Sequence[Hit]) -> list[Candidate]:
        texts = [folded(hit, self._normalise) for hit in hits]
        shares = iter(self._weights.probabilities(features(understood, hits, texts)).tolist())
        return [
            Candidate(hit, at, next(shares), able)
            for hit, lines in zip(hits, texts, strict=True)
            for at, able in enumerate(self._able(understood, hit, lines))
        ]

    def _able(self, understood: Understood, hit: Hit, texts: Sequence[str]) -> Iterator[bool]:
        """For each sentence of a hit, whether it meets the question's demands."""
        above = [self._normalise(line) for line in (hit.chunk.title, *hit.chunk.headings)]
        passage = "\n".join((*above, *texts))
        for at, text in enumerate(texts):
            near = [*above, *texts[max(at - 1, 0) : at]]
            yield understood.demands.met(text, near, passage)

    def _readings(self, candidates: Sequence[Candidate]) -> tuple[Reading, ...]:
        """The readings, best first; each a run of neighbouring sentences of one hit.

        The probability of sentences that do not meet the question's demands is taken as that
        of no answer; it does not pass to other sentences.
        """
        able = [c for c in candidates if c.able]
        able.sort(key=lambda c: -c.share)
        chosen = able[:1]
        for other in able[1:]:
            if len(chosen) < self._tuning["sentences_quoted"] and self._joins(chosen[0], other):
                chosen.append(other)
        confidence = sum(c.share for c in able)
        return tuple(
            Reading(run[0].hit, tuple(c.span for c in run), confidence) for run in _runs(chosen)
        )

    def _joins(self, best: Candidate, other: Candidate) -> bool:
        """Whether another sentence is nearly as likely, says something else, and is short."""
        return (
            other.share >= self._tuning["second_share"] * best.share
            and self._normalise(other.text) != self._normalise(best.text)
            and len(best.text) + len(other.text) <= self._tuning["answer_length"]
        )


def _runs(chosen: list[Candidate]) -> list[list[Candidate]]:
    """Join chosen neighbours of one chunk; the run that holds the best candidate comes first."""
    runs: list[list[Candidate]] = []
    for candidate in sorted(chosen, key=lambda c: (c.hit.chunk.id, c.at)):
        if runs and candidate.follows(runs[-1][-1]):
            runs[-1].append(candidate)
        else:
            runs.append([candidate])
    return sorted(runs, key=lambda run: -max(c.share for c in run))
