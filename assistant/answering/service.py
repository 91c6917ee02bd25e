"""One question of a conversation: history in, answer kept, ids and time out.

Every channel asks through this, so that none of them holds answer logic of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.answering import personal
from assistant.answering.pipeline import Pipeline, checked
from assistant.store.conversations import ConversationStore, Ids
from assistant.types import Answer, Audience, Hit, Question


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with the ids it was kept under and the milliseconds it took."""

    answer: Answer
    ids: Ids
    took_ms: int


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was done; ``hits`` once there are some, ``reply`` with the last."""

    name: str
    hits: tuple[Hit, ...] = ()
    reply: Reply | None = None


class ChatService:
    """Asks the pipeline and keeps conversations.

    Args:
        pipeline: answers.
        conversations: keeps.
        at_once: how many questions are worked on together; more of them wait, since sharing
            the cores further would only make all of them slower.
    """

    def __init__(self, pipeline: Pipeline, conversations: ConversationStore, at_once: int) -> None:
        self._pipeline = pipeline
        self._conversations = conversations
        self.slots = threading.BoundedSemaphore(at_once)

    def ask(
        self,
        text: str,
        conversation_id: str | None = None,
        audience: Audience = Audience.RESIDENTS,
        channel: str = "",
    ) -> Reply:
        """Answer a question and keep both, with the channel by which it was asked.

        Raises:
            QuestionError: the question is empty or too long.
            NotFoundError: there is no such conversation.
        """
        *_, last = self.steps(text, conversation_id, audience, channel)
        if last.reply is None:
            raise RuntimeError("the last step carries the reply")
        return last.reply

    def steps(
        self,
        text: str,
        conversation_id: str | None = None,
        audience: Audience = Audience.RESIDENTS,
        channel: str = "",
    ) -> Iterator[Step]:
        """The same, step by step; the question is checked before the first is asked for."""
        start = time.perf_counter()
        asked = checked(text)
        history = self._conversations.history(conversation_id) if conversation_id else ()
        return self._steps(Question(asked, history, audience), conversation_id, channel, start)

    def _steps(
        self, question: Question, conversation_id: str | None, channel: str, start: float
    ) -> Iterator[Step]:
        answer: Answer | None = None
        steps = self._pipeline.progress(question)
        while answer is None:
            # Taken anew for each step: a reader that is slow, or gone, keeps no one waiting.
            with self.slots:
                done = next(steps)
            answer = done.context.answer
            # As the first step left it: without personal data.
            question = done.context.question
            yield Step(done.step, done.context.hits)
        took_ms = round((time.perf_counter() - start) * 1000)
        ids = self._conversations.add(conversation_id, question.text, answer, took_ms, channel)
        yield Step("final", answer.hits, Reply(answer, ids, took_ms))

    def is_call_for_help(self, text: str) -> bool:
        """Whether a question is one, so that it is answered however much was asked before.

        Raises:
            QuestionError: the question is empty or too long.
        """
        asked = checked(text)
        with self.slots:
            return self._pipeline.is_call_for_help(asked)

    def rate(self, answer_id: str, rating: str, reason: str) -> None:
        """Keep a rating of an answer, its reason without personal data like a question.

        Raises:
            NotFoundError: there is no such answer.
        """
        masked = personal.masked(reason, personal.find(reason))
        self._conversations.rate(answer_id, rating, masked)
