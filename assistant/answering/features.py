"""What speaks for a sentence as the answer to a question, in numbers; weighing is the reader's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.answering.context import Understood
from assistant.answering.passage import Folded
from assistant.models.reader import Read
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


READER_NAMES = (
    "relevance",  # the trained reader's logit that the passage answers, in fives
    "relevance_margin",  # how far that lies below the best passage's
    "sentence",  # its logit that the sentence is part of the answer, in fives
    "sentence_margin",  # how far that lies below the passage's best sentence
    "words",  # the same as ``sentence_margin`` by the likeliest words in each sentence
    "first_share",  # the share that the features above gave it, as a log
)


def features(
    understood: Understood, hits: Sequence[Hit], passages: Sequence[Folded]
) -> NDArray[np.float32]:
    """Features of every sentence of every hit in order, shape (sentences, len(NAMES)).

    Args:
        understood: the question.
        hits: the chunks to read, best first.
        passages: the same chunks, folded.
    """
    mean = sum(hit.vector for hit in hits) / len(hits)
    rows = [
        row
        for rank, hit in enumerate(hits)
        for row in _of_chunk(understood, hit, rank, mean, passages[rank].texts)
    ]
    return np.array(rows, dtype=np.float32)


def reader_features(
    reads: Sequence[Read], passages: Sequence[Folded], first_shares: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What the trained reader says of every sentence, shape (sentences, len(READER_NAMES)).

    Args:
        reads: the reader's logits for each passage.
        passages: the passages, folded.
        first_shares: the share that each sentence had without the reader, shape (sentences,).
    """
    best = max(read.relevance for read in reads)
    rows: list[tuple[float, ...]] = []
    for read, passage in zip(reads, passages, strict=True):
        words = [read.words_logit(*sentence) for sentence in passage.passage.sentences]
        for at, logit in enumerate(read.sentences.tolist()):
            rows.append(
                (
                    read.relevance / 5,
                    (read.relevance - best) / 5,
                    logit / 5,
                    (logit - float(read.sentences.max())) / 5,
                    (words[at] - max(words)) / 5,
                    math.log(float(first_shares[len(rows)]) + 1e-6),
                )
            )
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
