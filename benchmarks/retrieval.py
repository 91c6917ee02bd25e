"""python benchmarks/retrieval.py FILE… [--limit N] [--seed 7] [--out DIR]

Compares ways to rank chunks on question sets of the form that `assistant.evaluate` reads. All
documents of a set are indexed. A document counts by its best chunk; a gold chunk is one of the
right document that holds a right answer.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

from figures import FIGURES, isolated, line, machine, save, show
from tqdm import tqdm

from assistant.answering.context import Understood
from assistant.answering.pipeline import Pipeline
from assistant.answering.understand import Understand
from assistant.assembly import Assembly
from assistant.evaluate import Bar, IndexedSet
from assistant.measures import contains, share
from assistant.question_set import AnswerableQuestion, QuestionSet
from assistant.resources import load
from assistant.settings import load_settings
from assistant.store.search_index import SearchIndex
from assistant.types import Audience, Question

Scored = list[tuple[str, float]]
Ranking = list[str]

RESIDENTS = (Audience.RESIDENTS,)
RANK_CONSTANT = 60
"""The k of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009)."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk's text and the set's own id of its document."""

    document: str
    text: str


def reciprocal(lists: Sequence[Scored]) -> Ranking:
    """Fused by the sum of 1 / (k + rank)."""
    return _summed(
        [{i: 1 / (RANK_CONSTANT + rank) for rank, (i, _) in enumerate(some, 1)} for some in lists]
    )


def weighted(lists: Sequence[Scored]) -> Ranking:
    """Fused by the sum of the scores, each over its own range; what a list lacks has 0 there."""
    return _summed([_over_range(some) for some in lists])


def _over_range(some: Scored) -> dict[str, float]:
    values = [score for _, score in some]
    bottom, width = min(values, default=0.0), max(values, default=0.0) - min(values, default=0.0)
    return {i: (score - bottom) / width if width else 1.0 for i, score in some}


def _summed(parts: Iterable[dict[str, float]]) -> Ranking:
    total: dict[str, float] = {}
    for part in parts:
        for i, score in part.items():
            total[i] = total.get(i, 0.0) + score
    return sorted(total, key=lambda i: (-total[i], i))


class Ways:
    """The ways to rank, over one indexed set."""

    def __init__(self, assembly: Assembly, indexed: IndexedSet, index: SearchIndex) -> None:
        self._embedder = assembly.embedder
        self._understand = Understand(assembly.segmenter)
        self._index = index
        self._pipeline = Pipeline(
            assembly.segmenter, assembly.embedder, indexed.store, indexed.index, assembly.reader
        )

    def rankings(self, question: str) -> dict[str, Ranking]:
        """Chunk ids in each way's order, best first."""
        understood = self._understand.read(question)
        words, vectors = self._words(understood), self._vectors(understood)
        retrieved, read = self._product(question)
        return {
            "BM25": [i for i, _ in words],
            "vectors": [i for i, _ in vectors],
            "reciprocal rank fusion": reciprocal([words, vectors]),
            "weighted sum": weighted([words, vectors]),
            "product, retrieved": retrieved,
            "product, read": read,
        }

    def _words(self, understood: Understood) -> Scored:
        limit = load("search")["keyword_candidates"]
        return self._index.keywords.search(list(understood.content), limit, RESIDENTS)

    def _vectors(self, understood: Understood) -> Scored:
        limit = load("search")["vector_candidates"]
        vector = self._embedder.encode_query(understood.normal)
        return self._index.vectors.search(vector, limit, RESIDENTS)

    def _product(self, question: str) -> tuple[Ranking, Ranking]:
        """The product's fused order, and that after reading: the passages read as answers first.

        Also where the answer was refused in the end; without readings the fused order stays.
        """
        fused: Ranking = []
        read: Ranking = []
        last: Ranking = []
        for done in self._pipeline.progress(Question(question)):
            hits = [hit.chunk.id for hit in done.context.hits]
            fused = fused or hits
            read = [reading.hit.chunk.id for reading in done.context.readings] or read
            answer = done.context.answer
            if answer is not None:
                last = [hit.chunk.id for hit in answer.hits]
                break
        return fused, list(dict.fromkeys([*read, *(last or fused)]))


@dataclass(frozen=True)
class Judged:
    """One ranking of one question: which documents and which chunks were right."""

    question: AnswerableQuestion
    passages: Sequence[Passage]

    @cached_property
    def documents(self) -> list[bool]:
        """For each distinct document in order, whether it is the right one."""
        distinct = dict.fromkeys(passage.document for passage in self.passages)
        return [document == self.question.document for document in distinct]

    @cached_property
    def chunks(self) -> list[bool]:
        """For each of the first chunks in order, whether it is a gold chunk."""
        return [gold(passage, self.question) for passage in self.passages[:3]]


def gold(passage: Passage, question: AnswerableQuestion) -> bool:
    """Whether it belongs to the right document and holds a right answer."""
    return passage.document == question.document and any(
        contains(passage.text, answer) for answer in question.answers
    )


FIGURE: dict[str, Callable[[Judged], bool]] = {
    "document_first": lambda judged: any(judged.documents[:1]),
    "document_in_5": lambda judged: any(judged.documents[:5]),
    "chunk_first": lambda judged: any(judged.chunks[:1]),
    "chunk_in_3": lambda judged: any(judged.chunks),
}


def compare(
    data: QuestionSet, assembly: Assembly, limit: int | None, seed: int
) -> dict[str, object]:
    """Index a set and judge every way on it."""
    chosen = list(data.questions)
    if limit is not None and limit < len(chosen):
        chosen = Random(seed).sample(chosen, limit)  # noqa: S311 - a sample to be repeated
    judged: dict[str, list[Judged]] = {}
    with tempfile.TemporaryDirectory() as folder:
        indexed = IndexedSet(
            data.documents, Path(folder) / "set", assembly.segmenter, assembly.embedder
        )
        with Bar("indexing") as bar:
            indexed.build(bar)
        passages, index = _passages(indexed)
        ways = Ways(assembly, indexed, index)
        for question in tqdm(chosen, "asking"):
            for way, ids in ways.rankings(question.question).items():
                judged.setdefault(way, []).append(Judged(question, [passages[i] for i in ids]))
    return {
        "questions": len(chosen),
        "documents": len(data.documents),
        "chunks": len(passages),
        "gold_in_any_chunk": _gold_anywhere(chosen, passages),
        "ways": {
            way: {name: round(share(map(test, some)), 4) for name, test in FIGURE.items()}
            for way, some in judged.items()
        },
    }


def _passages(indexed: IndexedSet) -> tuple[dict[str, Passage], SearchIndex]:
    index = indexed.index.get()
    if index is None:
        raise RuntimeError("nothing was published")
    rows = indexed.store.all_chunks(index.generation)
    chunks = [embedded.chunk for embedded, _ in rows]
    return {c.id: Passage(indexed.document(c.document_id), c.text) for c in chunks}, index


def _gold_anywhere(chosen: Sequence[AnswerableQuestion], passages: dict[str, Passage]) -> float:
    """The most that any ranking could reach: some answers are cut apart or are not in the text."""
    of_document: dict[str, list[Passage]] = {}
    for passage in passages.values():
        of_document.setdefault(passage.document, []).append(passage)
    found = (any(gold(p, q) for p in of_document.get(q.document, [])) for q in chosen)
    return round(share(found), 4)


def main() -> None:
    """Compare, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--limit", type=int, help="at most so many questions of each set")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=FIGURES)
    options = parser.parse_args()
    about = machine()
    sets: dict[str, dict[str, object]] = {}
    with isolated():
        assembly = Assembly(load_settings())
        for file in options.files:
            data = QuestionSet.read(file)
            sets[file.stem] = compare(data, assembly, options.limit, options.seed)
            save("retrieval", about, {"seed": options.seed, "sets": sets}, options.out)
    print(line(about))
    for name, found in sets.items():
        ways = found.pop("ways")
        assert isinstance(ways, dict)
        print(f"\n{name}: " + ", ".join(f"{key} {value}" for key, value in found.items()))
        show(["way", *FIGURE], [[way, *row.values()] for way, row in ways.items()])


if __name__ == "__main__":
    main()
