"""The vectors of the last few questions, so that steps that need the same one calculate it once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

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
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """A unit vector of shape (dimension,), not to be changed."""
        with self._lock:
            if text in self._vectors:
                self._vectors.move_to_end(text)
                return self._vectors[text]
        vector = self._embedder.encode_query(text)
        with self._lock:
            self._vectors[text] = vector
            while len(self._vectors) > KEPT:
                self._vectors.popitem(last=False)
        return vector
