"""The first step: what is settled before any document is looked at.

A call for help comes before all else, then personal data is taken out, then small talk and what
is no question for a town's documents get their fixed words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.answering import personal
from assistant.answering.context import Context
from assistant.answering.meaning import Meaning
from assistant.answering.off_topic import OffTopic
from assistant.answering.replies import Replies
from assistant.answering.small_talk import SmallTalk
from assistant.answering.urgent import Urgent
from assistant.types import Turn


class Screen:
    """Sets ``answer`` where a question needs no document; else masks it and notes what to say."""

    def __init__(self, normalise: Callable[[str], str], meaning: Meaning, replies: Replies) -> None:
        self._normalise = normalise
        self._meaning = meaning
        self._replies = replies
        self._urgent = Urgent(meaning)
        self._small_talk = SmallTalk()
        self._off_topic = OffTopic()

    def __call__(self, context: Context) -> Context:
        """Screen the question as it was sent, without the conversation before it."""
        asked = context.question.text
        found = personal.find(asked)
        notices = (personal.notice(found),) if found else ()
        question = replace(context.question, text=personal.masked(asked, found))
        context = context.with_(question=question)
        normal = self._normalise(personal.without_masks(question.text))
        kind = self._urgent.kind(normal)
        if kind:
            # Nothing stands before the fixed line, so what else is to be told comes after it.
            return context.with_(answer=self._replies.urgent(kind, context, notices))
        context = context.with_(notices=notices)
        status = self._status(normal, alone=_asked_nothing(question.history))
        if status.startswith("routed_"):
            return context.with_(answer=self._replies.routed(status, context))
        if status:
            return context.with_(answer=self._replies.refusal(status, context))
        return context

    def is_call_for_help(self, asked: str) -> bool:
        """Whether a question as it was sent is one, whatever else there is in it."""
        hidden = personal.masked(asked, personal.find(asked))
        return bool(self._urgent.kind(self._normalise(personal.without_masks(hidden))))

    def _status(self, normal: str, alone: bool) -> str:
        said = self._small_talk.status(normal)
        if not said and self._small_talk.asks_nothing(normal, alone):
            return "refused_no_words"
        return said or self._off_topic.status(normal, self._meaning.shares(normal))


def _asked_nothing(turns: Sequence[Turn]) -> bool:
    """Whether these turns hold nothing that a question can follow up: none, or but small talk."""
    return all(turn.status.startswith("routed_") for turn in turns)
