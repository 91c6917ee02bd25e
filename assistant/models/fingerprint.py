"""Tells one model folder from another cheaply; what is compared with what is the index's."""

from __future__ import annotations

import hashlib
from pathlib import Path

_WEIGHT_SUFFIXES = (".safetensors", ".bin", ".pt")
_SMALL_SUFFIXES = (".json", ".txt", ".model")
_HEADER_BYTES = 64 * 1024
_SAMPLES = 64
_SAMPLE_BYTES = 4096


def model_fingerprint(folder: Path, *choices: str) -> str:
    """A hash, 32 hexadecimal digits, of what decides the vectors of a model.

    Configuration and tokenizer files count in full. A weight file counts by its name, size,
    header and 64 small samples spread over it: retraining touches nearly every weight, so that
    notices another model of the same shape without reading hundreds of megabytes. Folders of
    other formats of the same weights (``onnx/`` and the like) do not count.

    Args:
        folder: A sentence-transformers folder.
        choices: What else decides the vectors, such as prompts and number type, in fixed order.

    Raises:
        OSError: A file cannot be read.
    """
    digest = hashlib.sha256()
    for choice in choices:
        _add(digest, choice.encode())
    for path in _counted_files(folder):
        _add(digest, path.relative_to(folder).as_posix().encode())
        if path.suffix in _WEIGHT_SUFFIXES:
            _add_samples(digest, path)
        else:
            _add(digest, path.read_bytes())
    return digest.hexdigest()[:32]


def _counted_files(folder: Path) -> list[Path]:
    """Files of the folder itself and of its numbered modules, such as ``1_Pooling``."""
    folders = [folder, *(path for path in folder.glob("[0-9]*_*") if path.is_dir())]
    return sorted(
        path
        for place in folders
        for path in place.iterdir()
        if path.suffix in _WEIGHT_SUFFIXES + _SMALL_SUFFIXES and path.is_file()
    )


def _add(digest: hashlib._Hash, content: bytes) -> None:
    digest.update(len(content).to_bytes(8, "little"))
    digest.update(content)


def _add_samples(digest: hashlib._Hash, path: Path) -> None:
    size = path.stat().st_size
    _add(digest, str(size).encode())
    with path.open("rb") as file:
        _add(digest, file.read(_HEADER_BYTES))
        for index in range(_SAMPLES):
            file.seek(size * index // _SAMPLES)
            _add(digest, file.read(_SAMPLE_BYTES))
