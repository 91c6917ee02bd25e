"""What the assistant says in its own voice, taken from the data files."""

from __future__ import annotations

from collections.abc import Callable

from assistant.answering import contacts
from assistant.answering.context import Context
from assistant.answering.suggestions import SUGGESTED, nearest
from assistant.resources import load
from assistant.types import Answer


class Replies:
    """Fixed replies, and refusals with what can be asked instead and whom to call.

    Args:
        offered: the questions that may be suggested now.
    """

    def __init__(self, offered: Callable[[], tuple[str, ...]] = tuple) -> None:
        self._offered = offered

    def routed(self, status: str, context: Context) -> Answer:
        """The fixed reply named ``status`` in resources/statuses.yml."""
        return Answer(
            status=status,
            text=load("statuses")[status]["residents"],
            understood_as=context.question.text,
            confidence=1.0,
            suggestions=self.suggestions(context),
            contacts=contacts.general() if status == "routed_person" else (),
        )

    def urgent(self, kind: str, context: Context, notices: tuple[str, ...]) -> Answer:
        """The line for a kind of emergency in resources/urgent.yml, before all else to be said."""
        data = load("urgent")
        return Answer(
            status="routed_urgent",
            text="".join((data["kinds"][kind]["line"], data["otherwise"], *notices)),
            understood_as=context.question.text,
            confidence=1.0,
            kind=kind,
            contacts=contacts.urgent(kind),
        )

    def refusal(self, status: str, context: Context, confidence: float = 0.0) -> Answer:
        """The refusal named ``status`` in resources/statuses.yml.

        It names the nearest topics; the passages themselves are not quoted, since none of
        them answers.
        """
        replies = load("replies")
        topics = list(
            dict.fromkeys(_topic(hit.chunk.title) for hit in context.kept if hit.keyword)
        )[:SUGGESTED]
        contact = load("contacts")[0]
        text = load("statuses")[status]["residents"].format(
            topics=replies["topics"].format(topics=replies["topic_separator"].join(topics))
            if topics
            else "",
            contact=replies["contact"].format(name=contact["name"]),
        )
        return Answer(
            status=status,
            text=text,
            understood_as=context.understood.text if context.understood else context.question.text,
            confidence=confidence,
            suggestions=self.suggestions(context),
            hits=context.hits,
            contacts=contacts.general(),
        )

    def suggestions(self, context: Context) -> tuple[str, ...]:
        """A few questions that the documents are known to answer, nearest to what was asked."""
        asked = context.understood.normal if context.understood else context.question.text
        return nearest(self._offered(), asked)


def _topic(title: str) -> str:
    return title.strip("。 ")
