"""The likeliest words of a sentence, from one way of reading it and from several."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.models.words import INSIDE, Runs, Words, likeliest

LENGTH = 6


def runs(
    begins: dict[int, float],
    ends: dict[int, float],
    inside: dict[int, float] | None = None,
    length: int = LENGTH,
) -> Runs:
    """Of a sentence in which every token is a character; logits that are not given are 0."""
    logits = np.zeros((3, length), np.float32)
    for row, given in zip(logits, (begins, ends, inside or {}), strict=True):
        for at, logit in given.items():
            row[at] = logit
    places = np.arange(length)
    return Runs.weighed(places, places + 1, *logits)


def place(words: Words) -> tuple[int, int]:
    return words.start, words.end


def test_what_is_as_likely_shares_the_probability() -> None:
    assert likeliest([runs({0: 50}, {})]).share == pytest.approx(1 / LENGTH, rel=0.01)
    assert likeliest([runs({2: 9}, {3: 9})]).share > 0.9


def test_the_words_are_the_likeliest_begin_and_end() -> None:
    assert place(likeliest([runs({2: 3}, {3: 3})])) == (2, 4)


def test_words_do_not_end_before_they_begin() -> None:
    assert place(likeliest([runs({3: 4}, {1: 5, 4: 2})])) == (3, 5)


def test_what_lies_between_two_likely_answers_speaks_against_both_in_one() -> None:
    two = {1: 3.0, 4: 3.0}
    apart = runs(two, {1: 2.9, 4: 3.0}, {0: -1, 1: 1, 2: -4 / INSIDE, 3: -4 / INSIDE, 4: 1})
    assert place(likeliest([apart])) == (4, 5)
    assert place(likeliest([runs({1: 3.1, 4: 3.0}, {1: 2.9, 4: 3.0})])) == (1, 5)


def test_no_words_are_longer_than_eighty_tokens() -> None:
    assert place(likeliest([runs({0: 9}, {79: 5, 80: 9}, length=100)])) == (0, 80)


def test_every_way_of_reading_counts_alike() -> None:
    sure, unsure = runs({2: 4}, {2: 4}), runs({1: 1}, {1: 1})
    assert place(likeliest([unsure, sure])) == (2, 3)
    assert likeliest([unsure, unsure]) == likeliest([unsure])


def test_what_was_read_in_other_tokens_is_left_out() -> None:
    places = np.arange(LENGTH)
    logits = np.zeros((3, LENGTH), np.float32)
    logits[:2, 5] = 9
    other = Runs.weighed(places + 1, places + 2, *logits)
    assert likeliest([runs({2: 1}, {2: 1}), other]) == likeliest([runs({2: 1}, {2: 1})])
