"""The trained reader: which sentences of a passage answer a question, which words, and how surely.

It is the built-in encoder with an adapter (LoRA) merged in, and heads; what is made of its
logits, and whether to refuse, is left to answering.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.errors import ModelError
from assistant.models.embedder import NumberType, native_number_type
from assistant.models.reader_input import Encoded, Passage, encode

if TYPE_CHECKING:
    from assistant.models.reader_network import Logits, ReaderNetwork

Floats = NDArray[np.float32]

ADAPTER = Path(__file__).parent / "adapter"
"""The adapter that comes with the program; ``python -m assistant.training reader`` makes it."""

_LONGEST_SPAN = 80  # tokens
_CUT_OFF = -10.0  # logit of a sentence beyond what the reader takes


@dataclass(frozen=True, slots=True)
class Words:
    """The likeliest words in a sentence: ``[start, end)`` of the body.

    ``share`` is the probability that it is these and no others of the sentence.
    """

    start: int
    end: int
    share: float


@dataclass(frozen=True, slots=True)
class Read:
    """What the reader found in one passage, in logits: above 0 is likelier than not.

    ``relevance``: the passage answers. ``sentences`` (sentences,): each is part of the answer.
    ``begins`` and ``ends`` (tokens,): the answer's words begin, end at a token of ``encoded``.
    """

    relevance: float
    sentences: Floats
    begins: Floats
    ends: Floats
    encoded: Encoded

    def words(self, start: int, end: int) -> Words | None:
        """The likeliest words within ``[start, end)`` of the body, or None where it saw none."""
        inside = self._inside(start, end)
        if not len(inside):
            return None
        scores = self.begins[inside][:, None] + self.ends[inside][None, :]
        allowed = np.triu(np.ones_like(scores)) - np.triu(np.ones_like(scores), _LONGEST_SPAN)
        odds = np.exp(scores - scores.max()) * allowed
        best = int(odds.argmax())
        first, last = (inside[at] for at in divmod(best, len(inside)))
        share = float(odds.flat[best] / odds.sum())
        return Words(int(self.encoded.starts[first]), int(self.encoded.ends[last]), share)

    def words_logit(self, start: int, end: int) -> float:
        """How much speaks for the words in ``[start, end)`` of the body: best begin plus best end."""
        inside = self._inside(start, end)
        if not len(inside):
            return 2 * _CUT_OFF
        return float(self.begins[inside].max() + self.ends[inside].max())

    def _inside(self, start: int, end: int) -> NDArray[np.intp]:
        """The tokens of the body that lie within ``[start, end)``."""
        pair = self.encoded
        return np.flatnonzero((pair.sentence_of >= 0) & (pair.starts >= start) & (pair.ends <= end))


class PassageReader:
    """Reads passages on the CPU; safe to use from several threads at once.

    Args:
        encoder: the folder of the built-in model that the adapter was trained on.
        adapter: the folder with adapter and heads.
        number_type: what is calculated in; ``None`` takes the faster one of this CPU.

    Raises:
        ModelError: a file is missing or damaged, or they do not belong together.
    """

    def __init__(
        self, encoder: Path, adapter: Path = ADAPTER, *, number_type: NumberType | None = None
    ) -> None:
        self._tokenizer = _load_tokenizer(encoder)
        self._pad: int = self._tokenizer.token_to_id("<pad>") or 0
        self._network = _load(encoder, adapter, number_type or native_number_type())
        self._workers = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="reader")

    def read(self, question: str, passages: Sequence[Passage]) -> list[Read]:
        """Read folded passages for a folded question, in their order.

        A passage is read in one thread, and about the same number of tokens in each.
        """
        encoded = [encode(self._tokenizer, question, passage) for passage in passages]
        shards = _shards(encoded, os.cpu_count() or 1)
        results: dict[int, Read] = {}
        parts = self._workers.map(lambda shard: self._read([encoded[i] for i in shard]), shards)
        for shard, reads in zip(shards, parts, strict=True):
            results.update(zip(shard, reads, strict=True))
        return [
            _to_length(results[i], len(passage.sentences)) for i, passage in enumerate(passages)
        ]

    def _read(self, pairs: Sequence[Encoded]) -> list[Read]:
        import torch

        from assistant.models.reader_network import batch_of

        with torch.inference_mode():
            logits = self._network(batch_of(pairs, self._pad))
        return [_of_row(logits, row, pair) for row, pair in enumerate(pairs)]


def _load_tokenizer(encoder: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(encoder / "tokenizer.json"))
    # The library raises nothing more exact.
    except Exception as error:
        raise ModelError("model_unloadable", folder=encoder) from error


def _load(encoder: Path, adapter: Path, number_type: NumberType) -> ReaderNetwork:
    # Takes seconds to import, which a command that reads nothing should not wait for.
    from assistant.models.reader_network import load_network

    return load_network(encoder, adapter, number_type)


def _of_row(logits: Logits, row: int, pair: Encoded) -> Read:
    length = len(pair.ids)
    spans: Floats = logits.spans[row, :length].numpy()
    return Read(
        relevance=float(logits.relevance[row]),
        sentences=logits.sentences[row].numpy(),
        begins=spans[:, 0],
        ends=spans[:, 1],
        encoded=pair,
    )


def _to_length(read: Read, count: int) -> Read:
    """With one logit for each of ``count`` sentences; one that was cut off answers nothing."""
    seen = int(read.encoded.sentence_of.max()) + 1
    sentences = np.full(count, _CUT_OFF, np.float32)
    sentences[:seen] = read.sentences[:seen]
    return replace(read, sentences=sentences)


def _shards(pairs: Sequence[Encoded], count: int) -> list[list[int]]:
    """Indexes of ``pairs`` in up to ``count`` parts of about the same number of tokens."""
    parts: list[list[int]] = [[] for _ in range(min(count, len(pairs)))]
    sizes = [0] * len(parts)
    for index in sorted(range(len(pairs)), key=lambda i: -len(pairs[i].ids)):
        least = sizes.index(min(sizes))
        parts[least].append(index)
        sizes[least] += len(pairs[index].ids)
    return parts
