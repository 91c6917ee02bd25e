"""From a question to its answer: the list of steps, read from top to bottom."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from langchain_core.runnables import Runnable, RunnableLambda, RunnableSequence

from assistant.answering.check import Check
from assistant.answering.context import Context, Step
from assistant.answering.correct import Corrector
from assistant.answering.meaning import Meaning
from assistant.answering.parts import InParts, Parts
from assistant.answering.phrase import Phrase
from assistant.answering.query_vectors import QueryEmbedder, QueryVectors
from assistant.answering.remembered import Remembered
from assistant.answering.replies import Replies
from assistant.answering.retrieve import HybridRetriever
from assistant.answering.screen import Screen
from assistant.answering.suggestions import Suggestions, candidates
from assistant.answering.together import together
from assistant.answering.understand import Understand
from assistant.errors import QuestionError
from assistant.segment import Segmenter
from assistant.store.documents import DocumentStore
from assistant.store.search_index import CurrentIndex, SearchIndex
from assistant.types import ANSWERED, Answer, Audience, Question

QUESTION_LENGTH = 300
"""The most characters a question may have."""

_INVISIBLE = ("Cc", "Cf", "Cs", "Co")
# What shows nothing and yet is not told by its category: letters and marks that take no room or
# fill an empty one, variation selectors, and the noncharacters of the basic plane. Those of the
# other planes end in FFFE and FFFF.
_FILLERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef\ufdd0-\ufdef]"
)

ANSWERS = 256
"""How many answers are remembered, with what was found for them."""


class ReadingStep(Protocol):
    """A step that sets ``readings`` and has a name for ``/readyz``."""

    @property
    def name(self) -> str:
        """What reads."""

    def __call__(self, context: Context) -> Context:
        """Read the hits that were kept."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The name of a step that was done and what is known after it."""

    step: str
    context: Context


class Pipeline:
    """Answers questions from the index that is current when each is asked.

    The same question of the same index always gets the same answer.
    """

    def __init__(
        self,
        segmenter: Segmenter,
        embedder: QueryEmbedder,
        store: DocumentStore,
        index: CurrentIndex,
        reader: ReadingStep,
        public_url: str = "",
    ) -> None:
        self._embedder = QueryVectors(embedder)
        self._store = store
        self._index = index
        self._suggestions = Suggestions()
        self._replies = Replies(self.suggestions)
        self._corrector = Corrector(segmenter, store, index)
        self._meaning = Meaning(self._embedder)
        self._understand = Understand(segmenter, self._corrector)
        self.reader = reader
        self._screen = Screen(segmenter.normalise, self._meaning, self._replies)
        self._answering: list[tuple[str, Step]] = [
            ("retrieve", self._retrieve),
            ("read", reader),
            ("check", Check(self._replies)),
            ("phrase", Phrase(self._replies, public_url)),
        ]
        self.steps: list[tuple[str, Step]] = [
            ("screen", self._screen),
            ("understand", InParts(Parts(segmenter), self._understand, self._answer_part)),
            *self._answering,
        ]
        self._answered: Remembered[tuple[str, tuple[str, ...], Question], tuple[Progress, ...]] = (
            Remembered(ANSWERS)
        )
        self.chain: Runnable[Context, Context] = RunnableSequence(
            *(RunnableLambda(_until_answered(step), name=name) for name, step in self.steps)
        )

    def answer(self, question: Question) -> Answer:
        """Run all steps."""
        return _answer(self.chain.invoke(Context(question)))

    def progress(self, question: Question) -> Iterator[Progress]:
        """Run step by step; the last one's context holds the answer.

        A question that was asked of the same index before is answered from memory, unless it
        held personal data.
        """
        # What is suggested is part of an answer and is known later than the index.
        key = (self._generation(), self.suggestions(), question)
        known = self._answered.get(key)
        if known is not None:
            yield from known
            return
        done: list[Progress] = []
        context = Context(question)
        for at, (name, step) in enumerate(self.steps):
            before, context = context, _until_answered(step)(context)
            done.append(Progress(name, context))
            # Before it is told, since whoever has the answer asks for no further step.
            if context.answer and not before.answer and not context.notices:
                rest = [Progress(later, context) for later, _ in self.steps[at + 1 :]]
                self._answered.put(key, (*done, *rest))
            yield done[-1]

    def is_call_for_help(self, asked: str) -> bool:
        """Whether a question gets the line of an emergency; costs no more than screening it."""
        return self._screen.is_call_for_help(asked)

    def afresh(self, question: Question) -> Iterator[Progress]:
        """The same, never from memory and remembered by nobody."""
        context = Context(question)
        for name, step in self.steps:
            context = _until_answered(step)(context)
            yield Progress(name, context)

    def found(self, question: Question, documents: frozenset[str]) -> Context:
        """What is found for a question in some documents and read, without answering it."""
        context = self._understand(Context(question))
        index = self._index.get()
        if index is None or context.understood is None:
            return context
        retriever = self._retriever(index, question.audience, documents)
        return self.reader(context.with_(hits=tuple(retriever.search(context.understood))))

    def suggestions(self) -> tuple[str, ...]:
        """The questions that the current index is known to answer; none before they were asked."""
        return self._suggestions.of(self._generation())

    def check_suggestions(self) -> None:
        """Ask the current index what may be suggested, unless it was asked before.

        Takes as long as that many questions do. If the index moves meanwhile nothing is kept.
        """
        generation = self._generation()
        if generation == self._suggestions.generation:
            return
        answered = tuple(q for q in candidates() if self.answer(Question(q)).status == ANSWERED)
        if generation == self._generation():
            self._suggestions.keep(generation, answered)

    def _generation(self) -> str:
        """The id of the current index's generation; empty where there is none."""
        index = self._index.get()
        return index.generation.id if index else ""

    def warm_up(self) -> None:
        """Load the models, so that the first question need not wait for them."""
        self._corrector.refresh()
        self._understand.read("你好")
        self._meaning.shares("你好")

    def _answer_part(self, context: Context) -> Context:
        """One question of a message that was screened, answered by itself."""
        context = self._understand(context)
        for _, step in self._answering:
            context = _until_answered(step)(context)
        return context

    def _retrieve(self, context: Context) -> Context:
        index = self._index.get()
        if index is None:
            return context.with_(answer=self._replies.refusal("refused_no_documents", context))
        if context.understood is None:
            return context
        retriever = self._retriever(index, context.question.audience)
        found = retriever.invoke(context.understood.text)
        return context.with_(hits=tuple(document.metadata["hit"] for document in found))

    def _retriever(
        self, index: SearchIndex, audience: Audience, documents: frozenset[str] | None = None
    ) -> HybridRetriever:
        return HybridRetriever(
            understand=self._understand,
            embedder=self._embedder,
            store=self._store,
            index=index,
            audience=audience,
            documents=documents,
        )


def checked(text: str) -> str:
    """The question as it may be asked: without invisible characters and outer white space.

    Raises:
        QuestionError: nothing is left, or it is too long; carries the status's name.
    """
    visible = "".join(filter(_shows, text))
    question = " ".join(visible.split())
    if not question:
        raise QuestionError("error_question_empty")
    if len(question) > QUESTION_LENGTH:
        raise QuestionError("error_question_too_long")
    return question


def _shows(character: str) -> bool:
    """Whether a character shows something, or is white space between what does."""
    return character.isspace() or not (
        unicodedata.category(character) in _INVISIBLE
        or _FILLERS.match(character)
        or ord(character) & 0xFFFE == 0xFFFE
    )


def _until_answered(step: Step) -> Step:
    """The step, passed over once there is an answer.

    An answer takes along those to the other questions of the message, and what is to be told.
    """

    def run(context: Context) -> Context:
        if context.answer:
            return context
        done = step(context)
        if done.answer and done.earlier:
            done = together(done)
        if done.answer is None or not done.notices:
            return done
        return done.with_(answer=replace(done.answer, notices=done.notices))

    return run


def _answer(context: Context) -> Answer:
    if context.answer is None:
        raise RuntimeError("the last step sets an answer")
    return context.answer
