"""Which named refusal a question gets that is none for a town's documents, if it gets one.

What is merely not in the documents is refused later, by reading them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.resources import load

STATUSES = (
    "refused_rude",
    "refused_instructions",
    "refused_politics",
    "refused_others_data",
    "refused_opinion",
    "refused_off_topic",
)
"""In the order in which they are tried."""

_TELLING = 0.2
_NEVER = 2.0
_NOTHING = r"(?!)"


@dataclass(frozen=True, slots=True)
class Rule:
    """When a status holds: from a share of meaning on, lower where its signs are seen."""

    status: str
    signs: re.Pattern[str]
    signed: float
    unsigned: float
    spared: re.Pattern[str]

    @property
    def label(self) -> str:
        """Its label in the shares of meaning."""
        return self.status.removeprefix("refused_")

    def holds(self, normal: str, shares: dict[str, float]) -> bool:
        """Whether a folded text with these shares is refused.

        Without shares, signs decide that need little meaning beside them.
        """
        if self.spared.search(normal):
            return False
        seen = self.signs.search(normal) is not None
        if not shares:
            return seen and self.signed <= _TELLING
        return shares[self.label] >= (self.signed if seen else self.unsigned)


class OffTopic:
    """The rules of resources/off_topic.yml."""

    def __init__(self) -> None:
        data = {status: load("off_topic")[status] for status in STATUSES}
        self._rules = [
            Rule(
                status=status,
                signs=re.compile(r["signs"]),
                signed=r["signed"],
                unsigned=r.get("unsigned", _NEVER),
                spared=re.compile(r.get("spared", _NOTHING)),
            )
            for status, r in data.items()
        ]

    def status(self, normal: str, shares: dict[str, float]) -> str:
        """The first of ``STATUSES`` that holds for a folded text with its shares of meaning, or nothing."""
        return next((rule.status for rule in self._rules if rule.holds(normal, shares)), "")
