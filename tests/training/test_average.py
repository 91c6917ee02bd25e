"""The mean of adapters is the mean of what they do to the encoder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from assistant.training.__main__ import main

NAME = "base_model.model.layer.{}.weight"
DOWN, UP = NAME.format("lora_A"), NAME.format("lora_B")


def adapter(folder: Path, seed: int, rank: int = 2) -> Path:
    """An adapter of random weights."""
    torch.manual_seed(seed)
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(f'{{"r": {rank}}}', "utf-8")
    weights = {DOWN: torch.randn(rank, 5), UP: torch.randn(4, rank)}
    save_file(weights, folder / "adapter_model.safetensors")
    save_file({"bias": torch.full((1,), float(seed))}, folder / "heads.safetensors")
    return folder


def product(folder: Path) -> Tensor:
    """What it adds to the encoder's weight."""
    weights = load_file(folder / "adapter_model.safetensors")
    return weights[UP] @ weights[DOWN]


def test_an_adapter_and_itself_come_to_the_same(tmp_path: Path) -> None:
    one, out = adapter(tmp_path / "one", 1), tmp_path / "out"
    assert main(["average", str(one), str(one), "--out", str(out)]) == 0
    torch.testing.assert_close(product(out), product(one))
    assert (out / "adapter_config.json").read_text("utf-8") == '{"r": 2}'


def test_the_mean_is_the_nearest_of_its_rank(tmp_path: Path) -> None:
    one, other, out = adapter(tmp_path / "one", 1), adapter(tmp_path / "two", 3), tmp_path / "out"
    assert main(["average", str(one), str(other), "--out", str(out)]) == 0
    assert load_file(out / "adapter_model.safetensors")[DOWN].shape == (2, 5)
    mean = (product(one) + product(other)) / 2
    left_over = torch.linalg.matrix_norm(product(out) - mean)
    smallest = torch.linalg.svdvals(mean)[2:].norm()
    torch.testing.assert_close(left_over, smallest)
    torch.testing.assert_close(load_file(out / "heads.safetensors")["bias"], torch.full((1,), 2.0))


@pytest.mark.parametrize("damage", ["missing", "torn", "shape"])
def test_what_cannot_be_averaged_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    one, other, out = adapter(tmp_path / "one", 1), tmp_path / "other", tmp_path / "out"
    if damage != "missing":
        shutil.copytree(one, other)
        (other / "heads.safetensors").write_bytes(b"torn")
    if damage == "shape":
        shutil.rmtree(other)
        adapter(other, 2)
        save_file(
            {DOWN: torch.zeros(2, 5), UP: torch.zeros(3, 2)}, other / "adapter_model.safetensors"
        )
    assert main(["average", str(one), str(other), "--out", str(out)]) == 2
    assert str(other) in capsys.readouterr().err
    assert not out.exists()
