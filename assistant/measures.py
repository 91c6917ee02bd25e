"""How good answers and refusals are, in numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_NOT_WORDS = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """``text`` without punctuation and spaces, in lower case."""
    return _NOT_WORDS.sub("", text).lower()


def contains(answer: str, gold: str) -> bool:
    """Whether the gold answer is in the answer, compared without punctuation and spaces."""
    return folded(gold) in folded(answer) if folded(gold) else gold.strip() in answer


def rouge_l(answer: str, gold: str) -> float:
    """F1 of the longest common subsequence of characters (Lin 2004), punctuation left out."""
    a, b = folded(answer), folded(gold)
    if not a or not b:
        return 0.0
    common = _longest_common_subsequence(a, b)
    return 2 * common / (len(a) + len(b))


def _longest_common_subsequence(a: str, b: str) -> int:
    """Its length, by one row of bits a character (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for at, character in enumerate(a):
        places[character] = places.get(character, 0) | 1 << at
    full = (1 << len(a)) - 1
    row = full
    for character in b:
        match = row & places.get(character, 0)
        row = (row + match | row - match) & full
    return len(a) - row.bit_count()


def reciprocal_rank(wanted: str, ranked: Sequence[str]) -> float:
    """One over the place of ``wanted``, counted from 1; 0 where it is missing."""
    return 1 / (ranked.index(wanted) + 1) if wanted in ranked else 0.0


def share(outcomes: Iterable[bool]) -> float:
    """The share that is true; 0 of nothing."""
    found = list(outcomes)
    return sum(found) / len(found) if found else 0.0


def refused_at(false_share: float, sure: Sequence[float], unsure: Sequence[float]) -> float:
    """Share of ``unsure`` below the threshold that refuses ``false_share`` of ``sure``."""
    if not sure or not unsure:
        return 0.0
    return float(np.mean(np.array(unsure) < np.quantile(sure, false_share)))


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of ``count`` answers of like confidence: its mean, and the share of them that is right."""

    confidence: float
    right: float
    count: int


def reliability(
    answers: Sequence[tuple[float, bool]], edges: Sequence[float]
) -> tuple[Reliability, ...]:
    """How far confidence means what it says, between each two edges where there are answers.

    Args:
        answers: each one's confidence and whether it is right.
        edges: in rising order; a confidence on one counts above it, that on the last below.
    """
    found: list[Reliability] = []
    for low, high in pairwise(edges):
        some = [a for a in answers if low <= a[0] < high or a[0] == high == edges[-1]]
        if some:
            mean = float(np.mean([confidence for confidence, _ in some]))
            found.append(Reliability(mean, share(right for _, right in some), len(some)))
    return tuple(found)


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The chance that a positive lies above a negative, ties counting half."""
    if not positive or not negative:
        return 0.0
    ordered = np.sort(np.array(negative))
    values = np.array(positive)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return float(below.mean() / 2 / len(ordered))
