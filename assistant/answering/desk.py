"""For staff: search with filters, and a question with all that led to its answer.

Nothing of it is kept, and both kinds of documents are looked at; who may ask is not decided here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.answering.context import Context
from assistant.answering.official import official_citation
from assistant.answering.pipeline import Pipeline, checked
from assistant.answering.service import ChatService
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.store.documents import Described, DocumentStore
from assistant.store.search_index import CurrentIndex
from assistant.types import Answer, Audience, Hit, Question, Span


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents to search; empty fields leave all. Dates as exact as one likes: 2024-05."""

    topic: str = ""
    department: str = ""
    since: str = ""
    until: str = ""
    audience: Audience | None = None

    def take(self, document: Described) -> bool:
        """Whether a document is searched; one without a date is not where dates are asked for."""
        date = document.date
        return (
            (not self.topic or self.topic in document.topics)
            and (not self.department or self.department == document.department)
            and (self.audience is None or document.audience is self.audience)
            and (not self.since or (bool(date) and date >= self.since[: len(date)]))
            and (not self.until or (bool(date) and date[: len(self.until)] <= self.until))
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A hit with its document, its text cut where the words asked for stand, and how it is cited.

    ``parts`` are the text's pieces, each with whether it is one of those words. ``best`` is the
    sentence nearest to what was asked. ``citation`` is empty for what was rejected.
    """

    hit: Hit
    document: Described
    parts: tuple[tuple[str, bool], ...]
    best: Span
    citation: str


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found, best first, and what it looked at and rejected."""

    understood_as: str
    found: tuple[Found, ...]
    rejected: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A question with the milliseconds of each step and what was known in the end."""

    steps: tuple[tuple[str, float], ...]
    context: Context
    threshold: float
    results: Results

    @property
    def answer(self) -> Answer:
        """What the question came to."""
        if self.context.answer is None:
            raise RuntimeError("the last step sets an answer")
        return self.context.answer


class StaffDesk:
    """Searches and explains over the current index, taking turns with residents' questions."""

    def __init__(
        self,
        pipeline: Pipeline,
        service: ChatService,
        store: DocumentStore,
        index: CurrentIndex,
        segmenter: Segmenter,
    ) -> None:
        self._pipeline = pipeline
        self._service = service
        self._store = store
        self._index = index
        self._segmenter = segmenter

    def documents(self) -> dict[str, Described]:
        """Every document of the current index, of both audiences, by id."""
        index = self._index.get()
        return self._store.described(index.generation) if index else {}

    def search(self, text: str, filters: Filters) -> Results:
        """What answers to a text best, read as a question is but with no decision at the end.

        Raises:
            QuestionError: the text is empty or too long.
        """
        question = Question(checked(text), (), Audience.STAFF)
        # Signs alone are like anything; only words can be found.
        if not self._segmenter.words(question.text):
            return Results(text, (), ())
        known = self.documents()
        taken = frozenset(i for i, document in known.items() if filters.take(document))
        with self._service.slots:
            context = self._pipeline.found(question, taken)
        return self._results(context, known)

    def explain(self, text: str, audience: Audience) -> Explanation:
        """A question answered for one audience, afresh, with the time that each step took.

        Raises:
            QuestionError: the question is empty or too long.
        """
        steps: list[tuple[str, float]] = []
        context = Context(Question(checked(text), (), audience))
        with self._service.slots:
            before = time.perf_counter()
            for done in self._pipeline.afresh(context.question):
                now = time.perf_counter()
                steps.append((done.step, (now - before) * 1000))
                before, context = now, done.context
        threshold = float(load("search")["refusal_threshold"])
        results = self._results(context, self.documents())
        return Explanation(tuple(steps), context, threshold, results)

    def _results(self, context: Context, known: Mapping[str, Described]) -> Results:
        words = tuple(context.understood.content) if context.understood else ()
        understood_as = context.understood.text if context.understood else context.question.text
        each = [
            self._found(hit, known[hit.chunk.document_id], words)
            for hit in context.hits
            if hit.chunk.document_id in known
        ]
        return Results(
            understood_as,
            tuple(found for found in each if not found.hit.rejected),
            tuple(found for found in each if found.hit.rejected),
        )

    def _found(self, hit: Hit, described: Described, words: tuple[str, ...]) -> Found:
        chunk = hit.chunk
        nearest = max(range(len(chunk.sentences)), key=lambda at: hit.sentence_vectors[at])
        best = chunk.sentences[nearest]
        document = None if hit.rejected else self._store.document(chunk.document_id)
        citation = official_citation(document, best.start) if document else ""
        return Found(hit, described, tuple(self._parts(chunk.text, words)), best, citation)

    def _parts(self, text: str, words: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
        """The text in pieces, with those marked that are one of the words however written."""
        folded = self._segmenter.normalise(text)
        # Where folding changed the length, places in it are not places in the text.
        folded = folded if len(folded) == len(text) else text
        longest_first = sorted(words, key=len, reverse=True)
        at = 0
        for match in re.finditer("|".join(map(re.escape, longest_first)) or r"(?!)", folded):
            if match.start() > at:
                yield text[at : match.start()], False
            yield text[match.start() : match.end()], True
            at = match.end()
        if at < len(text):
            yield text[at:], False
