"""Asks the service for a job's answer and cuts it into the parts that WeChat can show."""

from __future__ import annotations

import logging
from dataclasses import replace

from assistant.assembly import Assembly
from assistant.channels.wechat.compose import (
    AppStyle,
    BotStyle,
    OfficialStyle,
    Style,
    body,
    fixed_label,
    label,
)
from assistant.channels.wechat.text import BUDGET, say_link, size, split
from assistant.errors import NotFoundError, QuestionError
from assistant.resources import load
from assistant.store.wechat import Job
from assistant.types import Answer, Audience, Citation

log = logging.getLogger(__name__)

BOT_BUDGET = 20_000
"""Bytes of a bot's whole text, of the 20,480 that WeCom takes; the rest is for its beginning."""

STYLES: dict[str, tuple[Style, int]] = {
    "official": (OfficialStyle(), BUDGET),
    "app": (AppStyle(), BUDGET),
    "bot": (BotStyle(), BOT_BUDGET),
}


def labelled(part: str, label: str) -> str:
    """A part with its label."""
    return f"{part}\n\n{label}" if label else part


def more_line() -> str:
    """Says that there is another part, and asks for it when tapped."""
    said = load("wechat")
    return str(said["more"]).format(link=say_link(said["collect"]))


class Answerer:
    """Answers jobs; blocks while the service thinks, so it is called in a thread."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._store = assembly.wechat_store

    def __call__(self, job: Job) -> bool:
        """Answer a job and keep the answer; whether the job was still there."""
        conversation = self._store.conversation(job.person)
        service = self._assembly.service
        try:
            try:
                reply = service.ask(job.question, conversation, job.audience, "wechat")
            except NotFoundError:  # the conversation has expired
                reply = service.ask(job.question, None, job.audience, "wechat")
        except QuestionError as error:
            return self._store.finish(job, (str(error),), fixed_label(), None)
        except Exception:
            # Of any kind: the person is told that there is no answer, and can ask again.
            log.exception("a question from WeChat failed")
            return self._store.finish(job, (load("wechat")["busy"],), fixed_label(), None)
        parts, told = self._parts(reply.answer, job)
        return self._store.finish(job, parts, told, reply.ids.conversation)

    def _parts(self, answer: Answer, job: Job) -> tuple[tuple[str, ...], str]:
        style, budget = STYLES[job.channel]
        told = label(answer)
        said = body(_understood(answer, job.question), style, self._opens(job.audience))
        room = budget - size(labelled("", told)) - size("\n" + more_line())
        return tuple(split(said, room)), told

    def _opens(self, audience: Audience) -> _Opens:
        return _Opens(self._assembly, audience)


class _Opens:
    """Whether anyone may open a citation's page; residents get no others."""

    def __init__(self, assembly: Assembly, audience: Audience) -> None:
        self._store = assembly.store
        self._audience = audience

    def __call__(self, citation: Citation) -> bool:
        if self._audience is Audience.RESIDENTS:
            return True
        found = self._store.document(citation.document_id)
        return found is not None and found.audience is Audience.RESIDENTS


def _understood(answer: Answer, question: str) -> Answer:
    """With a line of how the question was understood, where that is not as it was asked."""
    if not answer.citations or answer.understood_as == " ".join(question.split()):
        return answer
    line = load("wechat")["understood"].format(text=answer.understood_as)
    return replace(answer, notices=(*answer.notices, line))
