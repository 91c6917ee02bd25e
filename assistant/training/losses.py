"""What the reader is to get right, as one number for each batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from assistant.models.reader_network import Logits
from assistant.training.batches import Example


def loss_of(logits: Logits, batch: Sequence[Example]) -> Tensor:
    """Relevance of every pair; sentences of every pair; the span where there is one."""
    answers = torch.tensor([bool(e.label.sentences) for e in batch])
    loss = functional.binary_cross_entropy_with_logits(logits.relevance, answers.float())
    parts: list[Tensor] = []
    for row, example in enumerate(batch):
        tokens = torch.from_numpy(example.encoded.sentence_of)
        count = int(tokens.max()) + 1
        if count <= 0:
            continue
        scores = logits.sentences[row, :count]
        wanted = torch.zeros(count)
        wanted[[n for n in example.label.sentences if n < count]] = 1
        each = functional.binary_cross_entropy_with_logits(scores, wanted)
        if not wanted.any():
            parts.append(0.5 * each)
            continue
        parts.append(each + _chosen(scores, wanted > 0))
        if example.label.span is not None:
            parts.append(_span_loss(logits.spans[row], example, tokens >= 0))
    return loss + torch.stack(parts).sum() / len(batch)


def _span_loss(scores: Tensor, example: Example, inside: Tensor) -> Tensor:
    """Of the tokens in the body, the first and the last that the span touches."""
    start, end = example.label.span or (0, 0)
    begins = torch.from_numpy(example.encoded.starts)
    ends = torch.from_numpy(example.encoded.ends)
    length = len(begins)
    touched = inside & (begins < end) & (ends > start)
    if not touched.any():
        return scores.new_zeros(())
    places = touched.nonzero()[:, 0]
    body = scores[:length].masked_fill(~inside[:, None], -1e4)
    return functional.cross_entropy(body.T, torch.stack([places[0], places[-1]]))


def _chosen(scores: Tensor, wanted: Tensor) -> Tensor:
    """Minus the log of the share that a softmax gives to the wanted ones."""
    shares = torch.log_softmax(scores, 0)
    return -torch.logsumexp(shares[wanted], 0)
