"""Whether a question is nothing but small talk; a greeting before a real question is not."""

from __future__ import annotations

import re

from assistant.resources import load

STATUSES = (
    "routed_greeting",
    "routed_thanks",
    "routed_goodbye",
    "routed_identity",
    "routed_abilities",
    "routed_person",
)
_LONGEST = 30
_MARKS = re.compile(r"[\W_]+")


class SmallTalk:
    """Knows from resources/small_talk.yml what is said without asking anything."""

    def __init__(self) -> None:
        data = load("small_talk")
        openings, endings = data["openings"], data["endings"]
        self._statuses = {
            status: re.compile(f"(?:{openings})(?:{data[status]})(?:{endings})")
            for status in STATUSES
        }
        self._fillers = re.compile(data["fillers"])
        self._leaning = re.compile(f"(?:{openings})(?:{data['leaning']})(?:{endings})")

    def status(self, normal: str) -> str:
        """The one of ``STATUSES`` that a folded text is wholly made of, or nothing."""
        bare = _MARKS.sub("", normal)
        if len(bare) > _LONGEST:
            return ""
        return next((s for s, said in self._statuses.items() if said.fullmatch(bare)), "")

    def asks_nothing(self, normal: str, alone: bool) -> bool:
        """Whether a folded text is but an interjection or, ``alone``, leans on nothing before it."""
        bare = _MARKS.sub("", normal)
        if len(bare) > _LONGEST:
            return False
        if not bare or self._fillers.fullmatch(bare):
            return True
        return alone and self._leaning.fullmatch(bare) is not None
