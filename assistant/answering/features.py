"""What speaks for a sentence as the answer to a question, in numbers; weighing is the reader's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.answering.context import Understood
from assistant.types import Hit

NAMES = (
    "sentence_coverage",  # share of the question's word weight that the sentence holds
    "near_coverage",  # the same with the sentence before and the headings
    "chunk_coverage",  # the same with the whole chunk
    "near_missing",  # weight of the heaviest word not found near, in tens of nats
    "chunk_missing",  # the same for the chunk
    "pair_coverage",  # share of the question's character pairs that the sentence holds
    "chunk_pair_coverage",
    "sentence_vector",  # cosine of sentence and question, in units around 0
    "chunk_vector",
    "vector_margin",  # how far that lies above the mean of the chunks read
    "chunk_keyword",  # the chunk's keyword score
    "fused",  # the chunk's score from retrieval
    "first",  # the chunk ranked first
    "new_share",  # share of the sentence's words that the question does not hold
    "long",  # log of the sentence's length over 40 characters
    "opening",  # the sentence opens its chunk
    "kind_found",  # the sentence holds what the question asks for: a figure, a date, a place …
    "kind_missing",  # … or does not, though the question asks for it
)


def folded(hit: Hit, normalise: Callable[[str], str]) -> list[str]:
    """The texts of a hit's sentences with width, case and script folded."""
    return [normalise(hit.chunk.quote(span)) for span in hit.chunk.sentences]


def features(
    understood: Understood, hits: Sequence[Hit], texts: Sequence[Sequence[str]]
) -> NDArray[np.float32]:
    """Features of every sentence of every hit in order, shape (sentences, len(NAMES)).

    Args:
        understood: the question.
        hits: the chunks to read, best first.
        texts: the folded sentences of each.
    """
    mean = sum(hit.vector for hit in hits) / len(hits)
    rows = [
        row
        for rank, hit in enumerate(hits)
        for row in _of_chunk(understood, hit, rank, mean, texts[rank])
    ]
    return np.array(rows, dtype=np.float32)


def _of_chunk(
    understood: Understood,
    hit: Hit,
    rank: int,
    mean_vector: float,
    texts: Sequence[str],
) -> Iterator[tuple[float, ...]]:
    chunk = hit.chunk
    kind = understood.demands.kind
    asked = understood.content
    total = sum(asked.values()) or 1.0
    pairs = _pairs(understood.normal)
    title = set(chunk.title_words)
    lines = [set(words) for words in chunk.words]
    everything = title.union(*lines)
    pairs_in_chunk = _share(pairs, _pairs("\n".join(texts)))
    for at, words in enumerate(lines):
        near = words | title | (lines[at - 1] if at else set())
        found = kind is not None and kind.looks.search(texts[at]) is not None
        yield (
            _held(asked, words) / total,
            _held(asked, near) / total,
            _held(asked, everything) / total,
            _heaviest_missing(asked, near) / 10,
            _heaviest_missing(asked, everything) / 10,
            _share(pairs, _pairs(texts[at])),
            pairs_in_chunk,
            (hit.sentence_vectors[at] - 0.85) * 10,
            (hit.vector - 0.85) * 10,
            (hit.vector - mean_vector) * 10,
            hit.keyword,
            hit.fused,
            float(rank == 0),
            len(words.difference(understood.words)) / max(len(words), 1),
            math.log((len(texts[at]) + 1) / 40),
            float(at == 0),
            float(found),
            float(kind is not None and not found),
        )


def _held(asked: dict[str, float], words: set[str]) -> float:
    return sum(weight for word, weight in asked.items() if word in words)


def _heaviest_missing(asked: dict[str, float], words: set[str]) -> float:
    return max((weight for word, weight in asked.items() if word not in words), default=0.0)


def _pairs(text: str) -> set[str]:
    """Neighbouring characters, which still meet where segmenting went different ways."""
    return {text[i : i + 2] for i in range(len(text) - 1)}


def _share(wanted: set[str], found: set[str]) -> float:
    return len(wanted & found) / max(len(wanted), 1)
