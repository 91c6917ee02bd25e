"""Averages adapters that were trained on from one another: the mean errs less than each of them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from assistant.errors import ModelError

_DOWN, _UP = ".lora_A.", ".lora_B."


def average(adapters: Sequence[Path], out: Path) -> None:
    """Write the mean of what the adapters add to the encoder, in their rank, and of their heads.

    Args:
        adapters: folders as ``Trainer.write`` makes them, of one encoder and one rank.
        out: the folder to write; the settings are those of the first.

    Raises:
        ModelError: one is missing, damaged, or of another shape than the first.
    """
    folder = adapters[0]
    try:
        weights, heads = [], []
        for folder in adapters:
            weights.append(load_file(folder / "adapter_model.safetensors"))
            heads.append(load_file(folder / "heads.safetensors"))
            mean = _mean(weights)
            mean_heads = {k: torch.stack([h[k] for h in heads]).mean(0) for k in heads[0]}
        out.mkdir(parents=True, exist_ok=True)
        shutil.copy(adapters[0] / "adapter_config.json", out)
    except (OSError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError("reader_unloadable", folder=folder) from error
    save_file(mean, out / "adapter_model.safetensors")
    save_file(mean_heads, out / "heads.safetensors")


def _mean(weights: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Pairs of low-rank matrices whose products are nearest to the mean of the products.

    The matrices cannot be averaged themselves: many pairs have the same product.
    """
    mean: dict[str, Tensor] = {}
    for name, down in weights[0].items():
        if _DOWN not in name:
            continue
        up = name.replace(_DOWN, _UP)
        products = [each[up].float() @ each[name].float() for each in weights]
        left, sizes, right = torch.linalg.svd(torch.stack(products).mean(0), full_matrices=False)
        rank = len(down)
        roots = sizes[:rank].sqrt()
        mean[name] = (roots[:, None] * right[:rank]).contiguous().to(down.dtype)
        mean[up] = (left[:, :rank] * roots).contiguous().to(down.dtype)
    return mean
