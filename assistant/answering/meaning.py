"""What kind of thing a text is by its meaning: shares over the labels of screen_examples.yml.

What follows from a share is for the modules that ask to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assistant.answering.query_vectors import QueryEmbedder
from assistant.answering.sounds import is_pinyin
from assistant.resources import load

Vector = NDArray[np.float32]
_SAME = 0.99
"""Number types and machines move a vector by less than this cosine; another model by far more."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A linear classifier: a query vector (D,) to a share for each of the L labels.

    ``probe`` (D,) is the vector of ``probe_text`` by the embedding model it was fitted with.
    """

    labels: tuple[str, ...]
    mean: Vector
    weights: Vector
    bias: Vector
    probe_text: str
    probe: Vector

    @classmethod
    def load(cls) -> Weights:
        """The weights in resources/screen_weights.yml, fitted by ``python -m assistant.training``."""
        data = load("screen_weights")
        return cls(
            labels=tuple(data["labels"]),
            probe_text=data["probe_text"],
            **{
                key: np.array(data[key], dtype=np.float32)
                for key in ("mean", "weights", "bias", "probe")
            },
        )

    def shares(self, vector: Vector) -> dict[str, float]:
        """The probability of each label; together 1."""
        scores = self.weights @ (vector - self.mean) + self.bias
        odds = np.exp(scores - scores.max())
        return dict(zip(self.labels, (odds / odds.sum()).tolist(), strict=True))


class Meaning:
    """Classifies texts by their vectors, as long as these come from the model it was fitted to."""

    def __init__(self, embedder: QueryEmbedder) -> None:
        self._embedder = embedder
        self._weights = Weights.load()

    @cached_property
    def known(self) -> bool:
        """Whether the embedding model is the one that the weights were fitted to."""
        probe = self._embedder.encode_query(self._weights.probe_text)
        wanted = self._weights.probe
        return probe.shape == wanted.shape and float(probe @ wanted) > _SAME

    def shares(self, normal: str) -> dict[str, float]:
        """The share of each label for a folded text.

        Empty if the model is another one, or the text is in pinyin, which the model cannot read.
        """
        if is_pinyin(normal) or not self.known:
            return {}
        return self._weights.shares(self._embedder.encode_query(normal))
