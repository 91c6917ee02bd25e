"""python benchmarks/understanding.py [FILE…] [--limit N] [--seed 7] [--out DIR]

How questions are understood, on corpus/ and tests/questions.yml. FILEs are question sets such as
`assistant.evaluate` reads; their questions are right as they are and must not be changed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from random import Random
from typing import Any

import yaml
from corruptions import Corrupted, corrupted, halves
from figures import FIGURES, ROOT, line, machine, save, show, spread
from town import published
from tqdm import tqdm

from assistant.answering.correct import Corrector
from assistant.answering.retrieve import HybridRetriever
from assistant.answering.understand import Understand
from assistant.evaluate import QuestionSet
from assistant.measures import share
from assistant.segment import Segmenter

Entry = dict[str, Any]


@dataclass(frozen=True)
class Town:
    """The town's pages, indexed, with what corrects questions to them and finds documents."""

    segmenter: Segmenter
    corrector: Corrector
    retriever: HybridRetriever

    def first(self, question: str) -> str:
        """The name of the document that is found first."""
        found = self.retriever.invoke(question)
        return self._names[found[0].metadata["hit"].chunk.document_id] if found else ""

    @cached_property
    def _names(self) -> dict[str, str]:
        members = self.retriever.store.members(self.retriever.index.generation)
        return {document: Path(path).stem for path, document in members.items()}


@contextmanager
def indexed_town() -> Iterator[Town]:
    """corpus/, indexed in a temporary folder."""
    with published() as town:
        index = town.current.get()
        assert index is not None
        segmenter = town.assembly.segmenter
        yield Town(
            segmenter,
            Corrector(segmenter, town.store, town.current),
            HybridRetriever(
                understand=Understand(segmenter),
                embedder=town.assembly.embedder,
                store=town.store,
                index=index,
            ),
        )


# --- correcting


def correcting(
    town: Town, bank: Sequence[Entry], files: Sequence[Path], limit: int | None, seed: int
) -> Entry:
    """Corrupted names restored, right questions changed, documents found first, time.

    Documents are looked for with a sample of ``limit`` of the questions that are reported on.
    """
    plain = [(e["id"], e["question"]) for e in bank if e["kind"] == "plain"]
    tuned, held_out = halves(plain, seed)
    items = corrupted(plain, seed)
    build = _cpu_seconds(town.corrector.refresh)
    times = [_cpu_seconds(partial(town.corrector.correct, item.text)) for item in items]
    documents = {e["id"]: e["document"] for e in bank if "document" in e}
    reported = [item for item in items if item.id in held_out]
    sample = reported
    if limit is not None and limit < len(reported):
        sample = Random(seed).sample(reported, limit)  # noqa: S311 - a sample to be repeated
    return {
        "names_ms": round(build * 1000, 1),
        "per_question": spread(times),
        "tuned_on": _restored(town, [item for item in items if item.id in tuned]),
        "held_out": _restored(town, reported),
        "document_first": _found(town, sample, documents),
        "wrongly_changed": _wrongly_changed(town, bank, files),
    }


def _cpu_seconds(work: Callable[[], object]) -> float:
    """The processor's time for ``work``, which other programs that are running do not change."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def _restored(town: Town, items: Sequence[Corrupted]) -> dict[str, Entry]:
    """By kind: the share whose name is as it was, and whose whole question is."""
    figures: dict[str, Entry] = {}
    for kind in ["all", *dict.fromkeys(item.kind for item in items)]:
        some = [item for item in items if kind in ("all", item.kind)]
        figures[kind] = {
            "questions": len(some),
            "name": round(share(_has_name(town, item) for item in some), 4),
            "whole": round(share(_is_whole(town, item) for item in some), 4),
        }
    return figures


def _has_name(town: Town, item: Corrupted) -> bool:
    name = town.segmenter.normalise(item.name)
    return _folded(town, item.text).count(name) >= town.segmenter.normalise(item.right).count(name)


def _is_whole(town: Town, item: Corrupted) -> bool:
    return _folded(town, item.text) == town.segmenter.normalise(item.right)


def _folded(town: Town, text: str) -> str:
    return town.segmenter.normalise(town.corrector.correct(text).text)


def _found(town: Town, items: Sequence[Corrupted], documents: dict[str, str]) -> Entry:
    """The share of questions whose document is found first: unharmed, corrupted, corrected."""
    right: list[bool] = []
    before: list[bool] = []
    after: list[bool] = []
    for item in tqdm(items, "finding"):
        wanted = documents[item.id]
        right.append(town.first(item.right) == wanted)
        before.append(town.first(item.text) == wanted)
        after.append(town.first(town.corrector.correct(item.text).text) == wanted)
    return {
        "questions": len(items),
        "right": round(share(right), 4),
        "corrupted": round(share(before), 4),
        "corrected": round(share(after), 4),
    }


def _wrongly_changed(town: Town, bank: Sequence[Entry], files: Sequence[Path]) -> Entry:
    """Right questions in which a name was changed; leaving out filler is no change."""
    sets = {"bank": [q for e in bank if e["kind"] != "misspelt" for q in _asked(e)]}
    for file in files:
        data = QuestionSet.read(file)
        sets[file.stem] = [q.question for q in data.questions] + [q for q, _ in data.unanswerable]
    figures: Entry = {}
    for name, questions in sets.items():
        changes = [
            (question, change.was, change.now)
            for question in questions
            for change in town.corrector.correct(question).changes
            if change.now
        ]
        figures[name] = {"questions": len(questions), "changed": len(changes)}
        for each in changes:
            print(name, *each)
    return figures


def _asked(entry: Entry) -> list[str]:
    return entry.get("dialogue") or [entry["question"]]


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE")
    parser.add_argument("--limit", type=int, help="look for the documents of at most so many")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=FIGURES)
    options = parser.parse_args()
    about = machine()
    bank = yaml.safe_load((ROOT / "tests" / "questions.yml").read_text("utf-8"))
    with indexed_town() as town:
        figures = correcting(town, bank, options.files, options.limit, options.seed)
    save("understanding", about, {"seed": options.seed, "correcting": figures}, options.out)
    print(line(about))
    for half in ("tuned_on", "held_out"):
        print(f"\n{half}")
        show(
            ["kind", "questions", "name", "whole"],
            [[k, *v.values()] for k, v in figures[half].items()],
        )
    for key in ("names_ms", "per_question", "document_first", "wrongly_changed"):
        print(key, figures[key])


if __name__ == "__main__":
    main()
