"""Readers of known certainty, so that what surrounds reading can be tested without its weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from assistant.answering.context import Context, Reading


class PlainReader:
    """Quotes the sentences that share most pairs of characters with the question.

    Args:
        confidence: what it says of every reading.
        count: at most so many sentences, each a reading of its own.
    """

    name = "plain"

    def __init__(self, confidence: float = 1.0, count: int = 1) -> None:
        self.confidence = confidence
        self.count = count

    def __call__(self, context: Context) -> Context:
        """Read the hits that were kept; a question that shares nothing has no readings."""
        asked = _pairs(context.understood.text) if context.understood else set()
        places = [
            (len(asked & _pairs(hit.chunk.quote(span))), hit, span)
            for hit in context.kept
            for span in hit.chunk.sentences
        ]
        best = sorted((p for p in places if p[0]), key=lambda p: -p[0])[: self.count]
        return context.with_(
            readings=tuple(Reading(hit, (span,), self.confidence) for _, hit, span in best)
        )


def _pairs(text: str) -> set[tuple[str, str]]:
    return set(pairwise(text))


@contextmanager
def reading_by(reader: PlainReader) -> Iterator[None]:
    """Assemblies made meanwhile read with ``reader``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assistant.assembly.Assembly.reader", reader)
        yield
