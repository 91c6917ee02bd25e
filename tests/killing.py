"""Runs of indexing in processes of their own, which end themselves at a chosen moment."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import event

from assistant.segment import Segmenter, town_words
from assistant.store import documents, search_index
from assistant.store.keywords import KeywordIndex
from assistant.store.vectors import VectorIndex
from assistant.types import Audience, Question
from tests.conftest import Indexed, NoProgress, connect
from tests.fakes import HashEmbedder

QUESTIONS = ["第三村的负责人是谁？", "防汛仓库在哪里？", "补贴标准是多少？"]

State = dict[str, Any]


@cache
def segmenter() -> Segmenter:
    """The one segmenter of this process and of those forked from it."""
    with tempfile.TemporaryDirectory() as folder:
        return Segmenter(town_words(), Path(folder))


class SlowEmbedder(HashEmbedder):
    """Takes a moment over each document, so that there is a while to be killed in."""

    def encode_passages(self, texts: Any) -> Any:
        """The same vectors, a little later."""
        threading.Event().wait(0.01)
        return super().encode_passages(texts)


def opened(corpus: Path, data: Path) -> Indexed:
    """The parts over these folders; what is superseded is collected at once."""
    documents.KEEP_SUPERSEDED = timedelta(0)
    return connect(corpus, data, segmenter(), SlowEmbedder())


def state(parts: Indexed) -> State | None:
    """Everything that can be asked of the current generation, by content."""
    parts.index.refresh()
    index = parts.index.get()
    if index is None:
        return None
    chunks = list(parts.store.all_chunks(index.generation))
    members = parts.store.members(index.generation)
    everyone = tuple(Audience)
    words = parts.segmenter.words
    return {
        "members": members,
        "documents": {path: parts.store.document(i) for path, i in members.items()},
        "chunks": [(e.chunk, audience) for e, audience in chunks],
        "vectors": [e.vector.tobytes() for e, _ in chunks],
        "sentences": [e.sentence_vectors.tobytes() for e, _ in chunks],
        "counts": (len(chunks), index.vectors.count(), index.keywords.count()),
        "near": [
            index.vectors.search(parts.embedder.encode_query(q), 100, everyone) for q in QUESTIONS
        ],
        "worded": [index.keywords.search(words(q), 100, everyone) for q in QUESTIONS],
        "answers": [parts.pipeline.answer(Question(q)).text for q in QUESTIONS],
    }


class Moments:
    """Counts the moments of a run that matter and ends the process at one of them."""

    def __init__(self, parts: Indexed, last: int | None) -> None:
        self.names: list[str] = []
        self._last = last
        event.listen(parts.engine, "before_cursor_execute", self._statement)
        event.listen(parts.engine, "commit", lambda _: self.reach("before a commit"))
        self._around(KeywordIndex, "build")
        self._around(VectorIndex, "build")
        self._around(Path, "rename")
        self._around(Path, "write_text")
        self._around(search_index.shutil, "rmtree")
        rows = parts.store.all_chunks

        def watched(*given: Any) -> Iterator[Any]:
            for row in rows(*given):
                self.reach("before a row of an index")
                yield row

        parts.store.all_chunks = watched  # type: ignore[method-assign]

    def reach(self, name: str) -> None:
        """One more moment has come."""
        self.names.append(name)
        if len(self.names) - 1 == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        verb, _, rest = statement.partition(" ")
        if verb in ("INSERT", "UPDATE", "DELETE"):
            self.reach(f"before {verb} {rest.split()[1 if verb != 'UPDATE' else 0]}")

    def _around(self, owner: Any, name: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def around(*given: Any, **named: Any) -> Any:
            self.reach(f"before {name}")
            result = original(*given, **named)
            self.reach(f"after {name}")
            return result

        setattr(owner, name, around)


def ingest(corpus: Path, data: Path, last: int | None, sender: Connection) -> None:
    """Index, up to the moment numbered ``last``; if not killed, send the names of all moments."""
    parts = opened(corpus, data)
    moments = Moments(parts, last)
    parts.indexer.run(corpus, NoProgress())
    sender.send(moments.names)


def look_and_finish(corpus: Path, data: Path, sender: Connection) -> None:
    """What a server finds that starts now, then what there is after a run to the end."""
    parts = opened(corpus, data)
    found = state(parts)
    parts.indexer.run(corpus, NoProgress())
    sender.send((found, state(parts), leftovers(parts)))


def leftovers(parts: Indexed) -> set[str]:
    """Folders below the index's that are not the current generation's."""
    generation = parts.store.current()
    kept = generation.id if generation else ""
    return {path.name for path in (parts.data / "index").iterdir()} - {kept}


def copy(source: Path, target: Path) -> Path:
    """A copy of a folder."""
    shutil.copytree(source, target)
    return target
