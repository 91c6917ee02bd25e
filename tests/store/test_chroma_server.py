"""Vectors on a Chroma server instead of in a folder."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import chromadb
import pytest

from assistant.errors import StoreError
from assistant.indexing.index import Indexer
from assistant.segment import Segmenter
from assistant.store import documents
from assistant.store.database import open_database
from assistant.store.documents import DocumentStore
from assistant.store.library import Library
from assistant.store.search_index import CurrentIndex, SearchIndexes
from assistant.types import Audience
from tests.conftest import NoProgress
from tests.fakes import HashEmbedder

QUESTION = "首班车几点从崇明南门发出？"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a Chroma server of our own, and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("chroma")
    command = [program, "run", "--path", tmp_path / "chroma", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.kill()
            gc.collect()


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the Chroma server does not start")


# Chroma's client does not close its connections to a server.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_it_answers_keeps_what_others_have_there_and_says_when_it_is_gone(
    server: tuple[str, subprocess.Popen[bytes]],
    corpus: Path,
    tmp_path: Path,
    segmenter: Segmenter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, process = server
    client = chromadb.HttpClient("127.0.0.1", urlsplit(url).port or 0)
    client.create_collection("of-somebody-else")
    embedder = HashEmbedder()
    engine = open_database(f"sqlite:///{tmp_path / 'data' / 'assistant.db'}")
    store = DocumentStore(engine)
    indexes = SearchIndexes(store, tmp_path / "data" / "index", url)
    indexer = Indexer(store, Library(engine, store), indexes, segmenter, embedder)
    index = CurrentIndex(store, indexes)

    def found() -> set[str]:
        indexer.run(corpus, NoProgress())
        index.refresh()
        used = index.get()
        assert used is not None
        near = used.vectors.search(embedder.encode_query(QUESTION), 3, (Audience.RESIDENTS,))
        chunks = store.chunks([identity for identity, _ in near], used.generation.recipe)
        return {e.chunk.text for e in chunks.values()}

    assert any("首班车早上六点三十分" in text for text in found())
    monkeypatch.setattr(documents, "KEEP_SUPERSEDED", timedelta(0))
    bus = corpus / "bus.html"
    bus.write_text(bus.read_text("utf-8").replace("六点三十分", "七点整"), "utf-8")
    assert any("首班车早上七点整" in text for text in found())
    used = index.get()
    assert used is not None
    ours = {f"{audience.value}-{used.generation.id}" for audience in Audience}
    assert {c.name for c in client.list_collections()} == {"of-somebody-else", *ours}

    process.kill()
    process.wait()
    with pytest.raises(StoreError, match="连不上 Chroma"):
        used.vectors.search(embedder.encode_query(QUESTION), 3, (Audience.RESIDENTS,))
    with pytest.raises(StoreError, match="连不上 Chroma"):
        indexes.build(used.generation)
