"""A message that asks several things, as the questions that it is made of.

What is a question by itself is told by words alone; what a part leaves to the one before it is
put in as for any follow-up, which is why the parts are answered one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from assistant.answering.context import Context, Step
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Question, Turn

_WEAK = " \t\n，,；;。！!"
"""Marks that are no part of a question; that one is asked is."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands between two marks of a folded text, ``[start, end)``, and the marks behind."""

    start: int
    end: int
    text: str
    marks: str


class Parts:
    """Takes a message apart where each part asks by itself."""

    def __init__(self, segmenter: Segmenter) -> None:
        data = load("parts")
        self._aligned = segmenter.aligned
        self._most: int = data["most"]
        self._whole = re.compile(data["whole"])
        self._marks = re.compile(f"{data['marks']}|(?={data['joins']})")
        self._ends = re.compile(data["ends"])
        asks, idle, addresses, elaborates = (
            "".join(data[key].split()) for key in ("asks", "idle", "addresses", "elaborates")
        )
        self._elaborates = re.compile(elaborates)
        self._asks, self._idle = re.compile(asks), re.compile(idle)
        self._addresses, self._asks_on = re.compile(addresses), re.compile(data["asks_on"])
        self._leads = re.compile("".join(data["leads"].split()))
        self._thanks = re.compile(data["thanks"])
        self._trails = re.compile(data["trails"])
        self._little = re.compile(f"{asks}|{data['little']}|\\W")

    def of(self, text: str) -> tuple[str, ...]:
        """The questions of a message in its order; the message itself if it asks one thing."""
        folded, origins = self._aligned(text)
        starts = self._starts(list(self._pieces(folded)))[: self._most - 1]
        if not starts:
            return (text,)
        cuts = (0, *(origins[start] for start in starts), len(text))
        first, *others = (text[a:b] for a, b in pairwise(cuts))
        return (first.strip(_WEAK), *(self._plain(part).strip(_WEAK) for part in others))

    def _plain(self, part: str) -> str:
        """A part without what leads over to it, so that it is understood and named as it is."""
        return self._thanks.sub("", self._leads.sub("", part)) or part

    def _pieces(self, folded: str) -> Iterator[_Piece]:
        quoted = [match.span() for match in self._whole.finditer(folded)]
        at = 0
        for match in chain(self._marks.finditer(folded), [None]):
            start, end = match.span() if match else (len(folded), len(folded))
            if any(a < start < b for a, b in quoted):
                continue
            if start > at:
                yield _Piece(at, start, folded[at:start], folded[start:end])
            at = end

    def _starts(self, pieces: Sequence[_Piece]) -> list[int]:
        """Where the parts after the first begin.

        A piece that asks nothing belongs to the question behind it; to the one in front of it
        if that is over only after it, or if there is none behind.
        """
        starts: list[int] = []
        waiting: list[_Piece] = []
        asked, told, over = False, "", False
        for piece in pieces:
            if self._asks_itself(piece.text, asked):
                # Before anything is named nothing is asked yet: 什么时候，在哪里办的花博会.
                if asked and self._little.sub("", told):
                    starts.append((waiting or [piece])[0].start)
                asked, waiting = True, []
            elif not asked or waiting or over or not self._ends.search(piece.marks):
                waiting.append(piece)
            told += piece.text
            over = bool(self._ends.search(piece.marks))
        return starts

    def _asks_itself(self, text: str, goes_on: bool) -> bool:
        """Whether a piece of folded text is a question, or one behind another."""
        if goes_on and self._asks_on.fullmatch(text):
            return True
        bare = self._trails.sub("", text)
        if self._addresses.fullmatch(bare) or (goes_on and self._elaborates.fullmatch(bare)):
            return False
        plain = self._trails.sub("", self._idle.sub("", text))
        return self._asks.search(plain) is not None


class InParts:
    """The step that understands: the last question of a message, with those before it answered.

    Only then is known what a later one leaves out: 和启隆镇一起管河道的是哪个镇？它属于哪里？

    Args:
        parts: takes a message apart.
        understand: understands one question.
        answer: the whole way from understanding one question to its answer.
    """

    def __init__(self, parts: Parts, understand: Step, answer: Step) -> None:
        self._parts = parts
        self._understand = understand
        self._answer = answer

    def __call__(self, context: Context) -> Context:
        """Understand a message; what it asks first is answered by the way."""
        message = context.question
        parts = self._parts.of(message.text)
        if len(parts) == 1:
            return self._understand(context)
        earlier: list[Context] = []
        for part in parts[:-1]:
            earlier.append(self._answer(Context(_after(message, part, earlier))))
        last = context.with_(question=_after(message, parts[-1], earlier))
        understood = self._understand(last)
        return understood.with_(question=message, parts=parts, earlier=tuple(earlier))


def _after(message: Question, part: str, earlier: Sequence[Context]) -> Question:
    """A part as a question that was asked after those before it."""
    turns = (
        Turn(c.question.text, c.answer.understood_as, c.answer.text, c.answer.status)
        for c in earlier
        if c.answer
    )
    return replace(message, text=part, history=(*message.history, *turns))
