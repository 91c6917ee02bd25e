"""Trains the reader: LoRA on the built-in encoder, and the heads, from pairs.

Can be stopped at any time and goes on from the last checkpoint when started again.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm
from transformers import AutoModel

from assistant.errors import ModelError
from assistant.measures import area_under_curve
from assistant.models.reader_network import ReaderNetwork, batch_of
from assistant.resources import load
from assistant.training.batches import Example, batches, fixed
from assistant.training.losses import loss_of
from assistant.training.pairs import Pairs

RANK = 32
WARM_UP = 0.05
DROPOUT = 0.1
EVERY = 250
"""Steps between two checkpoints, each with the figures on the pairs to choose by."""

_CPUS = os.cpu_count() or 1
_BASE = "intfloat/multilingual-e5-small"


class Trainer:
    """One training run, whose state lives in a folder.

    Args:
        encoder: the folder of the built-in model.
        folder: where checkpoints and figures go.
        train: the pairs to learn from; a set that stands there twice weighs twice.
        tune: the pairs that figures are given on.
        epochs: how often each question is seen.
        rate: the highest learning rate.
        seed: of order, choice of passages and first weights. What is dropped is left to chance,
            so two runs are alike and not the same.
        start: an adapter to go on from, instead of from nothing.
        words: learn only where the words of an answer stand, not what answers.

    Raises:
        ModelError: the adapter to start from is missing, damaged, or of another encoder.
    """

    def __init__(
        self,
        encoder: Path,
        folder: Path,
        train: Sequence[Pairs],
        tune: Sequence[Pairs],
        epochs: float,
        rate: float,
        seed: int,
        start: Path | None = None,
        words: bool = False,
    ) -> None:
        torch.manual_seed(seed)
        # A thread for each part of a batch and one thread for each operation: threads within
        # an operation wait for each other in busy loops, which on a machine that does anything
        # else makes a step many times slower.
        torch.set_num_threads(1)
        self._workers = ThreadPoolExecutor(_CPUS)
        self._seed, self._epochs, self._rate, self._folder = seed, epochs, rate, folder
        self._tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
        self._pad: int = self._tokenizer.token_to_id("<pad>") or 0
        self._train, self._words = train, words
        self._tune = fixed(tune, self._tokenizer)
        # Eager attention: on CPUs its backward pass is several times faster than the fused one.
        # Nothing is dropped of it: drawing that many numbers makes a step half as long again.
        base = AutoModel.from_pretrained(
            encoder, dtype=torch.bfloat16, attn_implementation="eager",
            hidden_dropout_prob=DROPOUT, attention_probs_dropout_prob=0.0, add_pooling_layer=False,
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
            [*self._masters, *self._network.heads.parameters()], lr=rate, weight_decay=0.01
        )
        if start is not None:
            self._start(start)

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
                losses.append(self._step(batch, self._rate * _share_of_rate(step / total)))
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
        loss = loss_of(logits, shard) * (len(shard) / of)
        weights = [*self._small, *self._network.heads.parameters()]
        # A part without answers has nothing to say about spans.
        gradients = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
        return float(loss.detach()), gradients

    def _batches(self, epoch: int) -> Iterator[list[Example]]:
        return batches(self._train, self._tokenizer, self._seed, epoch, words=self._words)

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
        self._set(state["masters"], state["heads"])
        self._optimizer.load_state_dict(state["optimizer"])
        return int(state["step"])

    def _start(self, adapter: Path) -> None:
        names = [name for name, p in self._lora.named_parameters() if p.requires_grad]
        try:
            weights = load_file(adapter / "adapter_model.safetensors")
            # peft leaves out the name that it gives an adapter in memory.
            masters = [weights[name.replace(".default", "")] for name in names]
            self._set(masters, load_file(adapter / "heads.safetensors"))
        except (OSError, KeyError, RuntimeError, SafetensorError) as error:
            raise ModelError("reader_unloadable", folder=adapter) from error

    def _set(self, masters: Sequence[Tensor], heads: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for master, small, weight in zip(self._masters, self._small, masters, strict=True):
                master.copy_(weight)
                small.copy_(weight)
        self._network.heads.load_state_dict(heads)

    def write(self, folder: Path) -> None:
        """Write the adapter in peft's own form, in half precision, and the heads beside it."""
        # To see whether the embeddings were trained too, peft would ask the hub.
        self._lora.save_pretrained(str(folder), save_embedding_layers=False)
        (folder / "README.md").unlink()  # a form of peft's that is still to be filled in
        heads = {k: v.contiguous() for k, v in self._network.heads.state_dict().items()}
        save_file(heads, folder / "heads.safetensors")


def _share_of_rate(done: float) -> float:
    """Up at first, then down to nothing in a straight line."""
    return min(done / WARM_UP + 0.02, 1.0) * (1 - done)
