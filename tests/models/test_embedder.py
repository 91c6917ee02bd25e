"""The embedder: its shapes, prompts, fingerprint, threads and errors."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.errors import ModelError
from assistant.models.embedder import Embedder, native_number_type

PASSAGES = [
    f"第{number}条 " + "镇人民政府应当及时答复信访人。" * (number % 7) for number in range(40)
]


@pytest.fixture
def copied_model(model_folder: Path, tmp_path: Path) -> Path:
    """A folder of its own whose files may be replaced (not written to: they are linked)."""
    return Path(shutil.copytree(model_folder, tmp_path / "copy", copy_function=_link))


def _link(source: str, target: str) -> str:
    Path(target).symlink_to(source)
    return target


def _replace(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def test_vectors_have_the_promised_shape_and_length_one(embedder: Embedder) -> None:
    vectors = embedder.encode_passages(PASSAGES)
    assert vectors.shape == (len(PASSAGES), embedder.dimension) == (40, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    query = embedder.encode_query("信访多久答复？")
    assert query.shape == (384,)
    assert query.dtype == np.float32
    assert embedder.encode_passages([]).shape == (0, 384)


def test_speaks_langchain(embedder: Embedder) -> None:
    assert embedder.embed_documents(PASSAGES) == embedder.encode_passages(PASSAGES).tolist()
    assert embedder.embed_query("信访") == embedder.encode_query("信访").tolist()
    assert embedder.embed_documents([]) == []


def test_the_right_passage_is_the_nearest(embedder: Embedder) -> None:
    passages = [
        "镇卫生院周一至周五开放疫苗接种。",
        "公交车每天六点发车。",
        "A recipe for apple pie.",
    ]
    vectors = embedder.encode_passages(passages)
    assert np.argmax(vectors @ embedder.encode_query("去哪里打疫苗？")) == 0
    assert np.argmax(vectors @ embedder.encode_query("頭班公車幾點開？")) == 1
    assert np.argmax(vectors @ embedder.encode_query("how to bake a pie")) == 2


def test_each_vector_stands_at_the_place_of_its_text(embedder: Embedder) -> None:
    alone = np.stack([embedder.encode_passages([text])[0] for text in PASSAGES])
    np.testing.assert_allclose(embedder.encode_passages(PASSAGES), alone, atol=1e-5)


@pytest.mark.parametrize("number_type", ["float32", "bfloat16"])
def test_the_same_list_gives_the_same_bytes(
    number_type: str, model_folder: Path, embedder: Embedder
) -> None:
    other = embedder if number_type == "float32" else Embedder(model_folder, number_type="bfloat16")
    assert other.encode_passages(PASSAGES).tobytes() == other.encode_passages(PASSAGES).tobytes()


def test_threads_do_not_disturb_each_other(embedder: Embedder) -> None:
    passages = embedder.encode_passages(PASSAGES)
    questions = [f"第{number}条是什么？" for number in range(24)]
    vectors = [embedder.encode_query(text) for text in questions]
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(embedder.encode_passages, PASSAGES) for _ in range(3)]
        again = list(pool.map(embedder.encode_query, questions))
    np.testing.assert_array_equal(again, vectors)
    for future in futures:
        np.testing.assert_array_equal(future.result(), passages)


def test_long_texts_are_cut(embedder: Embedder) -> None:
    first, second = embedder.encode_passages(["镇" * 2000, "镇" * 2000 + "完全不同的结尾"])
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_halves_of_surrogate_pairs_do_no_harm(embedder: Embedder) -> None:
    assert np.isfinite(embedder.encode_query("坏\ud83d字")).all()
    assert np.isfinite(embedder.encode_passages(["坏\udc00字"])).all()


def test_prompts_are_those_of_the_model_unless_given(
    model_folder: Path, embedder: Embedder
) -> None:
    bare = Embedder(model_folder, query_prompt="", passage_prompt="", number_type="float32")
    np.testing.assert_allclose(
        bare.encode_query("query: 信访"), embedder.encode_query("信访"), atol=1e-6
    )
    np.testing.assert_allclose(
        bare.encode_passages(["passage: 信访"]), embedder.encode_passages(["信访"]), atol=1e-6
    )
    assert not np.allclose(bare.encode_query("信访"), embedder.encode_query("信访"), atol=1e-3)


def test_a_prompt_named_document_is_for_passages(copied_model: Path, embedder: Embedder) -> None:
    prompts = {"query": "", "document": "passage: "}
    _replace(
        copied_model / "config_sentence_transformers.json",
        json.dumps({"prompts": prompts}).encode(),
    )
    other = Embedder(copied_model, number_type="float32")
    np.testing.assert_array_equal(
        other.encode_passages(PASSAGES), embedder.encode_passages(PASSAGES)
    )


def test_the_fingerprint_tells_models_apart(
    model_folder: Path, copied_model: Path, embedder: Embedder
) -> None:
    def fingerprint(folder: Path = model_folder, passage_prompt: str | None = None) -> str:
        return Embedder(folder, number_type="float32", passage_prompt=passage_prompt).fingerprint

    assert len(embedder.fingerprint) == 32
    assert fingerprint() == fingerprint(copied_model) == embedder.fingerprint
    different = {
        fingerprint(passage_prompt=""),
        Embedder(model_folder, number_type="bfloat16").fingerprint,
    }
    weights = copied_model / "model.safetensors"
    retrained = bytearray(weights.read_bytes())
    retrained[len(retrained) // 2 :] = bytes(len(retrained) - len(retrained) // 2)
    _replace(weights, bytes(retrained))
    different.add(fingerprint(copied_model))
    assert len(different - {embedder.fingerprint}) == 3


def test_a_folder_is_loaded_without_a_network(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect", pytest.fail)
    monkeypatch.setattr(socket, "getaddrinfo", pytest.fail)
    assert Embedder(model_folder).dimension == 384


def test_loading_prints_nothing(
    model_folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    Embedder(model_folder)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
    assert caplog.text == ""


def test_a_model_that_is_not_here_is_explained(tmp_path: Path) -> None:
    for model in ("no-such-owner/no-such-model", tmp_path / "missing"):
        with pytest.raises(ModelError, match="找不到向量模型"):
            Embedder(model)


@pytest.mark.parametrize("whole", [True, False])
def test_a_named_model_is_looked_for_here_before_it_is_downloaded(
    whole: bool, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def snapshot(_name: str, *, local_files_only: bool = False, **_options: object) -> str:
        asked.append(local_files_only)
        return str(model_folder if whole or not local_files_only else tmp_path)

    asked: list[bool] = []
    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    assert Embedder("owner/name", allow_download=True).dimension == 384
    assert asked == ([True] if whole else [True, False])


def test_operations_do_not_wait_for_threads_of_their_own(embedder: Embedder) -> None:
    """Such waiting makes a question slow as soon as anything else uses the CPUs."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(embedder.encode_query, "信访").result().shape == (384,)
        assert pool.submit(torch.get_num_threads).result() == 1


def _cut_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    _replace(weights, weights.read_bytes()[:1000])


def _drop_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def _drop_everything(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


@pytest.mark.parametrize("damage", [_cut_weights, _drop_tokenizer, _drop_everything])
def test_a_damaged_folder_is_explained(damage: Callable[[Path], None], copied_model: Path) -> None:
    damage(copied_model)
    with pytest.raises(ModelError, match="无法加载"):
        Embedder(copied_model).encode_query("启隆镇")


@pytest.mark.parametrize(
    ("abilities", "expected"),
    [
        ({"avx512_bf16": True}, "bfloat16"),
        ({"amx_bf16": True, "avx512_bf16": False}, "bfloat16"),
        ({"avx512_f": True, "avx512_bf16": False}, "float32"),
        ({"architecture": "aarch64"}, "float32"),
    ],
)
def test_bfloat16_only_where_the_cpu_has_it(
    abilities: dict[str, bool | str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: abilities)
    assert native_number_type() == expected
