"""Weighs by what the trained reader says of the likeliest hits, beside words and vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from assistant.answering.context import Understood
from assistant.answering.features import NAMES, READER_NAMES, reader_features
from assistant.answering.passage import folded
from assistant.answering.weigh import Candidate, FeatureWeigher, Look, Weights, candidates_of
from assistant.models.reader import PassageReader
from assistant.models.reader_input import Passage
from assistant.models.words import Words, likeliest
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Hit, Span

SURE = 0.5
"""Words that are likelier than this in the whole passage are not looked for again."""

BESIDE = (0, 1, 2)
"""How many sentences on either side of one are read with it when they are, one reading for each."""


class ReaderWeigher:
    """Reads few passages; what it did not read cannot be quoted."""

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
        return Look(tuple(hits[i] for i in chosen), passages, rows, reads)

    def weigh(self, understood: Understood, hits: Sequence[Hit]) -> list[Candidate]:
        """The sentences of the hits that the trained reader read."""
        look = self.look(understood, hits)
        shares = self._weights.probabilities(look.rows)
        return [_with_part(each, look) for each in candidates_of(understood, look, shares)]

    def words(self, understood: Understood, candidates: Sequence[Candidate]) -> list[Span | None]:
        """Where they are not sure, read the sentence again, with more and with fewer beside it.

        Where less is read, words are found better; what is near is wanted sometimes.
        """
        found = [self._in_passage(candidate) for candidate in candidates]
        unsure = [n for n, words in enumerate(found) if words is None or words.share < SURE]
        near = [self._near(candidates[n]) for n in unsure]
        passages = [passage for views in near for passage, _ in views]
        reads = iter(self._reader.read(understood.normal, passages))
        for n, views in zip(unsure, near, strict=True):
            runs = [next(reads).runs(*passage.sentences[at]) for passage, at in views]
            seen = [each for each in runs if each is not None]
            found[n] = likeliest(seen) if seen else None
        return [
            self._span(candidate, words) if words else None
            for candidate, words in zip(candidates, found, strict=True)
        ]

    def _in_passage(self, candidate: Candidate) -> Words | None:
        """The words that were found in a sentence when its passage was read."""
        passage = folded(candidate.hit.chunk, self._segmenter).passage
        runs = candidate.read.runs(*passage.sentences[candidate.at]) if candidate.read else None
        return likeliest([runs]) if runs else None

    def _near(self, candidate: Candidate) -> list[tuple[Passage, int]]:
        """A sentence with those beside it, in every way once, and its place among these."""
        passage = folded(candidate.hit.chunk, self._segmenter).passage
        return list(dict.fromkeys(passage.near(candidate.at, beside) for beside in BESIDE))

    def _span(self, candidate: Candidate, words: Words) -> Span:
        whole = folded(candidate.hit.chunk, self._segmenter)
        start = whole.passage.sentences[candidate.at][0]
        return whole.span(start + words.start, start + words.end)


def _with_part(candidate: Candidate, look: Look) -> Candidate:
    """The same with what the trained reader said, also of the sentence as part of the answer."""
    read = look.reads[look.hits.index(candidate.hit)]
    return replace(candidate, part=_sigmoid(float(read.sentences[candidate.at])), read=read)


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
