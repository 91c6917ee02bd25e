"""How a question and a passage are put to the trained reader; the same in training and use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

MAX_TOKENS = 448
_MAX_QUESTION = 96
_MAX_HEAD = 48


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as the reader sees it, folded: its title and headings, its text, its sentences.

    ``sentences`` are ranges of characters in ``body``, ascending, at least one.
    """

    head: str
    body: str
    sentences: tuple[tuple[int, int], ...]

    def part(self, first: int, last: int) -> Passage:
        """Only the sentences from ``first`` to ``last``."""
        start, end = self.sentences[first][0], self.sentences[last][1]
        sentences = tuple((a - start, b - start) for a, b in self.sentences[first : last + 1])
        return Passage(self.head, self.body[start:end], sentences)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one pair, and where in the passage's body they come from.

    ``ids`` has the shape (tokens,). ``sentence_of`` (tokens,) is the sentence that a token
    belongs to, -1 outside the body. ``starts`` and ``ends`` (tokens,) are the characters of the
    body that a token covers, without the white space in front of its sentence; both 0 outside.
    """

    ids: NDArray[np.int64]
    sentence_of: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def encode(tokenizer: Tokenizer, question: str, passage: Passage) -> Encoded:
    """``<s> question </s> head </s> body </s>``; each part is cut where it is too long."""
    first, last = tokenizer.token_to_id("<s>"), tokenizer.token_to_id("</s>")
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:_MAX_QUESTION]
    head = tokenizer.encode(passage.head, add_special_tokens=False).ids[:_MAX_HEAD]
    room = MAX_TOKENS - len(asked) - len(head) - 4
    body = tokenizer.encode(passage.body, add_special_tokens=False)
    before = [first, *asked, last, *head, last]
    ids = [*before, *body.ids[:room], last]
    starts = np.zeros(len(ids), np.int64)
    ends = np.zeros(len(ids), np.int64)
    inside = slice(len(before), len(ids) - 1)
    offsets = np.array(body.offsets[:room], np.int64).reshape(-1, 2)
    starts[inside], ends[inside] = offsets[:, 0], offsets[:, 1]
    begins = np.array([start for start, _ in passage.sentences], np.int64)
    sentence_of = np.full(len(ids), -1, np.int64)
    sentence_of[inside] = _sentence_of(offsets, begins, passage.sentences)
    # A sentence's first token takes the line end before it along.
    within = sentence_of >= 0
    starts[within] = np.maximum(starts[within], begins[sentence_of[within]])
    return Encoded(np.array(ids, np.int64), sentence_of, starts, ends)


def _sentence_of(
    offsets: NDArray[np.int64], begins: NDArray[np.int64], sentences: Sequence[tuple[int, int]]
) -> NDArray[np.int64]:
    """The sentence in which a token ends; white space between two belongs to neither."""
    stops = np.array([end for _, end in sentences], np.int64)
    at = np.searchsorted(begins, offsets[:, 1] - 1, side="right") - 1
    inside = (
        (at >= 0) & (offsets[:, 1] <= stops[np.maximum(at, 0)]) & (offsets[:, 1] > offsets[:, 0])
    )
    found: NDArray[np.int64] = np.where(inside, at, -1)
    return found
