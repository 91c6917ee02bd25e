"""The trained reader's network: one encoder, and three linear heads on what it gives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import AutoModel

from assistant.errors import ModelError
from assistant.models.embedder import quiet
from assistant.models.reader_input import Encoded

_STEP = 16


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs padded to one length.

    ``ids`` and ``mask`` have the shape (pairs, tokens). ``pooling`` (pairs, sentences, tokens)
    averages the tokens of each sentence; a row of zeros where a pair has fewer sentences.
    """

    ids: Tensor
    mask: Tensor
    pooling: Tensor


@dataclass(frozen=True, slots=True)
class Logits:
    """``relevance`` (pairs,): the passage answers; ``sentences`` (pairs, sentences): it is part
    of the answer; ``spans`` (pairs, tokens, 2): the answer's words begin and end here."""

    relevance: Tensor
    sentences: Tensor
    spans: Tensor


class ReaderNetwork(nn.Module):
    """An encoder (transformers, ``last_hidden_state`` of width H) with heads in 32 bits."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict(
            {
                "relevance": nn.Linear(width, 1),
                "sentences": nn.Linear(width, 1),
                "spans": nn.Linear(width, 2),
            }
        )

    def forward(self, batch: Batch) -> Logits:
        """Read a batch."""
        states = self.encoder(
            input_ids=batch.ids, attention_mask=batch.mask
        ).last_hidden_state.float()
        sentences = torch.bmm(batch.pooling, states)
        return Logits(
            relevance=self.heads["relevance"](states[:, 0])[:, 0],
            sentences=self.heads["sentences"](sentences)[..., 0],
            spans=self.heads["spans"](states),
        )


def batch_of(pairs: Sequence[Encoded], pad: int) -> Batch:
    """Pad ``pairs`` with the token ``pad``, to one of a few lengths: plans and memory are kept for each."""
    length = -(-max(len(pair.ids) for pair in pairs) // _STEP) * _STEP
    count = max(int(pair.sentence_of.max()) + 1 for pair in pairs)
    ids = np.full((len(pairs), length), pad, np.int64)
    mask = np.zeros((len(pairs), length), np.int64)
    pooling = np.zeros((len(pairs), max(count, 1), length), np.float32)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair.ids)] = pair.ids
        mask[row, : len(pair.ids)] = 1
        tokens = np.flatnonzero(pair.sentence_of >= 0)
        of = pair.sentence_of[tokens]
        sizes = np.bincount(of, minlength=1)
        pooling[row, of, tokens] = 1 / sizes[of]
    return Batch(torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(pooling))


def load_network(encoder: Path, adapter: Path, number_type: str) -> ReaderNetwork:
    """The network with the adapter merged into the encoder, ready to read.

    Args:
        encoder: a transformers folder.
        adapter: a folder as peft writes it, with the heads beside it.
        number_type: a type of torch to calculate the encoder in.

    Raises:
        ModelError: a file is missing or damaged, or the adapter belongs to another encoder.
    """
    # For the reason that the embedder gives; one that is not in use here would set it too.
    torch.set_num_threads(1)
    try:
        with quiet():
            base = AutoModel.from_pretrained(
                encoder, local_files_only=True, attn_implementation="eager", add_pooling_layer=False
            )
        settings = json.loads((adapter / "adapter_config.json").read_text("utf-8"))
        _merge(base, load_file(adapter / "adapter_model.safetensors"), settings)
        network = ReaderNetwork(base.to(getattr(torch, number_type)), base.config.hidden_size)
        network.heads.load_state_dict(load_file(adapter / "heads.safetensors"))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError("reader_unloadable", folder=adapter) from error
    return network.eval()


def _merge(base: nn.Module, adapter: dict[str, Tensor], settings: dict[str, Any]) -> None:
    """Add the product of each pair of low-rank matrices to its weight (LoRA, Hu et al. 2021)."""
    scale = settings["lora_alpha"] / settings["r"]
    weights = base.state_dict()
    for name, down in adapter.items():
        if name.endswith(_DOWN):
            up = adapter[name.replace(_DOWN, _UP)]
            weight = weights[name.removeprefix(_PREFIX).replace(_DOWN, ".weight")]
            weight += scale * (up.float() @ down.float())


_PREFIX, _DOWN, _UP = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
