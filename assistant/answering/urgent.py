"""Whether a question is a call for help, and of which kind; what is said then is data."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise

from assistant.answering.meaning import Meaning
from assistant.answering.sounds import is_pinyin
from assistant.resources import load

_CLAUSE_END = re.compile(r"[,。.!?;:、…~\s]+")
_MARKS = re.compile(r"[\W_]+")
_MOST_CLAUSES = 8
"""How many clauses with a sign are weighed, each for a vector: more are nobody's cry for help."""
_SURE = 1e-6
_SIGN = 0.5
"""How much of a share of meaning a sign outweighs as to the kind."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an emergency in one text, in the order of the fitted weights.

    ``meaning`` is the log-odds of all emergencies by meaning, ``signed`` whether a sign of one
    is there, ``ordinary`` whether words are that ask about a matter, or tell that all is well again.
    """

    meaning: float
    signed: float
    ordinary: float


class Signs:
    """The words of resources/urgent.yml that tell emergencies and their like."""

    def __init__(self) -> None:
        data = load("urgent")
        self.kinds: tuple[str, ...] = tuple(data["kinds"])
        self._signs = {k: re.compile(entry["signs"]) for k, entry in data["kinds"].items()}
        self._spelt = {k: re.compile(entry["spelt"]) for k, entry in data["kinds"].items()}
        self._ordinary = re.compile(data["ordinary"])
        self._exaggerated = re.compile(data["exaggerated"])
        self._plainly: str = data["plainly"]
        self._past = re.compile(data["past"])
        self._recovered = re.compile(data["recovered"])

    def plain(self, text: str) -> str:
        """A folded text without the 死 that only makes a word stronger."""
        return self._exaggerated.sub(self._plainly, text)

    def clauses(self, text: str) -> list[str]:
        """The clauses of a folded text with a sign of something that is not over."""
        clauses = _CLAUSE_END.split(text)
        return [
            clause
            for clause, after in pairwise([*clauses, ""])
            if self._any_in(clause) and not self._over(clause, after)
        ]

    def evidence(self, text: str, shares: dict[str, float]) -> Evidence:
        """What speaks for an emergency in a folded text with these shares of meaning."""
        share = sum(shares.get(kind, 0.0) for kind in self.kinds)
        share = min(max(share, _SURE), 1 - _SURE)
        return Evidence(
            meaning=math.log(share / (1 - share)),
            signed=float(self._any_in(text) if is_pinyin(text) else bool(self.clauses(text))),
            ordinary=float(bool(self._ordinary.search(text) or self._recovered.search(text))),
        )

    def likeliest(self, text: str, shares: dict[str, float]) -> str:
        """The kind that fits best, if it is an emergency."""
        return max(
            self.kinds,
            key=lambda kind: shares.get(kind, 0.0) + self._seen(kind, text) * _SIGN,
        )

    def _any_in(self, text: str) -> bool:
        return any(self._seen(kind, text) for kind in self.kinds)

    def _seen(self, kind: str, text: str) -> bool:
        """Whether a folded text has a sign of this kind."""
        if is_pinyin(text):
            return self._spelt[kind].search(_MARKS.sub("", text)) is not None
        return self._signs[kind].search(text) is not None

    def _over(self, clause: str, after: str) -> bool:
        """Whether what a clause tells is over by its own words, or by those of the one behind it."""
        return bool(self._past.search(clause) or self._recovered.search(f"{clause},{after}"))


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
        probability, kind = max(map(self._weighed, self._texts(self._signs.plain(normal))))
        return kind if probability >= self._threshold else ""

    def _texts(self, normal: str) -> Iterator[str]:
        yield normal
        if not is_pinyin(normal):
            clauses = self._signs.clauses(normal)[:_MOST_CLAUSES]
            yield from (clause for clause in clauses if clause != normal)

    def _weighed(self, text: str) -> tuple[float, str]:
        """The probability of an emergency and its likeliest kind."""
        shares = self._meaning.shares(text)
        evidence = self._signs.evidence(text, shares)
        kind = self._signs.likeliest(text, shares)
        if not shares:  # pinyin, or another embedding model: words alone decide
            return float(evidence.signed > evidence.ordinary), kind
        score = self._weights["bias"] + sum(
            self._weights[name] * value for name, value in asdict(evidence).items()
        )
        return 1 / (1 + math.exp(-score)), kind
