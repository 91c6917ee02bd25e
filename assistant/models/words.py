"""Which words of a sentence answer: every run of its tokens, and how much speaks for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

INSIDE = 0.1
"""What a token's logit of being one of the answer's words weighs beside those of begin and end.

The two ends are found apart, and each may fall on another likely answer; what lies between is
then no answer. Chosen on the tune parts, see docs/decisions.
"""

_LONGEST = 80  # tokens


@dataclass(frozen=True, slots=True)
class Words:
    """The likeliest words of a sentence: ``[start, end)`` of its characters.

    ``share`` is the probability that it is these and no others of the sentence.
    """

    start: int
    end: int
    share: float


@dataclass(frozen=True, slots=True)
class Runs:
    """Every run of tokens of a sentence that was read.

    ``starts`` and ``ends`` (tokens,) are characters of the sentence. ``logs`` (tokens, tokens) is
    the log of the probability that the words run from the first token to the second.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    logs: NDArray[np.float64]

    @classmethod
    def weighed(
        cls,
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        begin_logits: Floats,
        end_logits: Floats,
        inside_logits: Floats,
    ) -> Runs:
        """The runs of at least one token, from what was read of each; all shapes (tokens,)."""
        until = np.concatenate([[0.0], np.cumsum(inside_logits, dtype=np.float64)])
        between = until[1:][None, :] - until[:-1][:, None]
        scores = begin_logits[:, None] + end_logits[None, :] + INSIDE * between
        runs = np.triu(np.ones(scores.shape, bool)) & ~np.triu(
            np.ones(scores.shape, bool), _LONGEST
        )
        scores = np.where(runs, scores, -np.inf)
        best = scores.max()
        return cls(starts, ends, scores - best - np.log(np.exp(scores - best).sum()))

    def fits(self, other: Runs) -> bool:
        """Whether both were read in the same tokens; at a passage's edge they may differ."""
        return np.array_equal(self.starts, other.starts) and np.array_equal(self.ends, other.ends)


def likeliest(views: Sequence[Runs]) -> Words:
    """The words that are likeliest by all of ``views`` of one sentence, of which there is one.

    Those in other tokens than the first are left out.
    """
    first = views[0]
    logs = np.mean([each.logs for each in views if each.fits(first)], axis=0)
    odds = np.exp(logs - logs.max())
    best = int(odds.argmax())
    begin, end = divmod(best, len(odds))
    share = float(odds.flat[best] / odds.sum())
    return Words(int(first.starts[begin]), int(first.ends[end]), share)
