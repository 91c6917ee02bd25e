"""The step that refuses: nothing found, or nothing found that one may be sure of."""

from __future__ import annotations

from assistant.answering.context import Context
from assistant.answering.form import asks_whether
from assistant.answering.replies import Replies
from assistant.resources import load


class Check:
    """Sets ``answer`` to a refusal unless the best reading is sure enough."""

    def __init__(self, replies: Replies) -> None:
        self._replies = replies
        self._threshold = float(load("search")["refusal_threshold"])

    def __call__(self, context: Context) -> Context:
        """Compare the confidence with the threshold of resources/search.yml."""
        confidence = context.readings[0].confidence if context.readings else 0.0
        if confidence >= self._threshold:
            return context
        # Something is always nearest by vector; only shared words make a topic worth naming.
        related = any(hit.keyword for hit in context.kept)
        whether = context.understood and asks_whether(context.understood.normal)
        unsure = "refused_not_mentioned" if whether else "refused_not_answered"
        status = unsure if related else "refused_nothing_found"
        return context.with_(answer=self._replies.refusal(status, context, confidence))
