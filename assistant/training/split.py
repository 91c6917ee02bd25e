"""Cuts a question set in three by document, so that what is fitted is never reported on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from assistant.question_set import QuestionSet

PARTS = ("train", "tune", "report")


def split(file: Path, folder: Path, train: float, tune: float) -> None:
    """Write ``<name>.train.json``, ``<name>.tune.json`` and ``<name>.report.json``.

    A document is in one of them. Which one depends on its id alone, so that it stays there when
    a set grows.

    Args:
        file: a question set as ``assistant.evaluate`` reads it.
        folder: where the parts go; it is made.
        train: the share of documents to train on.
        tune: the share to choose by; what remains is reported on.

    Raises:
        AssistantError: the file cannot be read or has another shape.
    """
    whole = QuestionSet.read(file)
    for part in PARTS:
        chosen = QuestionSet(
            documents={
                d: text for d, text in whole.documents.items() if part_of(d, train, tune) == part
            },
            questions=tuple(q for q in whole.questions if part_of(q.document, train, tune) == part),
            unanswerable=tuple(
                (question, d)
                for question, d in whole.unanswerable
                if part_of(d, train, tune) == part
            ),
        )
        chosen.write(folder / f"{file.stem}.{part}.json", file.name)


def part_of(document: str, train: float, tune: float) -> str:
    """The part that a document belongs to."""
    place = hashlib.sha256(document.encode()).digest()[0] / 256
    return "train" if place < train else "tune" if place < train + tune else "report"
