"""The search index of one generation: built beside the old one, checked, then opened whole."""

from __future__ import annotations

import json
import shutil
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from assistant.errors import StoreError
from assistant.store.documents import DocumentStore, Generation
from assistant.store.keywords import KeywordIndex
from assistant.store.vectors import VectorIndex

_COMPLETE = "complete.json"
_BUILDING = ".building-"


class SearchIndex:
    """Vectors and keywords of one generation, for reading only."""

    def __init__(self, generation: Generation, vectors: VectorIndex, keywords: KeywordIndex):
        self.generation = generation
        self.vectors = vectors
        self.keywords = keywords


class SearchIndexes:
    """Builds, opens and clears away the search indexes below ``folder``.

    An index is built in a folder of its own and renamed when complete, so a kill leaves a
    leftover and never half an index under the right name.
    """

    def __init__(self, store: DocumentStore, folder: Path, chroma_url: str = "") -> None:
        self._store = store
        self._folder = folder
        self._chroma_url = chroma_url

    def open(self, generation: Generation) -> SearchIndex:
        """Open the generation's index, building it where it is missing or incomplete."""
        count = self._store.count_chunks(generation)
        found = self._open(generation, count)
        if found is None:
            with self._alone():
                # Another process may have built it meanwhile, and opened it by now.
                found = self._open(generation, count)
                if found is None:
                    self._build(generation)
                    found = self._open(generation, count)
        if found is None:
            raise StoreError("index_incomplete")
        return found

    def build(self, generation: Generation) -> None:
        """Build the generation's index from the database, whatever is there."""
        with self._alone():
            self._build(generation)

    def _alone(self) -> FileLock:
        """One process at a time builds or clears away; leaving the block lets the next one."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self._folder.with_name(f"{self._folder.name}.lock"))

    def _build(self, generation: Generation) -> None:
        target = self._folder / generation.id
        work = self._folder / f"{_BUILDING}{generation.id}-{uuid.uuid4().hex}"
        work.mkdir(parents=True)
        try:
            rows = self._store.all_chunks
            KeywordIndex(work / "keywords").build((e.chunk, a) for e, a in rows(generation))
            vectors = VectorIndex(work / "vectors", generation.id, self._chroma_url)
            vectors.build((e.chunk.id, e.vector, a) for e, a in rows(generation))
            vectors.close()
            count = self._store.count_chunks(generation)
            (work / _COMPLETE).write_text(json.dumps({"chunks": count}), "utf-8")
            shutil.rmtree(target, ignore_errors=True)
            work.rename(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def collect(self, kept: Sequence[str]) -> None:
        """Delete the indexes of other generations than ``kept`` and leftovers of killed builds."""
        with self._alone():
            for folder in self._folder.iterdir() if self._folder.exists() else ():
                if folder.name in kept:
                    continue
                generation = folder.name.removeprefix(_BUILDING).partition("-")[0]
                if self._chroma_url and generation not in kept:
                    # The folder last, for it is what tells that there are collections.
                    vectors = VectorIndex(folder, generation, self._chroma_url)
                    vectors.drop()
                    vectors.close()
                shutil.rmtree(folder, ignore_errors=True)

    def _open(self, generation: Generation, count: int) -> SearchIndex | None:
        """The index if it is complete and agrees with the database.

        Chroma is not even opened without the mark of completion: opening a torn store can
        end the process.
        """
        folder = self._folder / generation.id
        try:
            if json.loads((folder / _COMPLETE).read_text("utf-8")) != {"chunks": count}:
                return None
        except (OSError, ValueError):
            return None
        try:
            vectors = VectorIndex(folder / "vectors", generation.id, self._chroma_url)
        except StoreError:
            return None
        try:
            keywords = KeywordIndex(folder / "keywords")
            if vectors.count() == count and keywords.count() == count:
                return SearchIndex(generation, vectors, keywords)
        except StoreError:
            pass
        # Else the rebuilt index would be opened through the files that were found wanting.
        vectors.close()
        return None


class CurrentIndex:
    """The index that questions are asked of; moves to a newer generation in one step.

    ``refresh`` may be called as often as one likes: it asks the database for one number. A new
    generation is opened beside the old one, and questions go on with the old one meanwhile.

    Args:
        recipe: how questions are embedded and segmented. Vectors of another model would be
            compared in vain, so a generation made otherwise is not moved to; None takes any.
    """

    def __init__(
        self, store: DocumentStore, indexes: SearchIndexes, recipe: str | None = None
    ) -> None:
        self._store = store
        self._indexes = indexes
        self._recipe = recipe
        self._lock = threading.Lock()
        self._index: SearchIndex | None = None

    def get(self) -> SearchIndex | None:
        """The index in use, or None before anything was published."""
        return self._index

    def refresh(self) -> bool:
        """Move to the newest generation; True if that changed anything.

        Raises:
            StoreError: it was made with another model or other words, or cannot be opened.
        """
        with self._lock:
            newest = self._store.current()
            used = self._index.generation if self._index else None
            if newest is None or newest == used:
                return False
            if self._recipe not in (None, newest.recipe):
                raise StoreError("index_made_otherwise")
            self._index = self._indexes.open(newest)
            return True
