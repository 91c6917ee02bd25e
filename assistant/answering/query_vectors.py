"""The vectors of the last few questions, so that steps that need the same one calculate it once."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from assistant.answering.remembered import Remembered

KEPT = 16
"""How many vectors: about as many as there are questions under way at once."""


@runtime_checkable
class QueryEmbedder(Protocol):
    """What answering needs of an embedding model."""

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """A unit vector of shape (dimension,)."""


class QueryVectors:
    """A query embedder that remembers the last few vectors; safe to use from several threads."""

    def __init__(self, embedder: QueryEmbedder) -> None:
        self._embedder = embedder
        self._vectors: Remembered[str, NDArray[np.float32]] = Remembered(KEPT)

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """A unit vector of shape (dimension,), not to be changed."""
        known = self._vectors.get(text)
        if known is not None:
            return known
        vector = self._embedder.encode_query(text)
        self._vectors.put(text, vector)
        return vector
