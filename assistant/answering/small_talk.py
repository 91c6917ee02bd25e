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

    def status(self, normal: str) -> str:
        """The one of ``STATUSES`` that a folded text is wholly made of, or nothing."""
        bare = _MARKS.sub("", normal)
        if len(bare) > _LONGEST:
            return ""
        return next((s for s, said in self._statuses.items() if said.fullmatch(bare)), "")
