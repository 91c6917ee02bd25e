"""What the reader sees of the pairs in an epoch, in batches."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from assistant.models.reader_input import Encoded, Passage, encode
from assistant.training.pairs import Label, Pairs, cropped, without

BATCH_TOKENS = 6000
TUNE_PAIRS = 400
CROPPED = 0.6
"""The share of passages that answer of which only a part around the answer is seen."""
ANSWERLESS = 0.25
"""The share of misleading passages that are the right one without its answer."""

_MARKS = "？?。！! "


@dataclass(frozen=True, slots=True)
class Example:
    """One encoded pair with what is right about it."""

    encoded: Encoded
    label: Label


def batches(
    train: Sequence[Pairs], tokenizer: Tokenizer, seed: int, epoch: int, *, words: bool = False
) -> Iterator[list[Example]]:
    """All questions in random order, a right and a misleading passage each, by length.

    Args:
        train: the pairs.
        tokenizer: the encoder's.
        seed: of order and choice, with ``epoch``.
        epoch: its number.
        words: only what the words are learnt from: parts around an answer that is a span.
    """
    order = random.Random(f"{seed} {epoch}")  # noqa: S311 - to be repeated, not a secret
    chosen: list[tuple[str, Passage, Label]] = []
    for pairs in train:
        question = pairs.question
        if order.random() < 0.3:
            question = question.rstrip(_MARKS)
        if words:
            spans = [each for each in pairs.positives if each[1].span]
            chosen += [(question, *_part(*each, order)) for each in spans]
            continue
        if pairs.positives:
            chosen.append((question, *_seen_anew(*order.choice(pairs.positives), order)))
        if misleading := _misleading(pairs, order):
            chosen.append((question, misleading, Label()))
    order.shuffle(chosen)
    made: list[list[tuple[str, Passage, Label]]] = []
    for start in range(0, len(chosen), 2000):
        part = sorted(chosen[start : start + 2000], key=lambda c: len(c[0]) + _size(c[1]))
        made += _filled(part)
    order.shuffle(made)
    for batch in made:
        yield [Example(encode(tokenizer, q, p), label) for q, p, label in batch]


def fixed(tune: Sequence[Pairs], tokenizer: Tokenizer) -> list[Example]:
    """The same few pairs each time: of each question a passage that answers and the nearest that does not."""
    some = random.Random(7)  # noqa: S311 - a sample to be repeated, not a secret
    chosen = some.sample(list(tune), min(TUNE_PAIRS, len(tune)))
    found: list[Example] = []
    for pairs in chosen:
        if pairs.positives:
            found.append(
                Example(
                    encode(tokenizer, pairs.question, pairs.positives[0][0]),
                    pairs.positives[0][1],
                )
            )
        if pairs.negatives:
            found.append(Example(encode(tokenizer, pairs.question, pairs.negatives[0]), Label()))
    return sorted(found, key=lambda e: len(e.encoded.ids))


def _seen_anew(passage: Passage, label: Label, order: random.Random) -> tuple[Passage, Label]:
    """Often only a part, which also keeps a question from being known again by its passage."""
    return _part(passage, label, order) if order.random() < CROPPED else (passage, label)


def _part(passage: Passage, label: Label, order: random.Random) -> tuple[Passage, Label]:
    """Only the answer with a few sentences around it, as it is read for its words."""
    first = min(label.sentences) - order.randint(0, 2)
    last = max(label.sentences) + order.randint(0, 2)
    return cropped(passage, label, max(first, 0), min(last, len(passage.sentences) - 1))


def _misleading(pairs: Pairs, order: random.Random) -> Passage | None:
    """A passage that does not answer; sometimes the one that does, but for what answers."""
    answerless = pairs.positives and order.random() < ANSWERLESS
    if answerless and (rest := without(*order.choice(pairs.positives))):
        return rest
    if not pairs.negatives:
        return None
    # The first ones mislead most.
    return pairs.negatives[min(int(order.expovariate(0.5)), len(pairs.negatives) - 1)]


def _size(passage: Passage) -> int:
    return len(passage.head) + len(passage.body)


def _filled(
    ordered: Sequence[tuple[str, Passage, Label]],
) -> Iterator[list[tuple[str, Passage, Label]]]:
    """Batches of about ``BATCH_TOKENS``, by the length of the longest in each."""
    batch: list[tuple[str, Passage, Label]] = []
    for item in ordered:
        longest = (len(item[0]) + _size(item[1])) * 0.75 + 8
        if batch and longest * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch
