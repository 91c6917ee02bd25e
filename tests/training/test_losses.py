"""What the loss tells: here, how far two readings of the same may be apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from assistant.models.reader_input import Encoded
from assistant.models.reader_network import Logits
from assistant.training.batches import Example
from assistant.training.losses import loss_of, loss_of_two
from assistant.training.pairs import Label

LENGTH = 6
"""Tokens of a pair: one of the question, the rest a sentence, of which each is a character."""


def example(span: tuple[int, int] | None) -> Example:
    """A pair whose only sentence answers."""
    places = np.array([0, *range(LENGTH - 1)])
    sentence = np.array([-1] + [0] * (LENGTH - 1))
    return Example(Encoded(places, sentence, places, places + 1), Label((0,), span))


def logits(begins: Sequence[float], pairs: int = 1) -> Logits:
    """All the same but for where the span begins; padded by a token."""
    spans = torch.zeros(pairs, LENGTH + 1, 2)
    spans[:, :LENGTH, 0] = torch.tensor(begins)
    return Logits(torch.zeros(pairs), torch.zeros(pairs, 1), spans)


EVEN = logits([0.0] * LENGTH)
SURE = logits([0.0, 3.0, 0.0, 0.0, 0.0, 0.0])


def test_what_is_read_alike_costs_what_each_costs() -> None:
    batch = [example((0, 1))]
    for read in (EVEN, SURE):
        assert float(loss_of_two(read, read, batch)) == pytest.approx(float(loss_of(read, batch)))


def test_what_is_read_otherwise_costs_more_both_ways_the_same() -> None:
    batch = [example((0, 1))]
    mean = (float(loss_of(EVEN, batch)) + float(loss_of(SURE, batch))) / 2
    one, other = loss_of_two(EVEN, SURE, batch), loss_of_two(SURE, EVEN, batch)
    assert float(one) == pytest.approx(float(other))
    inside = np.exp([3.0, 0, 0, 0, 0]) / np.exp([3.0, 0, 0, 0, 0]).sum()
    even = np.full(5, 0.2)
    both_ways = ((inside - even) * (np.log(inside) - np.log(even))).sum()
    assert float(one) - mean == pytest.approx(both_ways / 4, rel=1e-4)


def test_outside_of_what_is_asked_for_readings_may_differ() -> None:
    batch = [example((0, 1))]
    other = logits([9.0, *[0.0] * (LENGTH - 1)])
    assert float(loss_of_two(EVEN, other, batch)) == pytest.approx(float(loss_of(EVEN, batch)))
    without = [example(None)]
    assert float(loss_of_two(EVEN, SURE, without)) == pytest.approx(float(loss_of(EVEN, without)))
