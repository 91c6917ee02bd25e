"""Turns texts into vectors with a sentence-transformers model; storing them is the index's."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from assistant.errors import ModelError
from assistant.models.fingerprint import model_fingerprint

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

NumberType = Literal["float32", "bfloat16"]

_MAX_TOKENS = 512
_BATCH_SIZE = 16
# Weights in formats of other engines, which a download can do without.
_NOT_DOWNLOADED = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot"]


class Embedder(Embeddings):
    """An embedding model on the CPU, safe to use from several threads at once.

    Every vector has length 1, so a dot product is a cosine. Texts longer than 512 tokens are
    cut there. The same list of passages gives the same bytes each time. Passages are calculated
    in one thread for each CPU, questions in the thread that asks; for this torch is set to one
    thread for each operation in the whole process.

    Args:
        model: A sentence-transformers folder, or the name of a model on the hub.
        query_prompt: Put before every question; ``None`` takes the one of the model's
            configuration (``query``), or none.
        passage_prompt: The same for passages (``passage`` or ``document``).
        number_type: What is calculated in; ``None`` takes the faster one of this CPU.
        allow_download: Whether a name that is not on this machine may be fetched. A folder is
            never looked up on a network.

    Raises:
        ModelError: There is no such model; on the first text: it cannot be loaded.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        query_prompt: str | None = None,
        passage_prompt: str | None = None,
        number_type: NumberType | None = None,
        allow_download: bool = False,
    ) -> None:
        folder = _find_folder(str(model), allow_download)
        self._number_type = number_type or native_number_type()
        self._folder = folder
        self._given_prompts = (query_prompt, passage_prompt)
        self._loading = threading.Lock()
        # One tokenizer serves all threads but keeps padding and truncation as its own state.
        self._tokenizer_lock = threading.Lock()
        self._workers = ThreadPoolExecutor(_cpu_count(), thread_name_prefix="embedder")
        # The configuration's own prompts count with its files.
        self._fingerprint = model_fingerprint(
            folder, self._number_type, repr(self._given_prompts), str(_MAX_TOKENS)
        )

    @cached_property
    def _model(self) -> SentenceTransformer:
        """Loaded by the first text: an unchanged corpus needs the fingerprint and no more."""
        with self._loading:
            loaded: SentenceTransformer | None = self.__dict__.get("_model")
            return loaded or _load(self._folder, self._number_type)

    @property
    def _query_prompt(self) -> str:
        return _first(self._given_prompts[0], self._model.prompts.get("query"))

    @property
    def _passage_prompt(self) -> str:
        prompts = self._model.prompts
        return _first(self._given_prompts[1], prompts.get("passage") or prompts.get("document"))

    @cached_property
    def dimension(self) -> int:
        """The number of components of a vector."""
        return int(self.encode_query("").shape[0])

    @property
    def fingerprint(self) -> str:
        """The same for two embedders only if their vectors may be compared; 32 hex digits.

        Covers the model's files, the prompts and the number type.
        """
        return self._fingerprint

    @property
    def number_type(self) -> NumberType:
        """What the model calculates in."""
        return self._number_type

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of passages, shape (len(texts), dimension), each of length 1."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        # Passages of like length share a batch, so that little is calculated on padding. Bytes
        # tell the number of tokens better than characters: Chinese takes three for each.
        sizes = [len(_sound(text).encode()) for text in texts]
        order = sorted(range(len(texts)), key=sizes.__getitem__, reverse=True)
        batches = [
            order[start : start + _BATCH_SIZE] for start in range(0, len(order), _BATCH_SIZE)
        ]
        results = [
            self._workers.submit(self._encode, [texts[i] for i in batch], self._passage_prompt)
            for batch in batches
        ]
        try:
            for batch, result in zip(batches, results, strict=True):
                vectors[batch] = result.result()
        finally:
            # Whoever interrupts a long list does not want to wait for the rest of it.
            for result in results:
                result.cancel()
        return vectors

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dimension,), of length 1."""
        vector: NDArray[np.float32] = self._encode([text], self._query_prompt)[0]
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """``encode_passages`` as lists, for LangChain."""
        vectors: list[list[float]] = self.encode_passages(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """``encode_query`` as a list, for LangChain."""
        vector: list[float] = self.encode_query(text).tolist()
        return vector

    def _encode(self, texts: list[str], prompt: str) -> NDArray[np.float32]:
        """The vectors of one batch, shape (len(texts), dimension); threads may do this together."""
        import torch

        with torch.inference_mode():
            with self._tokenizer_lock:
                features = self._model.preprocess([_sound(text) for text in texts], prompt=prompt)
            output = self._model(features)["sentence_embedding"]
            # Again in 32 bits: the model's own normalisation rounds to its number type.
            unit = torch.nn.functional.normalize(output.to(torch.float32), dim=1)
        vectors: NDArray[np.float32] = unit.numpy()
        return vectors


def native_number_type() -> NumberType:
    """``bfloat16`` where the CPU multiplies such numbers itself, otherwise ``float32``.

    The other CPUs only imitate bfloat16, far more slowly than they handle 32-bit floats.
    """
    import torch

    # Asked by instruction set, since torch's other checks also say yes to CPUs that imitate.
    abilities = torch.cpu.get_capabilities()
    native = abilities.get("avx512_bf16") or abilities.get("amx_bf16")
    return "bfloat16" if native else "float32"


def _first(chosen: str | None, configured: str | None) -> str:
    return chosen if chosen is not None else configured or ""


def _sound(text: str) -> str:
    """The text without halves of surrogate pairs, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _cpu_count() -> int:
    """The CPUs this process may use, which in a container can be fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _find_folder(model: str, allow_download: bool) -> Path:
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download

    # Here first: offline, asking the hub about a model that is here can take long.
    with suppress(OSError, ValueError):
        folder = Path(snapshot_download(model, local_files_only=True))
        if _has_weights(folder):
            return folder
    if not allow_download:
        raise ModelError("model_not_found", model=model)
    try:
        return Path(snapshot_download(model, ignore_patterns=_NOT_DOWNLOADED))
    # Of many kinds: no such name, no network, no room on the disk.
    except Exception as error:
        raise ModelError("model_not_downloaded", model=model) from error


def _has_weights(folder: Path) -> bool:
    """Whether a download got as far as the weights, which, being large, come last."""
    return any(path.suffix in (".safetensors", ".bin") for path in folder.iterdir())


def _load(folder: Path, number_type: NumberType) -> SentenceTransformer:
    # These take seconds to import, which a command that embeds nothing should not wait for.
    import torch
    from sentence_transformers import SentenceTransformer

    # Threads inside one operation wait for each other in a loop that keeps the CPU busy. When
    # anything else runs, be it only indexing beside a question, each of the hundreds of waits
    # costs a time slice, and a question takes a second instead of 15 ms.
    torch.set_num_threads(1)
    try:
        with quiet():
            model = SentenceTransformer(
                str(folder),
                device="cpu",
                local_files_only=True,
                model_kwargs={"dtype": getattr(torch, number_type)},
            )
    # The libraries raise whatever they stumble over in a damaged folder.
    except Exception as error:
        raise ModelError("model_unloadable", folder=folder) from error
    model.eval()
    model.max_seq_length = min(model.max_seq_length or _MAX_TOKENS, _MAX_TOKENS)
    return model


@contextmanager
def quiet() -> Iterator[None]:
    """Without the progress bars and warnings of the libraries, which are not for our users."""
    from transformers.utils import logging as library

    bars = library.is_progress_bar_enabled()
    levels = {
        name: logging.getLogger(name).level for name in ("transformers", "sentence_transformers")
    }
    library.disable_progress_bar()  # type: ignore[no-untyped-call]
    for name in levels:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if bars:
            library.enable_progress_bar()  # type: ignore[no-untyped-call]
