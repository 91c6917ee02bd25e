"""Chunks and hits made by hand, cut into sentences and words as the product cuts them."""

from __future__ import annotations

from assistant.segment import Segmenter, sentences
from assistant.types import Chunk, Hit, Span


def chunk_of(
    segmenter: Segmenter,
    text: str,
    *,
    start: int = 0,
    title: str = "办事指南",
    headings: tuple[str, ...] = (),
) -> Chunk:
    """A chunk that stands at ``start`` in its document."""
    spans = sentences(text)
    return Chunk(
        id=f"{title}/{start}",
        document_id=title,
        ordinal=start,
        title=title,
        headings=headings,
        text=text,
        start=start,
        sentences=tuple(Span(start + s.start, start + s.end) for s in spans),
        words=tuple(tuple(segmenter.words(text[s.start : s.end])) for s in spans),
        title_words=tuple(segmenter.words(" ".join((title, *headings)))),
    )


def hit_of(chunk: Chunk, score: float = 0.5, rejected: str = "") -> Hit:
    """A hit whose scores are all the same."""
    return Hit(chunk, 0.85, score, score, (0.85,) * len(chunk.sentences), rejected)
