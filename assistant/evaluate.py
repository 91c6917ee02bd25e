"""Measures the assistant on a set of documents and questions.

python -m assistant.evaluate FILE [--limit N] [--seed 7] [--json OUT]

FILE is JSON: ``{"documents": [{"id", "text"}], "questions": [{"question", "document",
"answers"}], "unanswerable": [{"question", "document"}]}``.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from assistant.answering.pipeline import Pipeline, ReadingStep
from assistant.answering.query_vectors import QueryEmbedder
from assistant.assembly import Assembly
from assistant.errors import AssistantError
from assistant.indexing.index import Indexer, PassageEmbedder, Progress
from assistant.measures import (
    Reliability,
    area_under_curve,
    contains,
    reciprocal_rank,
    refused_at,
    reliability,
    rouge_l,
    share,
)
from assistant.question_set import AnswerableQuestion, QuestionSet
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.settings import load_settings
from assistant.store.database import open_database
from assistant.store.documents import DocumentStore
from assistant.store.library import Library
from assistant.store.search_index import CurrentIndex, SearchIndexes
from assistant.types import Answer, Question

RANKS = 10
EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0)
"""Of confidence, between which answers are counted for their reliability."""


class AnyEmbedder(PassageEmbedder, QueryEmbedder, Protocol):
    """What a whole run needs of an embedding model."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer with the time it took, in milliseconds, and the documents in ranked order."""

    answer: Answer
    documents: tuple[str, ...]
    took_ms: float

    @property
    def text(self) -> str:
        """The answer without its citation marks; empty if refused."""
        if not self.answered:
            return ""
        # Put together anew, since a document's own words may look like a mark.
        return self.answer.lead + "".join(citation.quote for citation in self.answer.citations)

    @property
    def words(self) -> str:
        """The words that answer: those emphasised in a quote, else all of it; empty if refused."""
        if not self.answered:
            return ""
        parts = (citation.parts for citation in self.answer.citations[:1])
        return "".join(words or before for before, words, _ in parts)

    @property
    def answered(self) -> bool:
        """Whether it is an answer rather than a refusal."""
        return self.answer.status == "answered"


@dataclass(frozen=True, slots=True)
class Figures:
    """What is reported; shares are 0 to 1, lengths in characters, times in milliseconds.

    ``rouge_l`` is of the words that answer, ``rouge_l_text`` of the whole answer.
    ``refusal_at_5`` is the share of left-out questions refused at the threshold that refuses 5%
    of the answerable ones; ``auroc`` how well confidence tells the two apart at any.
    ``reliability`` is of all answers that were given, to questions of all three kinds.
    """

    questions: int
    left_out: int
    unanswerable: int
    document_r1: float
    document_r5: float
    mrr10: float
    hit: float
    rouge_l: float
    rouge_l_text: float
    mean_length: float
    false_refusal: float
    correct_refusal: float
    unanswerable_refusal: float
    refusal_at_5: float
    auroc: float
    median_ms: float
    p95_ms: float
    reliability: tuple[Reliability, ...]


class IndexedSet:
    """A set's documents, indexed in a folder of their own; the town's data is not touched."""

    def __init__(
        self, documents: dict[str, str], folder: Path, segmenter: Segmenter, embedder: AnyEmbedder
    ) -> None:
        self._corpus = folder / "corpus"
        self._corpus.mkdir(parents=True)
        # Ids may hold any character, so files are numbered instead.
        self._ids = {f"{n}.txt": document for n, document in enumerate(sorted(documents))}
        for name, document in self._ids.items():
            (self._corpus / name).write_text(documents[document], "utf-8")
        engine = open_database(f"sqlite:///{folder / 'set.db'}")
        self.store = DocumentStore(engine)
        indexes = SearchIndexes(self.store, folder / "index")
        self.index = CurrentIndex(self.store, indexes)
        self._indexer = Indexer(
            self.store, Library(engine, self.store), indexes, segmenter, embedder
        )

    def build(self, progress: Progress) -> None:
        """Index the documents."""
        self._indexer.run(self._corpus, progress)
        self.index.refresh()
        current = self.store.current()
        paths = self.store.members(current) if current else {}
        self._documents = {identity: self._ids[path] for path, identity in paths.items()}

    def document(self, identity: str) -> str:
        """The set's own id of an indexed document."""
        return self._documents[identity]


def evaluate(
    data: QuestionSet,
    segmenter: Segmenter,
    embedder: AnyEmbedder,
    reader: ReadingStep,
    *,
    limit: int | None = None,
    seed: int = 7,
) -> Figures:
    """Index four fifths of the documents and ask about all of them.

    Args:
        data: the set; sorted ids are shuffled by ``random.Random(seed)`` and the first fifth
            of them left out, so that questions on those must be refused.
        segmenter: cuts sentences and words.
        embedder: makes the vectors.
        reader: finds the answers.
        limit: at most so many answerable questions, and half as many left-out and half as many
            unanswerable ones.
        seed: of both the split and the choice of questions.
    """
    ids = sorted(data.documents)
    shuffled = random.Random(seed)  # noqa: S311 - a split to be repeated, not a secret
    shuffled.shuffle(ids)
    out = frozenset(ids[: len(ids) // 5])
    some = (limit or len(data.questions), (limit or len(data.questions)) // 2)
    answerable = _sample([q for q in data.questions if q.document not in out], some[0], seed)
    left_out = _sample([q.question for q in data.questions if q.document in out], some[1], seed)
    unanswerable = _sample([q for q, d in data.unanswerable if d not in out], some[1], seed)
    text = load("commands")["evaluate"]
    with tempfile.TemporaryDirectory() as folder:
        kept = {i: t for i, t in data.documents.items() if i not in out}
        indexed = IndexedSet(kept, Path(folder) / "set", segmenter, embedder)
        with Bar(text["indexing"]) as bar:
            indexed.build(bar)
        pipeline = Pipeline(segmenter, embedder, indexed.store, indexed.index, reader)
        ask = partial(_ask, pipeline, indexed)
        asked = [ask(q.question) for q in tqdm(answerable, text["answerable"])]
        refused = [ask(q) for q in tqdm(left_out, text["left_out"])]
        impossible = [ask(q) for q in tqdm(unanswerable, text["unanswerable"])]
    return _figures(answerable, asked, refused, impossible)


def _ask(pipeline: Pipeline, indexed: IndexedSet, question: str) -> Asked:
    start = time.perf_counter()
    answer = pipeline.answer(Question(question))
    took = (time.perf_counter() - start) * 1000
    ranked = dict.fromkeys(indexed.document(hit.chunk.document_id) for hit in answer.hits)
    return Asked(answer, tuple(ranked), took)


class Bar:
    """Indexing progress on standard error."""

    def __init__(self, text: str) -> None:
        self._bar = tqdm(desc=text)

    def start(self, total: int) -> None:
        """``total`` chunks to come."""
        self._bar.reset(total)

    def advance(self, count: int) -> None:
        """``count`` more are done."""
        self._bar.update(count)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()


def _figures(
    questions: Sequence[AnswerableQuestion],
    asked: Sequence[Asked],
    left_out: Sequence[Asked],
    unanswerable: Sequence[Asked],
) -> Figures:
    pairs = list(zip(questions, asked, strict=True))
    ranks = [reciprocal_rank(q.document, a.documents[:RANKS]) for q, a in pairs]
    sure = [a.answer.confidence for a in asked]
    unsure = [a.answer.confidence for a in left_out]
    hits = [any(contains(a.text, gold) for gold in q.answers) for q, a in pairs]
    given = [(a.answer.confidence, hit) for a, hit in zip(asked, hits, strict=True) if a.answered]
    given += [(a.answer.confidence, False) for a in (*left_out, *unanswerable) if a.answered]
    times = sorted(a.took_ms for a in (*asked, *left_out, *unanswerable))
    return Figures(
        questions=len(asked),
        left_out=len(left_out),
        unanswerable=len(unanswerable),
        document_r1=share(rank == 1 for rank in ranks),
        document_r5=share(rank >= 1 / 5 for rank in ranks),
        mrr10=statistics.fmean(ranks) if ranks else 0.0,
        hit=share(hits),
        rouge_l=_rouge([(a.words, q.answers) for q, a in pairs]),
        rouge_l_text=_rouge([(a.text, q.answers) for q, a in pairs]),
        mean_length=statistics.fmean(lengths)
        if (lengths := [len(a.text) for a in asked if a.answered])
        else 0.0,
        false_refusal=share(not a.answered for a in asked),
        correct_refusal=share(not a.answered for a in left_out),
        unanswerable_refusal=share(not a.answered for a in unanswerable),
        refusal_at_5=refused_at(0.05, sure, unsure),
        auroc=area_under_curve(sure, unsure),
        median_ms=statistics.median(times) if times else 0.0,
        p95_ms=times[int(len(times) * 0.95)] if times else 0.0,
        reliability=reliability(given, EDGES),
    )


def _rouge(said: Sequence[tuple[str, tuple[str, ...]]]) -> float:
    """The mean of what each text has in common with the nearest of its right answers."""
    if not said:
        return 0.0
    best = (max((rouge_l(text, gold) for gold in golds), default=0.0) for text, golds in said)
    return statistics.fmean(best)


def _sample(items: list[Any], limit: int, seed: int) -> list[Any]:
    """Up to ``limit`` items, the same ones for the same seed."""
    chosen = random.Random(seed)  # noqa: S311 - a sample to be repeated, not a secret
    return chosen.sample(items, limit) if limit < len(items) else items


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 0 when done, 2 if the file or the program cannot be used."""
    text = load("commands")["evaluate"]
    parser = argparse.ArgumentParser(
        prog="python -m assistant.evaluate", description=text["description"]
    )
    parser.add_argument("file", type=Path, help=text["file"])
    parser.add_argument("--limit", type=_positive, help=text["limit"])
    parser.add_argument("--seed", type=int, default=7, help=text["seed"])
    parser.add_argument("--json", type=Path, help=text["json"])
    options = parser.parse_args(arguments)
    try:
        parts = Assembly(load_settings())
        figures = asdict(
            evaluate(
                QuestionSet.read(options.file),
                parts.segmenter,
                parts.embedder,
                parts.reader,
                limit=options.limit,
                seed=options.seed,
            )
        )
    except AssistantError as error:
        print(error, file=sys.stderr)
        return 2
    for name, value in figures.items():
        if name == "reliability":
            for row in value:
                print(f"{name:22}{row['confidence']:10.3f}{row['right']:10.3f}{row['count']:10}")
        else:
            print(f"{name:22}{value:10.3f}" if isinstance(value, float) else f"{name:22}{value:10}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
