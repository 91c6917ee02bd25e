"""Fits the head that tells which tokens are an answer's words to an encoder that stays as it is.

A mean of adapters is another encoder than those that its heads were learnt on. The other heads bear
that; this one is added up over all tokens of a run, and so is each of its errors.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from assistant.errors import AssistantError
from assistant.models.embedder import native_number_type
from assistant.models.reader_network import ReaderNetwork, batch_of, load_network
from assistant.resources import load
from assistant.training.batches import Example, batches
from assistant.training.losses import words_of
from assistant.training.pairs import Pairs

MOST = 260
"""Batches that are read; of some 40 answers each."""
EPOCHS = 8
AT_ONCE = 8192  # tokens
RATE = 3e-3

_Tokens = tuple[Tensor, Tensor, Tensor]


def fit(encoder: Path, adapter: Path, train: Sequence[Pairs], seed: int) -> None:
    """Fit the head of ``adapter``, in its place.

    Args:
        encoder: the folder of the built-in model.
        adapter: a folder as the trainer writes it.
        train: the pairs to learn from.
        seed: of order and of the parts of passages.

    Raises:
        ModelError: the adapter is missing, damaged, or of another encoder.
        AssistantError: no pair has an answer whose words stand in its passage.
    """
    torch.manual_seed(seed)
    network = load_network(encoder, adapter, native_number_type())
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    pad: int = tokenizer.token_to_id("<pad>") or 0
    read = list(islice(batches(train, tokenizer, seed, 0, words=True), MOST))
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        parts = workers.map(lambda batch: _read(network, batch, pad), read)
        shown = tqdm(parts, load("commands")["training"]["reading"], len(read))
        tokens = [each for part in shown for each in part]
    if not tokens:
        raise AssistantError("training_wordless")
    head = _fitted(*(torch.cat(column) for column in zip(*tokens, strict=True)))
    file = adapter / "heads.safetensors"
    weights = {f"inside.{name}": value for name, value in head.state_dict().items()}
    unfinished = file.with_suffix(".partial")
    save_file(load_file(file) | weights, unfinished)
    unfinished.rename(file)


def _read(network: ReaderNetwork, batch: Sequence[Example], pad: int) -> list[_Tokens]:
    """Of each answer's sentences: states (tokens, H), whether it is one of the words, its share."""
    padded = batch_of([example.encoded for example in batch], pad)
    with torch.inference_mode():
        states = network.states(padded)
    found: list[_Tokens] = []
    for row, example in enumerate(batch):
        near, words = words_of(example)
        if words.any():
            count = int(near.sum())
            seen = states[row, : len(near)][near].half()
            found.append((seen, words[near].float(), torch.full((count,), 1 / count)))
    return found


def _fitted(states: Tensor, words: Tensor, shares: Tensor) -> nn.Linear:
    """Logistic regression in which every answer counts alike, however long its sentences are."""
    head = nn.Linear(states.shape[1], 1)
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=1e-4)
    for _ in tqdm(range(EPOCHS), load("commands")["training"]["fitting"]):
        for some in torch.split(torch.randperm(len(states)), AT_ONCE):
            logits = head(states[some].float())[:, 0]
            loss = functional.binary_cross_entropy_with_logits(
                logits, words[some], shares[some] / shares[some].sum(), reduction="sum"
            )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return head
