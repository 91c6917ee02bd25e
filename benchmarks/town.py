"""The town's own pages, taken in and indexed in a temporary folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from figures import ROOT, isolated

from assistant.assembly import Assembly
from assistant.evaluate import Bar
from assistant.indexing.index import Indexer
from assistant.settings import load_settings
from assistant.store.database import open_database
from assistant.store.documents import DocumentStore
from assistant.store.library import Library
from assistant.store.search_index import CurrentIndex, SearchIndexes


@dataclass(frozen=True, slots=True)
class Published:
    """corpus/ as it is when it is served."""

    assembly: Assembly
    store: DocumentStore
    current: CurrentIndex


@contextmanager
def published() -> Iterator[Published]:
    """corpus/, indexed; it is gone afterwards."""
    with isolated(), tempfile.TemporaryDirectory() as folder:
        assembly = Assembly(load_settings())
        engine = open_database(f"sqlite:///{folder}/town.db")
        store = DocumentStore(engine)
        indexes = SearchIndexes(store, Path(folder) / "index")
        library = Library(engine, store)
        with Bar("indexing") as bar:
            Indexer(store, library, indexes, assembly.segmenter, assembly.embedder).run(
                ROOT / "corpus", bar
            )
        current = CurrentIndex(store, indexes)
        current.refresh()
        yield Published(assembly, store, current)
        engine.dispose()
