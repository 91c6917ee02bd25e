"""What the steps hand on: one frozen value that each step adds to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from assistant.answering.demands import Demands
from assistant.types import Answer, Hit, Question, Span


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it is searched for.

    ``text`` stands by itself (a follow-up has its subject put in), ``normal`` is the same with
    width, case and script folded. ``words`` are all its words, ``content`` those that carry
    meaning, with their weights. ``demands`` is what a quote must show.
    """

    text: str
    normal: str
    words: tuple[str, ...]
    content: dict[str, float]
    demands: Demands


@dataclass(frozen=True, slots=True)
class Reading:
    """The passage found to answer: neighbouring sentences of one hit's chunk.

    ``confidence`` is the estimated probability that they do. ``span`` is the answer itself, a
    range in the document's text within the sentences, if the reader can tell it.
    """

    hit: Hit
    sentences: tuple[Span, ...]
    confidence: float
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The state of one question; a step that sets ``answer`` ends the run."""

    question: Question
    understood: Understood | None = None
    hits: tuple[Hit, ...] = ()
    readings: tuple[Reading, ...] = ()
    answer: Answer | None = None

    def with_(self, **changes: object) -> Context:
        """The same context with some fields set."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def kept(self) -> tuple[Hit, ...]:
        """The hits that were not rejected, best first."""
        return tuple(hit for hit in self.hits if not hit.rejected)
