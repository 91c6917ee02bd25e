"""What the steps hand on: one frozen value that each step adds to."""

from __future__ import annotations

from collections.abc import Callable
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

    ``confidence`` is the estimated probability that they do. ``span`` is where in the document
    the words stand that answer, within the sentences; None where that is not known.
    """

    hit: Hit
    sentences: tuple[Span, ...]
    confidence: float
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """The state of one question; a step that sets ``answer`` ends the run.

    ``notices`` are what the resident is to be told besides, whatever the answer will be. A message
    that asks several things has them as ``parts``; then all but ``question`` is of the last of
    them, and ``earlier`` holds the others with their answers until they are put together.
    """

    question: Question
    understood: Understood | None = None
    hits: tuple[Hit, ...] = ()
    readings: tuple[Reading, ...] = ()
    notices: tuple[str, ...] = ()
    answer: Answer | None = None
    parts: tuple[str, ...] = ()
    earlier: tuple[Context, ...] = ()

    def with_(self, **changes: object) -> Context:
        """The same context with some fields set."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def kept(self) -> tuple[Hit, ...]:
        """The hits that were not rejected, best first."""
        return tuple(hit for hit in self.hits if not hit.rejected)


Step = Callable[[Context], Context]
"""What adds to a context; one that sets ``answer`` is the last."""
