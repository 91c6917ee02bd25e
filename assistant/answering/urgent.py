"""Whether a question is a call for help, and of which kind; what is said then is data."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from assistant.answering.meaning import Meaning
from assistant.resources import load

_CLAUSE_END = re.compile(r"[,。.!?;:、…~\s]+")
_SURE = 1e-6


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an emergency in one text, in the order of the fitted weights.

    ``meaning`` is the log-odds of all emergencies by meaning, ``signed`` whether a sign of one
    is there, ``ordinary`` whether words are that ask about a matter.
    """

    meaning: float
    signed: float
    ordinary: float


class Signs:
    """The words of resources/urgent.yml that tell emergencies and their like."""

    def __init__(self) -> None:
        data = load("urgent")
        self.kinds: dict[str, re.Pattern[str]] = {
            kind: re.compile(entry["signs"]) for kind, entry in data["kinds"].items()
        }
        self._ordinary = re.compile(data["ordinary"])

    def any_in(self, text: str) -> bool:
        """Whether a folded text has a sign of any kind."""
        return any(sign.search(text) for sign in self.kinds.values())

    def evidence(self, text: str, shares: dict[str, float]) -> Evidence:
        """What speaks for an emergency in a folded text with these shares of meaning."""
        share = sum(shares.get(kind, 0.0) for kind in self.kinds)
        share = min(max(share, _SURE), 1 - _SURE)
        return Evidence(
            meaning=math.log(share / (1 - share)),
            signed=float(self.any_in(text)),
            ordinary=float(self._ordinary.search(text) is not None),
        )

    def likeliest(self, text: str, shares: dict[str, float]) -> str:
        """The kind that fits best, if it is an emergency."""
        return max(
            self.kinds,
            key=lambda kind: shares.get(kind, 0.0) + bool(self.kinds[kind].search(text)) / 2,
        )


class Urgent:
    """Weighs words and meaning; a clause with a sign is also weighed by itself.

    So the fire in ``厨房着火了，公交几点有`` is not thinned out by what stands beside it.
    """

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning
        self._signs = Signs()
        self._threshold = float(load("urgent")["threshold"])
        self._weights: dict[str, float] = load("screen_weights")["urgent"]

    def kind(self, normal: str) -> str:
        """The kind of emergency that a folded text calls for help in, or nothing.

        A key of ``kinds`` in resources/urgent.yml.
        """
        probability, kind = max(self._weighed(text) for text in self._texts(normal))
        return kind if probability >= self._threshold else ""

    def _texts(self, normal: str) -> Iterator[str]:
        yield normal
        for clause in _CLAUSE_END.split(normal):
            if clause != normal and self._signs.any_in(clause):
                yield clause

    def _weighed(self, text: str) -> tuple[float, str]:
        """The probability of an emergency and its likeliest kind."""
        shares = self._meaning.shares(text)
        evidence = self._signs.evidence(text, shares)
        kind = self._signs.likeliest(text, shares)
        if not shares:  # another embedding model: words alone decide
            return float(evidence.signed > evidence.ordinary), kind
        score = self._weights["bias"] + sum(
            self._weights[name] * value for name, value in asdict(evidence).items()
        )
        return 1 / (1 + math.exp(-score)), kind
