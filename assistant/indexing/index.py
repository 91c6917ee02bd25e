"""From documents to a published generation: only what changed is parsed and embedded.

There are two kinds of documents, those of a folder of files and those of the console's library.
A generation holds both; what brings the one up to date leaves the other as it is.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ParseError, StoreError
from assistant.indexing.chunk import CHUNK_LENGTH, chunks, passage
from assistant.indexing.parse import (
    MOST_BYTES,
    PARSERS,
    document_id,
    named_safely,
    parse_apart,
    suffix_of,
)
from assistant.segment import Segmenter
from assistant.store.documents import DocumentStore, EmbeddedChunk, Within
from assistant.store.library import Library
from assistant.store.search_index import SearchIndexes
from assistant.types import Chunk, Document, Owner

CUTTING = 4
"""Raised whenever parsing, cutting or segmenting changes what is stored."""


class PassageEmbedder(Protocol):
    """What indexing needs of an embedding model."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever vectors would."""

    def encode_passages(self, texts: list[str]) -> NDArray[np.float32]:
        """Unit vectors of shape (texts, dimension)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be taken, with the reason; ``kept`` if its last version stays."""

    path: str
    reason: str
    kept: bool


@dataclass(slots=True)
class Report:
    """What a run did, by path; ``unknown`` are files with an ending that nothing reads."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether the published documents are no longer the ones of before."""
        return bool(self.added or self.changed or self.removed)


class Progress(Protocol):
    """Told the work as it goes, in chunks."""

    def start(self, total: int) -> None:
        """``total`` chunks are to be embedded."""

    def advance(self, count: int) -> None:
        """``count`` more are embedded and, with a document's last, stored."""


def recipe(embedder: PassageEmbedder, segmenter: Segmenter) -> str:
    """A name for how chunks are made; documents stored under another one are made again."""
    parts = (embedder.fingerprint, str(CUTTING), str(CHUNK_LENGTH), *segmenter.town_words)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


SLICE = 64
"""Chunks that are embedded together, of one document."""


@dataclass(frozen=True, slots=True)
class Indexer:
    """Publishes generations; who calls sees to it that one does at a time."""

    store: DocumentStore
    library: Library
    indexes: SearchIndexes
    segmenter: Segmenter
    embedder: PassageEmbedder

    def run(
        self, corpus: Path, progress: Progress, *, rebuild: bool = False, dry_run: bool = False
    ) -> Report:
        """Bring what is published of the folder ``corpus`` in line with it, and report.

        A killed run leaves whole staged documents, which the next one uses. A file that can
        no longer be read keeps its last version in place. A file whose name a published document
        of the library has is refused: the two would answer beside each other.

        Args:
            corpus: the folder; files whose ending has no parser are passed over and reported.
            progress: told how far it has come.
            rebuild: embed every document again.
            dry_run: parse and report, store nothing.
        """
        made_by = recipe(self.embedder, self.segmenter)
        current = self.store.current()
        before = self.store.members(current) if current else {}
        of_console = self.store.members(current, Owner.CONSOLE) if current else {}
        usable = {} if rebuild else self.store.staged(made_by)
        report = Report()
        after: dict[str, str] = {}
        todo: list[tuple[Document, list[Chunk]]] = []
        for path, read in _files(corpus):
            if suffix_of(path) not in PARSERS:
                report.unknown.append(path)
                continue
            try:
                if path in of_console:
                    raise ParseError("file_of_console")
                content = read()
                identity = document_id(path, content)
                if identity not in usable:
                    document = parse_apart(path, content)
                    todo.append((document, chunks(document, self.segmenter)))
            except (ParseError, OSError) as error:
                report.failed.append(Failure(path, _reason(error), kept=path in before))
                if path in before:
                    after[path] = before[path]
                continue
            after[path] = identity
            _sort_in(report, path, before.get(path), identity, again=rebuild)
        report.removed = sorted(set(before) - set(after))
        kept = self.library.published()
        todo += self._cut(identity for identity in kept if identity not in usable)
        stale = current is None or current.recipe != made_by
        if not dry_run:
            self._stage(todo, made_by, progress)
            if report.differs or rebuild or stale:
                available = self._available(after, report, made_by)
                self._publish([*available, *kept], made_by)
            self.indexes.collect(self.store.collect())
        return report

    def change(
        self,
        kept: Sequence[str],
        new: str,
        progress: Progress,
        also: Within,
    ) -> None:
        """Publish other documents of the library beside what is published of the folder.

        Args:
            kept: ids of those that stay.
            new: the id of one that is added; empty if none is.
            progress: told how far it has come.
            also: what is written in the transaction that publishes.

        Raises:
            StoreError: the folder's documents are stored for another model or other words.
        """
        made_by = recipe(self.embedder, self.segmenter)
        current = self.store.current()
        if current and current.recipe != made_by:
            raise StoreError("index_made_otherwise")
        if new and new not in self.store.staged(made_by):
            self._stage(list(self._cut([new])), made_by, progress)
        of_folder = self.store.members(current).values() if current else ()
        self._publish([*of_folder, *kept, *filter(None, [new])], made_by, also)
        self.indexes.collect(self.store.collect())

    def _cut(self, identities: Iterable[str]) -> Iterator[tuple[Document, list[Chunk]]]:
        """Documents of the library with their chunks."""
        for identity in identities:
            document = self.library.document(identity)
            if document is not None:
                yield document, chunks(document, self.segmenter)

    def _stage(
        self, todo: list[tuple[Document, list[Chunk]]], made_by: str, progress: Progress
    ) -> None:
        progress.start(sum(len(cut) for _, cut in todo))
        sliced = [[cut[at : at + SLICE] for at in range(0, len(cut), SLICE)] for _, cut in todo]
        # Most documents are too short to keep all cores busy, so several are embedded at a time.
        pool = ThreadPoolExecutor(os.cpu_count())
        try:
            embedded = pool.map(self._embed, chain.from_iterable(sliced))
            for (document, _), slices in zip(todo, sliced, strict=True):
                rows: list[EmbeddedChunk] = []
                told = 0
                for _ in slices:
                    progress.advance(len(rows) - told)
                    told = len(rows)
                    rows += next(embedded)
                self.store.stage(document, rows, made_by)
                # Of a short document nothing is told before it is stored.
                progress.advance(len(rows) - told)
        finally:
            # Who is told of the progress may call it off.
            pool.shutdown(cancel_futures=True)

    def _embed(self, cut: list[Chunk]) -> list[EmbeddedChunk]:
        """Embed some chunks of one document and their sentences.

        In the folded form that questions have too: the same sentence in Traditional and in
        Simplified characters lies apart otherwise. Never across documents: padding changes a
        vector's last digits, and a run that was killed must end with the same ones.
        """
        normalise = self.segmenter.normalise
        vectors = self.embedder.encode_passages([normalise(passage(c)) for c in cut])
        quotes = [normalise(c.quote(s)) for c in cut for s in c.sentences]
        of_sentences = self.embedder.encode_passages(quotes)
        ends = np.cumsum([len(c.sentences) for c in cut])[:-1]
        return [
            EmbeddedChunk(c, v, s)
            for c, v, s in zip(cut, vectors, np.split(of_sentences, ends), strict=True)
        ]

    def _available(self, after: dict[str, str], report: Report, made_by: str) -> list[str]:
        """The documents to publish: a kept version made by another recipe cannot be served."""
        staged = self.store.staged(made_by)
        report.failed = [
            Failure(f.path, f.reason, kept=f.kept and after.get(f.path) in staged)
            for f in report.failed
        ]
        return [identity for identity in after.values() if identity in staged]

    def _publish(
        self,
        document_ids: Iterable[str],
        made_by: str,
        also: Within | None = None,
    ) -> None:
        generation = self.store.prepare(document_ids, made_by)
        self.indexes.build(generation)
        self.store.publish(generation, also)


def _files(corpus: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Every file below ``corpus`` that is not hidden, by its path from there."""
    for path in sorted(corpus.rglob("*")):
        name = path.relative_to(corpus)
        # What an office program has open is beside it under such a name.
        hidden = any(part.startswith((".", "~$")) for part in name.parts)
        if path.is_file() and not hidden:
            # A name from an old archive may not be UTF-8 and could neither be stored nor shown.
            shown = os.fsencode(name.as_posix()).decode("utf-8", "backslashreplace")
            safe = named_safely(shown)
            yield safe, partial(_content, path, named_well=safe == shown)


def _content(path: Path, *, named_well: bool) -> bytes:
    """A file's bytes; one that is too large or whose name deceives is not even read."""
    if not named_well:
        raise ParseError("name_unusable")
    if path.stat().st_size > MOST_BYTES:
        raise ParseError("file_too_large", limit=MOST_BYTES // 1_000_000)
    return path.read_bytes()


def _reason(error: Exception) -> str:
    """Why a file was not taken, in words."""
    return str(error if isinstance(error, ParseError) else ParseError("file_unreadable"))


def _sort_in(report: Report, path: str, old: str | None, new: str, *, again: bool) -> None:
    if old is None:
        report.added.append(path)
    elif old != new or again:
        report.changed.append(path)
    else:
        report.unchanged.append(path)
