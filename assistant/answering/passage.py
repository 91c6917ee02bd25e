"""A chunk as it is read: folded for matching, with the way back to the document's own characters."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.models.reader_input import Passage
from assistant.segment import Segmenter
from assistant.types import Chunk, Span


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded chunk.

    ``texts`` are its sentences, ``above`` its title and headings. ``origins`` says for each
    character of the passage's body which one of the chunk's text it comes from.
    """

    chunk: Chunk
    passage: Passage
    origins: tuple[int, ...]

    @property
    def texts(self) -> list[str]:
        """Its sentences."""
        return [self.passage.body[start:end] for start, end in self.passage.sentences]

    @property
    def whole(self) -> str:
        """Title, headings and sentences, one to a line."""
        return "\n".join((self.passage.head, *self.texts))

    def span(self, start: int, end: int) -> Span:
        """Where the characters ``[start, end)`` of the body stand in the document."""
        at = self.chunk.start
        return Span(at + self.origins[start], at + self.origins[end - 1] + 1)

    def near(self, at: int, beside: int) -> tuple[Folded, int]:
        """The ``at``-th sentence with up to so many on either side, and its place among these."""
        first, last = max(at - beside, 0), min(at + beside, len(self.passage.sentences) - 1)
        start, end = self.passage.sentences[first][0], self.passage.sentences[last][1]
        near = Folded(self.chunk, self.passage.part(first, last), self.origins[start:end])
        return near, at - first


def folded(chunk: Chunk, segmenter: Segmenter) -> Folded:
    """Fold a chunk; its title and headings stand apart, since no answer is quoted from them."""
    body, origins = segmenter.aligned(chunk.text)
    first: dict[int, int] = {}
    for at, origin in enumerate(origins):
        first.setdefault(origin, at)
    first[len(chunk.text)] = len(body)
    headings = [heading for heading in chunk.headings if heading != chunk.title]
    sentences = tuple(
        (first[s.start - chunk.start], first[s.end - chunk.start]) for s in chunk.sentences
    )
    head = segmenter.normalise(" ".join((chunk.title, *headings)))
    return Folded(chunk, Passage(head, body, sentences), tuple(origins))
