"""Training the reader: it learns, goes on where it was stopped, and its adapter can be read with."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from assistant.errors import ModelError
from assistant.models.reader import PassageReader
from assistant.models.reader_input import Passage
from assistant.models.reader_network import batch_of
from assistant.segment import sentences
from assistant.training import batches
from assistant.training import reader as training
from assistant.training.batches import Example
from assistant.training.pairs import Label, Pairs
from assistant.training.reader import Trainer
from tests.tiny_encoder import write_encoder

FACTS = {
    "窗口何时开放？": "窗口周一至周五开放。",
    "电话是多少？": "电话是一二三。",
    "地址在哪里？": "地址在二楼。",
    "票价多少元？": "票价三元。",
    "首班车何时？": "首班早上六点。",
}


def passage(body: str) -> Passage:
    """A passage cut as the product cuts it."""
    return Passage("办理", body, tuple((span.start, span.end) for span in sentences(body)))


def hand_made() -> list[Pairs]:
    """Twenty questions with a passage that answers and one that does not."""
    facts = list(FACTS.items())
    made: list[Pairs] = []
    for number in range(20):
        question, answer = facts[number % 5]
        others = [text for asked, text in facts if asked != question]
        beside = others[number // 5]
        body = f"{answer}\n{beside}" if number % 2 else f"{beside}\n{answer}"
        at = body.index(answer)
        right = Label((1 - number % 2,), (at, at + len(answer) - 1))
        wrong = passage("\n".join(text for text in others if text != beside))
        made.append(Pairs(question, ((passage(body), right),), (wrong,)))
    return made


PAIRS = hand_made()


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("tiny") / "encoder")


@pytest.fixture(scope="module", autouse=True)
def small_steps() -> Iterator[None]:
    """Three batches an epoch, and a checkpoint every ten steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "BATCH_TOKENS", 500)
        patch.setattr(training, "EVERY", 10)
        # What is dropped is left to chance, and two runs are compared here.
        patch.setattr(training, "DROPOUT", 0.0)
        yield


STEPS = 40
EPOCHS = 13.3


def trainer(encoder: Path, folder: Path) -> Trainer:
    return Trainer(encoder, folder, PAIRS, PAIRS, EPOCHS, 1e-2, seed=1)


def log_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def trained(encoder: Path, tmp_path_factory: pytest.TempPathFactory, small_steps: None) -> Path:
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("run")
    trainer(encoder, folder).run()
    return folder


def test_it_learns_from_a_few_pairs(trained: Path) -> None:
    log = log_of(trained)
    assert [line["step"] for line in log] == [10, 20, 30, STEPS]
    assert log[-1]["loss"] < 0.75 * log[0]["loss"]
    assert log[-1]["auroc"] > 0.9


def test_a_run_that_was_stopped_goes_on_at_its_last_checkpoint(
    encoder: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Trainer._step
    done = 0

    def counting(self: Trainer, batch: Sequence[Example], rate: float) -> float:
        nonlocal done
        if done == 15:
            raise KeyboardInterrupt
        done += 1
        return step(self, batch, rate)

    monkeypatch.setattr(Trainer, "_step", counting)
    with pytest.raises(KeyboardInterrupt):
        trainer(encoder, tmp_path).run()
    assert log_of(tmp_path)[-1]["step"] == 10
    done = -100
    trainer(encoder, tmp_path).run()
    assert done + 100 == STEPS - 10
    assert log_of(tmp_path)[-1]["step"] == STEPS
    for name in ("adapter_model.safetensors", "heads.safetensors"):
        stopped = load_file(tmp_path / "adapter" / name)
        whole = load_file(trained / "adapter" / name)
        assert stopped.keys() == whole.keys()
        assert all(torch.allclose(stopped[key], whole[key], atol=1e-2) for key in whole)


def test_a_finished_run_has_nothing_left_to_do(encoder: Path, trained: Path) -> None:
    before = log_of(trained)
    trainer(encoder, trained).run()
    assert log_of(trained) == before


def test_the_written_adapter_gives_what_training_saw(encoder: Path, trained: Path) -> None:
    run = trainer(encoder, trained)
    assert run._resume() == STEPS
    run._network.eval()
    reader = PassageReader(encoder, trained / "adapter", number_type="bfloat16")
    for pairs in PAIRS[:5]:
        one = pairs.positives[0][0]
        (read,) = reader.read(pairs.question, [one])
        with torch.inference_mode():
            logits = run._network(batch_of([read.encoded], run._pad))
        length = len(read.encoded.ids)
        assert read.relevance == pytest.approx(float(logits.relevance[0]), abs=0.2)
        np.testing.assert_allclose(read.sentences, logits.sentences[0].numpy(), atol=0.2)
        spans = logits.spans[0, :length].numpy()
        np.testing.assert_allclose(read.begins, spans[:, 0], atol=0.2)
        np.testing.assert_allclose(read.ends, spans[:, 1], atol=0.2)


def test_a_run_can_start_from_an_adapter(encoder: Path, trained: Path, tmp_path: Path) -> None:
    adapter = trained / "adapter"
    on = Trainer(encoder, tmp_path, PAIRS, PAIRS, 1, 1e-3, seed=2, start=adapter)
    before = on._figures()
    assert before["auroc"] > 0.9
    assert before == pytest.approx({k: log_of(trained)[-1][k] for k in before}, abs=0.05)
    on.run()
    assert log_of(tmp_path)[-1]["loss"] < log_of(trained)[0]["loss"] / 2


@pytest.mark.parametrize("damage", ["missing", "torn", "other"])
def test_an_adapter_that_cannot_be_started_from_is_refused(
    encoder: Path, trained: Path, tmp_path: Path, damage: str
) -> None:
    adapter = shutil.copytree(trained / "adapter", tmp_path / "adapter")
    weights = adapter / "adapter_model.safetensors"
    if damage == "missing":
        weights.unlink()
    elif damage == "torn":
        weights.write_bytes(weights.read_bytes()[:100])
    else:
        save_file({"another": torch.zeros(1)}, weights)
    with pytest.raises(ModelError, match=str(adapter)):
        Trainer(encoder, tmp_path / "run", PAIRS, PAIRS, 1, 1e-3, seed=2, start=adapter)


def test_figures_are_those_of_the_weights_at_that_step(encoder: Path, trained: Path) -> None:
    log = log_of(trained)
    last = {key: log[-1][key] for key in ("auroc", "sentence")}
    fresh = trainer(encoder, trained)
    before = fresh._figures()
    fresh._resume()
    assert fresh._figures() == last != before
    with torch.no_grad():
        for small in fresh._small:
            small.zero_()
    assert fresh._figures() != last


def test_what_is_written_tells_nothing_of_the_machine(encoder: Path, trained: Path) -> None:
    folder = trained / "adapter"
    assert sorted(path.name for path in folder.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
        "heads.safetensors",
    ]
    text = (folder / "adapter_config.json").read_text("utf-8")
    assert json.loads(text)["base_model_name_or_path"] == "intfloat/multilingual-e5-small"
    for path in folder.iterdir():
        assert str(encoder.parent).encode() not in path.read_bytes()
    assert '"/' not in text


def test_nothing_is_asked_of_the_network(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="(?i).*(fetch|config file).*")
        trainer(encoder, tmp_path).write(tmp_path / "adapter")
    assert (tmp_path / "adapter" / "adapter_model.safetensors").exists()
