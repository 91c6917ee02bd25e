"""Fits the small network that weighs sentences to questions whose answers are known."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from tqdm import tqdm

from assistant.answering.retrieve import HybridRetriever, ranked
from assistant.answering.understand import Understand
from assistant.answering.weigh import Weigher, Weights
from assistant.evaluate import AnyEmbedder, IndexedSet
from assistant.measures import folded
from assistant.question_set import QuestionSet
from assistant.resources import load
from assistant.segment import Segmenter

SIZES = (None, 12)
"""How many documents share an index: all of the set, and as few as a town may have. A question
set's own size would else be learnt as if every collection had it."""

HIDDEN = 16
SEEDS = (0, 1, 2, 3)
EPOCHS = 12
BATCH = 64
RATE = 0.01
_SHORTEST_PART = 8


@dataclass(frozen=True, slots=True)
class Example:
    """One question's candidate sentences.

    ``rows`` has the shape (sentences, features); ``right`` (sentences,) marks those that
    answer. Where none does, ``right`` is all false and refusing is right.
    """

    rows: NDArray[np.float32]
    right: NDArray[np.bool_]


class _Remembered:
    """An embedder that does not embed the same text twice; the indexes here share texts."""

    def __init__(self, embedder: AnyEmbedder) -> None:
        self._embedder = embedder
        self._passages: dict[str, NDArray[np.float32]] = {}
        self._queries: dict[str, NDArray[np.float32]] = {}

    @property
    def fingerprint(self) -> str:
        return self._embedder.fingerprint

    def encode_passages(self, texts: list[str]) -> NDArray[np.float32]:
        new = [t for t in dict.fromkeys(texts) if t not in self._passages]
        self._passages.update(zip(new, self._embedder.encode_passages(new), strict=True))
        return np.stack([self._passages[t] for t in texts])

    def encode_query(self, text: str) -> NDArray[np.float32]:
        if text not in self._queries:
            self._queries[text] = self._embedder.encode_query(text)
        return self._queries[text]


def collect(
    data: QuestionSet, segmenter: Segmenter, embedder: AnyEmbedder, weigher: Weigher, limit: int
) -> list[Example]:
    """Ask up to ``limit`` questions of indexes of both sizes, with and without their document.

    Without it nothing answers, though the nearest documents are still found: these are the
    examples that refusing is learnt from, with the set's own unanswerable questions.
    """
    some = random.Random(7)  # noqa: S311 - a sample to be repeated, not a secret
    questions = [(q.question, q.document, q.answers) for q in data.questions]
    questions += [(q, d, ()) for q, d in data.unanswerable]
    chosen = some.sample(questions, min(limit, len(questions)))
    remembered = _Remembered(embedder)
    understand = Understand(segmenter)
    examples: list[Example] = []
    for size in SIZES:
        for group in _groups(sorted(data.documents), size, some):
            asked = [q for q in chosen if q[1] in group]
            if not asked:
                continue
            with tempfile.TemporaryDirectory() as folder:
                texts = {document: data.documents[document] for document in group}
                indexed = IndexedSet(texts, Path(folder) / "set", segmenter, remembered)
                indexed.build(_Silent())
                index = indexed.index.get()
                if index is None:
                    continue
                retriever = HybridRetriever(
                    understand=understand, embedder=remembered, store=indexed.store, index=index
                )
                for question in tqdm(asked, load("commands")["training"]["collecting"]):
                    examples += _examples(indexed, retriever, weigher, *question)
    return examples


def _examples(
    indexed: IndexedSet,
    retriever: HybridRetriever,
    weigher: Weigher,
    question: str,
    document: str,
    answers: tuple[str, ...],
) -> Iterator[Example]:
    understood = retriever.understand.read(question)
    found = [replace(hit, rejected="") for hit in retriever.search(understood)]
    others = [h for h in found if indexed.document(h.chunk.document_id) != document]
    for hits in (found, others):
        kept = [hit for hit in ranked(hits) if not hit.rejected]
        if not kept:
            continue
        look = weigher.look(understood, kept)
        right = np.array(
            [
                indexed.document(hit.chunk.document_id) == document
                and _answers(hit.chunk.quote(span), answers)
                for hit in look.hits
                for span in hit.chunk.sentences
            ]
        )
        # An answer that runs over chunks, or was not found, teaches nothing about sentences.
        if right.any() or hits is others or not answers:
            yield Example(look.rows, right)


def _answers(sentence: str, answers: tuple[str, ...]) -> bool:
    """Whether a sentence holds an answer, or is a good part of a longer one."""
    text = folded(sentence)
    return any(
        folded(a) in text or (len(text) >= _SHORTEST_PART and text in folded(a))
        for a in answers
        if folded(a)
    )


def fit(sets: Sequence[Sequence[Example]]) -> Weights:
    """Fit the network; every set weighs the same, however many questions it has.

    The loss is the negative log of the share that a softmax over all sentences and "none"
    gives to what is right. Networks from several seeds stand side by side in one.
    """
    rows = np.concatenate([e.rows for part in sets for e in part])
    mean, scale = rows.mean(0), rows.std(0) + 1e-6
    largest = max(map(len, sets))
    examples = [e for part in sets for e in list(part) * round(largest / len(part))]
    nets = [_train(examples, mean, scale, seed) for seed in SEEDS]
    return Weights(
        mean=mean,
        scale=scale,
        hidden=np.concatenate([net["0.weight"] for net in nets]),
        hidden_bias=np.concatenate([net["0.bias"] for net in nets]),
        output=np.concatenate([net["2.weight"][0] / np.float32(len(nets)) for net in nets]),
        null=0.0,
    )


def _train(
    examples: Sequence[Example], mean: NDArray[np.float32], scale: NDArray[np.float32], seed: int
) -> dict[str, NDArray[np.float32]]:
    torch.manual_seed(seed)
    order = random.Random(seed)  # noqa: S311 - a shuffle to be repeated, not a secret
    # "None" scores 0 and the output has no bias: what a bias would add, the hidden layer can.
    net = torch.nn.Sequential(
        torch.nn.Linear(len(mean), HIDDEN),
        torch.nn.Tanh(),
        torch.nn.Linear(HIDDEN, 1, bias=False),
    )
    steps = EPOCHS * -(-len(examples) // BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    inputs = [torch.from_numpy((e.rows - mean) / scale) for e in examples]
    rights = [torch.from_numpy(e.right) for e in examples]
    places = list(range(len(examples)))
    for _ in tqdm(range(EPOCHS), load("commands")["training"]["fitting"]):
        order.shuffle(places)
        for start in range(0, len(places), BATCH):
            batch = places[start : start + BATCH]
            scores = net(torch.cat([inputs[i] for i in batch]))[:, 0]
            parts = torch.split(scores, [len(inputs[i]) for i in batch])
            losses = [_loss(s, rights[i]) for s, i in zip(parts, batch, strict=True)]
            optimizer.zero_grad()
            torch.stack(losses).mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return {name: value.detach().numpy() for name, value in net.state_dict().items()}


def _loss(scores: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    shares = torch.log_softmax(torch.cat([scores, scores.new_zeros(1)]), 0)
    return -(torch.logsumexp(shares[:-1][right], 0) if right.any() else shares[-1])


def write(weights: Weights, features: Sequence[str], path: Path) -> None:
    """Write the weights as the data file that the weigher loads."""
    data: dict[str, Any] = {"features": list(features)}
    for key in ("mean", "scale", "hidden", "hidden_bias", "output"):
        data[key] = np.round(getattr(weights, key).astype(float), 4).tolist()
    data["null"] = weights.null
    header = "# Fitted by `python -m assistant.training weights`; not to be edited by hand.\n"
    path.write_text(header + yaml.safe_dump(data, sort_keys=False, width=100), "utf-8")


def _groups(documents: list[str], size: int | None, some: random.Random) -> Iterator[set[str]]:
    some.shuffle(documents)
    step = size or len(documents)
    for start in range(0, len(documents), step):
        yield set(documents[start : start + step])


class _Silent:
    def start(self, total: int) -> None:
        """Nothing to show: each of many small indexes takes a moment."""

    def advance(self, count: int) -> None:
        """Nothing to show."""
