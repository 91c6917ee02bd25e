"""Trains the reader: LoRA on the built-in encoder, and the heads, from pairs.

Can be stopped at any time and goes on from the last checkpoint when started again.
"""

from __future__ import annotations

import json
import math
import os
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm
from transformers import AutoModel

from assistant.measures import area_under_curve
from assistant.models.reader_input import Encoded, Passage, encode
from assistant.models.reader_network import Logits, ReaderNetwork, batch_of
from assistant.resources import load
from assistant.training.pairs import Label, Pairs

RANK = 32
RATE = 6e-4
WARM_UP = 0.05
BATCH_TOKENS = 6000
EVERY = 250
"""Steps between two checkpoints, each with the figures on the pairs to choose by."""
TUNE_PAIRS = 400

_CPUS = os.cpu_count() or 1
_MARKS = "？?。！! "
_BASE = "intfloat/multilingual-e5-small"


@dataclass(frozen=True, slots=True)
class Example:
    """One encoded pair with what is right about it."""

    encoded: Encoded
    label: Label


class Trainer:
    """One training run, whose state lives in a folder.

    Args:
        encoder: the folder of the built-in model.
        folder: where checkpoints and figures go.
        train: the pairs to learn from; a set that stands there twice weighs twice.
        tune: the pairs that figures are given on.
        epochs: how often each question is seen.
        seed: of order, choice of passages and first weights.
    """

    def __init__(
        self,
        encoder: Path,
        folder: Path,
        train: Sequence[Pairs],
        tune: Sequence[Pairs],
        epochs: float,
        seed: int,
    ) -> None:
        torch.manual_seed(seed)
        # A thread for each part of a batch and one thread for each operation: threads within
        # an operation wait for each other in busy loops, which on a machine that does anything
        # else makes a step many times slower.
        torch.set_num_threads(1)
        self._workers = ThreadPoolExecutor(_CPUS)
        self._seed, self._epochs, self._folder = seed, epochs, folder
        self._tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
        self._pad: int = self._tokenizer.token_to_id("<pad>") or 0
        self._train = train
        self._tune = self._fixed(tune)
        # Eager attention: on CPUs its backward pass is several times faster than the fused one.
        base = AutoModel.from_pretrained(
            encoder, dtype=torch.bfloat16, attn_implementation="eager",
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, add_pooling_layer=False,
        )  # fmt: skip
        # Written with the adapter, where a folder of this machine would tell nothing.
        base.name_or_path = _BASE
        self._lora: PeftModel = get_peft_model(
            base,
            LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear"),
            autocast_adapter_dtype=False,
        )
        self._network = ReaderNetwork(self._lora, base.config.hidden_size)
        self._small = [p for p in self._lora.parameters() if p.requires_grad]
        # The weights are learnt in 32 bits and calculated with in 16.
        self._masters = [p.detach().float().requires_grad_() for p in self._small]
        self._optimizer = torch.optim.AdamW(
            [*self._masters, *self._network.heads.parameters()], lr=RATE, weight_decay=0.01
        )

    def run(self) -> None:
        """Train to the end, from the last checkpoint if there is one."""
        done = self._resume()
        total = math.ceil(sum(1 for _ in self._batches(0)) * self._epochs)
        every = chain.from_iterable(map(self._batches, count()))
        losses: list[float] = []
        begun = time.monotonic()
        with tqdm(total=total, initial=done, desc=load("commands")["training"]["training"]) as bar:
            for step, batch in enumerate(islice(every, total), 1):
                if step <= done:
                    continue
                losses.append(self._step(batch, _rate(step / total)))
                bar.update()
                if step % EVERY == 0 or step == total:
                    self._log(step, sum(losses) / len(losses), time.monotonic() - begun)
                    self._save(step)
                    losses = []

    def _step(self, batch: Sequence[Example], rate: float) -> float:
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._network.train()
        shards = [batch[n::_CPUS] for n in range(min(_CPUS, len(batch)))]
        done = list(self._workers.map(partial(self._gradients, of=len(batch)), shards))
        heads = list(self._network.heads.parameters())
        for at, weight in enumerate([*self._masters, *heads]):
            weight.grad = torch.stack([gradients[at].float() for _, gradients in done]).sum(0)
        torch.nn.utils.clip_grad_norm_([*self._masters, *heads], 1.0)
        self._optimizer.step()
        with torch.no_grad():
            for master, small in zip(self._masters, self._small, strict=True):
                small.copy_(master)
        return sum(loss for loss, _ in done)

    def _gradients(self, shard: Sequence[Example], of: int) -> tuple[float, tuple[Tensor, ...]]:
        """The loss of a part of a batch of ``of`` pairs, and its gradients."""
        logits = self._network(batch_of([e.encoded for e in shard], self._pad))
        loss = _loss(logits, shard) * (len(shard) / of)
        weights = [*self._small, *self._network.heads.parameters()]
        # A part without answers has nothing to say about spans.
        gradients = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
        return float(loss.detach()), gradients

    def _batches(self, epoch: int) -> Iterator[list[Example]]:
        """All questions in random order, a right and a misleading passage each, by length."""
        order = random.Random(f"{self._seed} {epoch}")  # noqa: S311 - to be repeated, not a secret
        chosen: list[tuple[str, Passage, Label]] = []
        for pairs in self._train:
            question = pairs.question
            if order.random() < 0.3:
                question = question.rstrip(_MARKS)
            if pairs.positives:
                chosen.append((question, *order.choice(pairs.positives)))
            if pairs.negatives:
                # The first ones mislead most.
                at = min(int(order.expovariate(0.5)), len(pairs.negatives) - 1)
                chosen.append((question, pairs.negatives[at], Label()))
        order.shuffle(chosen)
        batches: list[list[tuple[str, Passage, Label]]] = []
        for start in range(0, len(chosen), 2000):
            part = sorted(chosen[start : start + 2000], key=lambda c: len(c[0]) + _size(c[1]))
            batches += _filled(part)
        order.shuffle(batches)
        for batch in batches:
            yield [Example(encode(self._tokenizer, q, p), label) for q, p, label in batch]

    def _fixed(self, tune: Sequence[Pairs]) -> list[Example]:
        """The same few pairs each time: of each question a passage that answers and the nearest that does not."""
        some = random.Random(7)  # noqa: S311 - a sample to be repeated, not a secret
        chosen = some.sample(list(tune), min(TUNE_PAIRS, len(tune)))
        found: list[Example] = []
        for pairs in chosen:
            if pairs.positives:
                found.append(
                    Example(
                        encode(self._tokenizer, pairs.question, pairs.positives[0][0]),
                        pairs.positives[0][1],
                    )
                )
            if pairs.negatives:
                found.append(
                    Example(encode(self._tokenizer, pairs.question, pairs.negatives[0]), Label())
                )
        return sorted(found, key=lambda e: len(e.encoded.ids))

    def _log(self, step: int, loss: float, seconds: float) -> None:
        figures = {
            "step": step,
            "loss": round(loss, 4),
            "seconds": round(seconds),
            **self._figures(),
        }
        with (self._folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(figures) + "\n")
        tqdm.write(json.dumps(figures))

    def _figures(self) -> dict[str, float]:
        """On the pairs to choose by: AUROC of relevance, right sentence first, right span's overlap."""
        self._network.eval()
        sure: list[float] = []
        unsure: list[float] = []
        right: list[bool] = []
        with torch.inference_mode():
            for start in range(0, len(self._tune), 32):
                part = self._tune[start : start + 32]
                logits = self._network(batch_of([e.encoded for e in part], self._pad))
                for row, example in enumerate(part):
                    answers = bool(example.label.sentences)
                    (sure if answers else unsure).append(float(logits.relevance[row]))
                    if answers:
                        count = int(example.encoded.sentence_of.max()) + 1
                        best = int(logits.sentences[row, :count].argmax())
                        right.append(best in example.label.sentences)
        return {
            "auroc": round(area_under_curve(sure, unsure), 4),
            "sentence": round(sum(right) / max(len(right), 1), 4),
        }

    def _save(self, step: int) -> None:
        state = {
            "step": step,
            "masters": self._masters,
            "heads": self._network.heads.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        unfinished = self._folder / "checkpoint.partial"
        torch.save(state, unfinished)
        unfinished.rename(self._folder / "checkpoint.pt")
        self.write(self._folder / "adapter")

    def _resume(self) -> int:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / "checkpoint.pt"
        if not file.exists():
            return 0
        state: dict[str, Any] = torch.load(file, weights_only=True)
        with torch.no_grad():
            for master, small, saved in zip(
                self._masters, self._small, state["masters"], strict=True
            ):
                master.copy_(saved)
                small.copy_(saved)
        self._network.heads.load_state_dict(state["heads"])
        self._optimizer.load_state_dict(state["optimizer"])
        return int(state["step"])

    def write(self, folder: Path) -> None:
        """Write the adapter in peft's own form, in half precision, and the heads beside it."""
        from safetensors.torch import save_file

        # To see whether the embeddings were trained too, peft would ask the hub.
        self._lora.save_pretrained(str(folder), save_embedding_layers=False)
        (folder / "README.md").unlink()  # a form of peft's that is still to be filled in
        heads = {k: v.contiguous() for k, v in self._network.heads.state_dict().items()}
        save_file(heads, folder / "heads.safetensors")


def _loss(logits: Logits, batch: Sequence[Example]) -> Tensor:
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


def _rate(done: float) -> float:
    """Up at first, then down to nothing in a straight line."""
    return RATE * min(done / WARM_UP + 0.02, 1.0) * (1 - done)


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
