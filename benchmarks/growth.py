"""python benchmarks/growth.py [--sizes 1000 10000 100000] [--repeats 3] [--out DIR]

What becomes of time, memory and disk as the documents grow. Texts are notices from templates.
Embedding them all would take hours, so vectors are made: one real vector for each kind of
section, moved a little in the directions in which the real ones differ. Storing, building and
asking each run in a process of their own.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
from figures import (
    FIGURES,
    ROOT,
    borrow_model,
    fresh,
    isolated,
    line,
    machine,
    medians,
    memory_mb,
    peak_memory_mb,
    save,
    seconds,
    show,
    size_mb,
    spread,
)
from notices import KINDS, Notice, Pieces, notices, part, questions
from numpy.typing import NDArray

from assistant.answering.retrieve import HybridRetriever
from assistant.answering.understand import Understand
from assistant.assembly import Assembly
from assistant.indexing.index import recipe
from assistant.segment import Segmenter
from assistant.settings import load_settings
from assistant.store.documents import EmbeddedChunk, Generation
from assistant.types import Chunk, Document, Question, Section, Span

Vectors = NDArray[np.float32]

SECTIONS = 20
"""Sections of a notice, each one chunk."""

_MANY = 50_000  # from here on an index is built once instead of several times
_NOISE = 0.55
"""So that two of a kind lie as near to each other (0.967) as two that were really embedded."""


@dataclass(frozen=True, slots=True)
class Real:
    """What the model was asked for: a vector of every kind of section, and of every question."""

    kinds: Vectors
    questions: dict[str, Vectors]

    @classmethod
    def embedded(cls, asked: Sequence[str]) -> Real:
        """With the model of the settings."""
        assembly = Assembly(load_settings())
        normalise, embedder = assembly.segmenter.normalise, assembly.embedder
        random = Random(7)  # noqa: S311 - texts to be repeated, not a secret
        parts = [part(kind, random) for kind in range(KINDS)]
        passages = [normalise(f"{p.heading}\n{p.text}") for p in parts]
        return cls(
            embedder.encode_passages(passages),
            {normal: embedder.encode_query(normal) for normal in map(normalise, asked)},
        )

    def encode_query(self, text: str) -> Vectors:
        """The vector of one of the questions."""
        return self.questions[text]


class Made:
    """Vectors near the real ones: clustered like those, since HNSW fails on uniform ones."""

    def __init__(self, real: Real) -> None:
        self._centres = real.kinds
        self._directions = real.kinds - real.kinds.mean(axis=0)
        self._random = np.random.default_rng(7)

    def near(self, kinds: Sequence[int]) -> Vectors:
        """A vector of length 1 near that of each of the given kinds of section."""
        shares = self._random.standard_normal((len(kinds), len(self._centres)), np.float32)
        noise = shares @ self._directions / np.sqrt(np.float32(len(self._centres)))
        moved = self._centres[list(kinds)] + np.float32(_NOISE) * noise
        vectors: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return vectors


class Words:
    """The words of sentences, each piece of which is segmented once."""

    def __init__(self, segmenter: Segmenter) -> None:
        self.of = cache(lambda text: tuple(segmenter.words(text)))

    def sentence(self, pieces: Pieces) -> tuple[str, ...]:
        """The words of its pieces."""
        return tuple(word for piece in pieces for word in self.of(piece))


def document(notice: Notice, words: Words, made: Made) -> tuple[Document, list[EmbeddedChunk]]:
    """A notice as it is stored, a chunk for each of its sections."""
    identity = hashlib.sha256(notice.title.encode()).hexdigest()[:16]
    text = ""
    sections: list[Section] = []
    found: list[EmbeddedChunk] = []
    # A section's own vector first, then those of its sentences.
    vectors = iter(made.near([p.kind for p in notice.parts for _ in range(1 + len(p.sentences))]))
    for ordinal, one in enumerate(notice.parts):
        text += f"{one.heading}\n"
        start = len(text)
        ends = start + np.cumsum([sum(map(len, pieces)) for pieces in one.sentences])
        spans = tuple(
            Span(a, b) for a, b in zip([start, *ends[:-1].tolist()], ends.tolist(), strict=True)
        )
        chunk = Chunk(
            id=f"{identity}-{ordinal}",
            document_id=identity,
            ordinal=ordinal,
            title=notice.title,
            headings=(one.heading,),
            text=one.text,
            start=start,
            sentences=spans,
            words=tuple(words.sentence(pieces) for pieces in one.sentences),
            title_words=words.of(notice.title) + words.of(one.heading),
        )  # fmt: skip
        own, *rest = islice(vectors, 1 + len(spans))
        found.append(EmbeddedChunk(chunk, own, np.stack(rest)))
        text += f"{one.text}\n"
        sections.append(Section((one.heading,), start, len(text)))
    path = f"{identity}.md"
    return Document(identity, path, notice.title, text, tuple(sections)), found


def documents(
    size: int, real: Real, segmenter: Segmenter
) -> Iterator[tuple[Document, list[EmbeddedChunk]]]:
    """Documents of ``size`` chunks in all."""
    words, made = Words(segmenter), Made(real)
    for notice in islice(notices(SECTIONS), -(-size // SECTIONS)):
        yield document(notice, words, made)


def store(data: Path, size: int, real: Real) -> float:
    """Fill the database; the seconds that took."""
    assembly = _assembly(data)
    made_by = recipe(assembly.embedder, assembly.segmenter)
    segmenter = assembly.segmenter

    def work() -> None:
        identities = []
        for one, chunks in documents(size, real, segmenter):
            assembly.store.stage(one, chunks, made_by)
            identities.append(one.id)
        assembly.store.publish(assembly.store.prepare(identities, made_by))

    took = seconds(work)
    assembly.engine.dispose()
    return took


def build(data: Path) -> dict[str, float]:
    """Build the search index from the database."""
    assembly = _assembly(data)
    generation = _published(assembly)
    before = memory_mb()
    took = seconds(lambda: assembly.indexes.build(generation))
    return {
        "build_seconds": took,
        "build_memory_before_mb": before,
        "build_peak_memory_mb": peak_memory_mb(),
    }


def ask(data: Path, asked: Sequence[str], real: Real) -> dict[str, float]:
    """Open the index and ask: retrieval with vectors at hand, then everything with the model."""
    assembly = _assembly(data)
    understand = Understand(assembly.segmenter)
    understood = [understand.read(question) for question in asked]
    figures = {"memory_before_mb": memory_mb()}
    figures["open_seconds"] = seconds(assembly.index.refresh)
    index = assembly.index.get()
    if index is None:
        raise RuntimeError("nothing was published")
    retriever = HybridRetriever(
        understand=understand, embedder=real, store=assembly.store, index=index
    )
    # Chroma reads its graph only when it is first asked for neighbours.
    figures["first_search_seconds"] = seconds(lambda: retriever.search(understood[0]))
    times = [seconds(partial(retriever.search, one)) for one in understood]
    figures |= {f"retrieval_{key}": value for key, value in spread(times).items()}
    figures["memory_open_mb"] = memory_mb()
    assembly.pipeline.warm_up()
    times = [seconds(partial(assembly.pipeline.answer, Question(q))) for q in asked]
    figures |= {f"pipeline_{key}": value for key, value in spread(times).items()}
    figures["memory_with_model_mb"] = memory_mb()
    return figures


def disk(data: Path) -> dict[str, float]:
    """What lies on disk."""
    index = data / "index" / _published(_assembly(data)).id
    return {
        "database_mb": size_mb(data / "assistant.db"),
        "chroma_mb": size_mb(index / "vectors"),
        "tantivy_mb": size_mb(index / "keywords"),
    }


def measure(size: int, asked: Sequence[str], real: Real, repeats: int) -> dict[str, float]:
    """Everything at one size."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        borrow_model(data)
        stored = fresh(store, data, size, real)
        built = [fresh(build, data) for _ in range(1 if size >= _MANY else repeats)]
        answered = [fresh(ask, data, asked, real) for _ in range(repeats)]
        return {
            "chunks": -(-size // SECTIONS) * SECTIONS,
            "store_seconds": round(stored, 3),
            **medians(built),
            **medians(answered),
            **fresh(disk, data),
        }


def _assembly(data: Path) -> Assembly:
    return Assembly(load_settings(data_dir=data))


def _published(assembly: Assembly) -> Generation:
    generation = assembly.store.current()
    if generation is None:
        raise RuntimeError("nothing was published")
    return generation


def main() -> None:
    """Measure, print and save after each size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=FIGURES)
    options = parser.parse_args()
    about = machine()
    asked = questions(options.questions)
    rows: list[dict[str, float]] = []
    with isolated():
        real = fresh(Real.embedded, asked)
        for size in options.sizes:
            rows.append(measure(size, asked, real, options.repeats))
            print(f"{size:,} chunks: done", file=sys.stderr)
            figures = {"questions": len(asked), "repeats": options.repeats, "sizes": rows}
            save("growth", about, figures, options.out)
    print(line(about), end="\n\n")
    show(["", *[""] * len(rows)], [[name, *[row[name] for row in rows]] for name in rows[0]])


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
