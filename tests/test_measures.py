"""Measures against plain definitions."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.measures import (
    area_under_curve,
    contains,
    folded,
    reciprocal_rank,
    refused_at,
    reliability,
    rouge_l,
    share,
)

few_letters = st.text("启隆镇人口，。 aB1", max_size=30)
scores = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), max_size=12)


def common_length(a: str, b: str) -> int:
    """The longest common subsequence's length, row by row."""
    row = [0] * (len(b) + 1)
    for x in a:
        above = row[:]
        for at, y in enumerate(b, 1):
            row[at] = above[at - 1] + 1 if x == y else max(above[at], row[at - 1])
    return row[-1]


@given(few_letters, few_letters)
def test_rouge_l_is_the_share_in_common_of_both_texts(answer: str, gold: str) -> None:
    a, b = folded(answer), folded(gold)
    if not a or not b:
        assert rouge_l(answer, gold) == 0
        return
    common = common_length(a, b)
    precision, recall = common / len(a), common / len(b)
    wanted = 2 * precision * recall / (precision + recall) if common else 0
    assert rouge_l(answer, gold) == pytest.approx(wanted)


@given(few_letters, few_letters)
def test_rouge_l_does_not_mind_which_text_is_which(answer: str, gold: str) -> None:
    assert rouge_l(answer, gold) == pytest.approx(rouge_l(gold, answer))


def test_rouge_l_of_long_texts_is_exact() -> None:
    a, b = "启隆镇的面积是四十八平方公里" * 20, "面积四十八点三一平方公里" * 25
    assert rouge_l(a, b) == pytest.approx(2 * common_length(a, b) / (len(a) + len(b)))


@pytest.mark.parametrize(
    ("answer", "gold", "held"),
    [
        ("总面积是48.31平方公里。", "48.31平方公里", True),
        ("永隆沙、兴隆沙和新村沙", "永隆沙 兴隆沙", True),
        ("“毗邻一家亲·共叙端午情”", "毗邻一家亲共叙端午情", True),
        ("使用ＡＰＰ", "app", False),
        ("使用APP办理", "app", True),
        ("总面积是48.31平方公里。", "48平方公里", False),
        ("", "面积", False),
        ("一", "一二", False),
        ("好！", "！", True),
        ("好", "！", False),
    ],
)
def test_an_answer_holds_the_right_one_whatever_its_marks(
    answer: str, gold: str, held: bool
) -> None:
    assert contains(answer, gold) is held


@given(few_letters, few_letters, few_letters)
def test_an_answer_holds_each_of_its_parts(before: str, gold: str, after: str) -> None:
    assert contains(before + gold + after, gold)


def test_the_rank_counts_from_one() -> None:
    assert reciprocal_rank("a", ["a", "b"]) == 1
    assert reciprocal_rank("b", ["a", "b"]) == 0.5
    assert reciprocal_rank("d", ["a", "b", "c", "d", "d"]) == 0.25
    assert reciprocal_rank("x", ["a", "b"]) == reciprocal_rank("x", []) == 0


def test_a_share_of_nothing_is_none() -> None:
    assert share([]) == 0
    assert share([True, False, False, True]) == 0.5
    assert share(n > 1 for n in range(4)) == 0.5


@given(scores, scores)
def test_the_area_under_the_curve_is_the_chance_of_the_right_order(
    positive: list[float], negative: list[float]
) -> None:
    pairs = list(product(positive, negative))
    wins = sum(1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs)
    wanted = wins / len(pairs) if pairs else 0.0
    assert area_under_curve(positive, negative) == pytest.approx(wanted)


@given(scores.filter(bool), scores.filter(bool), st.sampled_from([0.0, 0.05, 0.5, 1.0]))
def test_refused_is_what_lies_below_the_threshold(
    sure: list[float], unsure: list[float], false_share: float
) -> None:
    threshold = np.quantile(sure, false_share)
    below = sum(u < threshold for u in unsure) / len(unsure)
    assert refused_at(false_share, sure, unsure) == pytest.approx(below)


def test_refused_of_nothing_is_none() -> None:
    assert refused_at(0.05, [], [0.1]) == refused_at(0.05, [0.1], []) == 0
    assert refused_at(0.05, [0.9] * 20, [0.1] * 3 + [0.95]) == 0.75


@given(st.lists(st.tuples(scores.map(lambda s: s[0] if s else 0.5), st.booleans()), max_size=30))
def test_reliability_counts_every_answer_once(answers: list[tuple[float, bool]]) -> None:
    found = reliability(answers, (0.0, 0.25, 0.8, 1.0))
    assert sum(row.count for row in found) == len(answers)
    right = sum(row.right * row.count for row in found)
    assert right == pytest.approx(sum(right for _, right in answers))


def test_reliability_is_the_share_that_is_right_of_those_that_are_as_sure() -> None:
    low, high = reliability([(0.5, True), (0.7, False), (0.9, True), (1.0, True)], (0, 0.8, 1))
    assert (low.confidence, low.right, low.count) == (pytest.approx(0.6), 0.5, 2)
    assert (high.confidence, high.right, high.count) == (pytest.approx(0.95), 1.0, 2)
