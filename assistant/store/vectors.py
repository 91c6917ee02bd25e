"""The vector index, in Chroma; built from the database and never the only copy of anything."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import chromadb
import numpy as np
from chromadb import Collection
from chromadb.api import ClientAPI
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateCollectionConfiguration
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from assistant.errors import StoreError
from assistant.types import Audience

BATCH = 1000
_Row = tuple[str, NDArray[np.float32], Audience]
_SPACE: CreateCollectionConfiguration = {"hnsw": {"space": "cosine"}}


class VectorIndex:
    """Nearest chunks by cosine, one Chroma collection for each audience.

    With an address the collections live on a Chroma server, else in ``folder``. Their names
    hold the generation's id, so that a new state never touches the one being read.
    """

    def __init__(self, folder: Path, generation: str, url: str = "") -> None:
        self._client = _client(folder, url)
        self._failure = "chroma_unreachable" if url else "vectors_incomplete"
        self._names = {audience: f"{audience.value}-{generation}" for audience in Audience}
        # Chroma keeps an open store for ever; the last question that uses it lets go of it.
        self._closed = weakref.finalize(self, _close, self._client)
        self._closed.atexit = False

    def build(self, rows: Iterable[_Row]) -> None:
        """Fill new collections with (chunk id, vector of shape (dimension,), audience).

        Raises:
            StoreError: the disk or the server refuses.
        """
        self.drop()
        with self._told():
            collections = {
                audience: self._client.create_collection(
                    name, configuration=_SPACE, embedding_function=None
                )
                for audience, name in self._names.items()
            }
        for batch in _batches(rows):
            for audience, collection in collections.items():
                part = [(i, v) for i, v, of in batch if of == audience]
                if part:
                    with self._told():
                        collection.add(
                            ids=[i for i, _ in part], embeddings=np.stack([v for _, v in part])
                        )

    def count(self) -> int:
        """How many vectors there are, of all audiences.

        Raises:
            StoreError: a collection is missing or cannot be read.
        """
        with self._told():
            return sum(size for _, size in self._filled.values())

    @cached_property
    def _filled(self) -> dict[Audience, tuple[Collection, int]]:
        """The collections with their sizes, looked up once: they do not change any more."""
        found = {
            audience: self._client.get_collection(name, embedding_function=None)
            for audience, name in self._names.items()
        }
        return {audience: (each, each.count()) for audience, each in found.items()}

    def search(
        self, vector: NDArray[np.float32], limit: int, audiences: Sequence[Audience]
    ) -> list[tuple[str, float]]:
        """Up to ``limit`` (chunk id, cosine) for each audience, nearest first.

        Raises:
            StoreError: the collections cannot be read.
        """
        found: list[tuple[str, float]] = []
        for audience in audiences:
            with self._told():
                collection, size = self._filled[audience]
                wanted = min(limit, size)
                if not wanted:
                    continue
                result = collection.query(
                    query_embeddings=vector[None, :], n_results=wanted, include=["distances"]
                )
            distances = (result["distances"] or [[]])[0]
            found += [(i, 1 - d) for i, d in zip(result["ids"][0], distances, strict=True)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]

    def drop(self) -> None:
        """Delete this generation's collections, and no others: a server may have other users."""
        with self._told():
            for name in {c.name for c in self._client.list_collections()} & {*self._names.values()}:
                self._client.delete_collection(name)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Let what Chroma raises, and the libraries it is reached by, leave as ``StoreError``."""
        try:
            yield
        except Exception as error:
            raise StoreError(self._failure) from error

    def close(self) -> None:
        """Let go of the files, which otherwise happens when nothing refers to this any more."""
        self._closed()


def _client(folder: Path, url: str) -> ClientAPI:
    settings = ChromaSettings(anonymized_telemetry=False)
    if not url:
        try:
            return chromadb.PersistentClient(path=str(folder), settings=settings)
        except ChromaError as error:
            # Chroma would hand out the store that failed again, even when it has been mended.
            SharedSystemClient._identifier_to_system.pop(str(folder), None)
            raise StoreError("vectors_incomplete") from error
    parts = urlsplit(url)
    try:
        return chromadb.HttpClient(
            host=parts.hostname or "", port=parts.port or 8000, ssl=parts.scheme == "https",
            settings=settings,
        )  # fmt: skip
    except (ChromaError, ValueError) as error:
        raise StoreError("chroma_unreachable") from error


def _close(client: ClientAPI) -> None:
    # The type that the factory functions promise does not tell of it.
    if isinstance(client, Client):
        client.close()


def _batches(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch
