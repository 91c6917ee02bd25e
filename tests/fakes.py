"""Small stand-ins for slow parts, with the same contract as the real ones."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


class HashEmbedder:
    """An embedder without a model: pairs of characters, hashed into a vector of length 1.

    Texts with pairs in common are near to each other. ``embedded`` counts the passages.
    """

    def __init__(self, fingerprint: str = "character-pairs", dimension: int = 256) -> None:
        self.fingerprint = fingerprint
        self.dimension = dimension
        self.embedded = 0

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of passages, shape (len(texts), dimension)."""
        self.embedded += len(texts)
        vectors = [self._vector(text) for text in texts]
        return np.stack(vectors) if vectors else np.empty((0, self.dimension), np.float32)

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dimension,)."""
        return self._vector(text)

    def _vector(self, text: str) -> NDArray[np.float32]:
        vector = np.zeros(self.dimension, np.float32)
        folded = unicodedata.normalize("NFKC", text).lower()
        for pair in pairwise(c for c in f"^{folded}$" if not c.isspace()):
            number = zlib.crc32("".join(pair).encode("utf-8", "replace"))
            vector[number % self.dimension] += 1 if number >> 31 else -1
        length = np.linalg.norm(vector)
        if not length:
            vector[0] = length = np.float32(1)
        return vector / length
