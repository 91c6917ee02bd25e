"""From question sets to pairs of question and passage that the reader is trained on.

Passages are the product's own chunks, found by its own retrieval, so that what is trained on
looks like what will be read.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter
from tqdm import tqdm

from assistant.answering.passage import folded
from assistant.answering.retrieve import HybridRetriever
from assistant.answering.understand import Understand
from assistant.evaluate import AnyEmbedder, IndexedSet
from assistant.models.reader_input import Passage
from assistant.question_set import QuestionSet
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.types import Chunk

NEGATIVES = 6
"""How many passages that do not answer are kept of a question, the most misleading ones."""

_SHORTEST_PART = 8
_FEWEST_LEFT = 2


@dataclass(frozen=True, slots=True)
class Label:
    """What is right about a passage: which sentences answer, and the answer's range in its body.

    Without any sentence it does not answer. ``span`` is None where the answer goes beyond the
    passage.
    """

    sentences: tuple[int, ...] = ()
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Pairs:
    """A question with the passages that answer it and such as only look so, all folded."""

    question: str
    positives: tuple[tuple[Passage, Label], ...]
    negatives: tuple[Passage, ...]


_PAIRS = TypeAdapter(Pairs)


def collect(file: Path, out: Path, segmenter: Segmenter, embedder: AnyEmbedder) -> None:
    """Write the pairs of a question set to ``out``, a JSON object a line."""
    data = QuestionSet.read(file)
    asked = [(q.question, q.document, q.answers) for q in data.questions]
    asked += [(q, d, ()) for q, d in data.unanswerable]
    partial = out.with_suffix(".partial")
    with tempfile.TemporaryDirectory() as folder, partial.open("w", encoding="utf-8") as lines:
        indexed = IndexedSet(data.documents, Path(folder) / "set", segmenter, embedder)
        indexed.build(_Silent())
        index = indexed.index.get()
        if index is None:
            return
        retriever = HybridRetriever(
            understand=Understand(segmenter),
            embedder=embedder,
            store=indexed.store,
            index=index,
        )
        chunks = _chunks_by_document(indexed)
        for question, document, answers in tqdm(asked, load("commands")["training"]["collecting"]):
            hits = retriever.search(retriever.understand.read(question))
            found = [hit.chunk for hit in hits]
            pairs = _pairs(question, chunks[document], found, answers, segmenter)
            if pairs.positives or not answers:
                lines.write(json.dumps(asdict(pairs), ensure_ascii=False) + "\n")
    partial.rename(out)


def read(file: Path) -> list[Pairs]:
    """The pairs that ``collect`` wrote."""
    with file.open(encoding="utf-8") as lines:
        return [_PAIRS.validate_json(line) for line in lines]


def label(passage: Passage, question: str, answers: Sequence[str]) -> Label:
    """Where one of ``answers`` (folded) stands in the passage, or the sentences it is made of.

    Of several places the one is taken whose sentence has most in common with the question.
    """
    spans = [(at, at + len(answer)) for answer in answers for at in _places(passage.body, answer)]
    if spans:
        best = max(spans, key=lambda span: _overlap(question, _around(passage, span)))
        return Label(_touched(passage, best), best)
    parts = tuple(
        n
        for n, (start, end) in enumerate(passage.sentences)
        if end - start >= _SHORTEST_PART
        and any(passage.body[start:end].rstrip("。；;") in answer for answer in answers)
    )
    return Label(parts)


def cropped(passage: Passage, label: Label, first: int, last: int) -> tuple[Passage, Label]:
    """Only the sentences from ``first`` to ``last``, among which are those that answer."""
    start = passage.sentences[first][0]
    span = label.span and (label.span[0] - start, label.span[1] - start)
    return passage.part(first, last), Label(tuple(n - first for n in label.sentences), span)


def without(passage: Passage, label: Label) -> Passage | None:
    """The passage without the sentences that answer; None where it may answer all the same.

    That is where the answer's words stand in another sentence too, or hardly anything is left.
    """
    body = ""
    kept: list[tuple[int, int]] = []
    for n, (start, end) in enumerate(passage.sentences):
        if n not in label.sentences:
            kept.append((len(body), len(body) + end - start))
            body += passage.body[start:end] + "\n"
    again = label.span and passage.body[slice(*label.span)] in body
    return None if again or len(kept) < _FEWEST_LEFT else Passage(passage.head, body, tuple(kept))


def _pairs(
    question: str,
    own: Sequence[Chunk],
    found: Sequence[Chunk],
    answers: Sequence[str],
    segmenter: Segmenter,
) -> Pairs:
    asked = segmenter.normalise(question)
    golds = [g for g in (segmenter.normalise(a).strip() for a in answers) if g]
    positives: list[tuple[Passage, Label]] = []
    misleading: list[Passage] = []
    for chunk in own:
        seen = folded(chunk, segmenter).passage
        right = label(seen, asked, golds)
        if right.sentences:
            positives.append((seen, right))
        else:
            misleading.append(seen)
    if positives and positives[0][1].span is not None:
        whole = [p for p in positives if p[1].span is not None]
        best = max(whole, key=lambda p: _overlap(asked, _around(p[0], p[1].span or (0, 0))))
        # Elsewhere in the document the same characters need not answer; nor are they wrong.
        positives = [best]
    own_ids = {chunk.id for chunk in own}
    # What misleads a question that a document does not answer is the document itself.
    near = [c for c in found if c.id not in own_ids][:NEGATIVES] if answers else []
    ranked_own = [c.id for c in found if c.id in own_ids]
    keep_own = misleading if not answers or ranked_own else misleading[:1]
    negatives = [*keep_own[:2], *(folded(c, segmenter).passage for c in near)]
    return Pairs(asked, tuple(positives), tuple(negatives[:NEGATIVES]))


def _places(body: str, answer: str) -> Iterator[int]:
    at = body.find(answer)
    while at >= 0:
        yield at
        at = body.find(answer, at + 1)


def _touched(passage: Passage, span: tuple[int, int]) -> tuple[int, ...]:
    return tuple(
        n for n, (start, end) in enumerate(passage.sentences) if start < span[1] and span[0] < end
    )


def _around(passage: Passage, span: tuple[int, int]) -> str:
    return "".join(passage.body[slice(*passage.sentences[n])] for n in _touched(passage, span))


def _overlap(question: str, text: str) -> int:
    pairs = {question[i : i + 2] for i in range(len(question) - 1)}
    return len(pairs & {text[i : i + 2] for i in range(len(text) - 1)})


def _chunks_by_document(indexed: IndexedSet) -> dict[str, list[Chunk]]:
    current = indexed.store.current()
    found: dict[str, list[Chunk]] = {}
    if current is not None:
        for embedded, _ in indexed.store.all_chunks(current):
            chunk = embedded.chunk
            found.setdefault(indexed.document(chunk.document_id), []).append(chunk)
    return found


class _Silent:
    def start(self, total: int) -> None:
        """Nothing to show: the questions take far longer."""

    def advance(self, count: int) -> None:
        """Nothing to show."""
