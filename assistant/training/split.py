"""Cuts a question set in three by document, so that what is fitted is never reported on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

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
    """
    data = json.loads(file.read_text("utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        chosen: dict[str, Any] = {"about": data.get("about", "")}
        chosen["documents"] = [
            d for d in data["documents"] if part_of(d["id"], train, tune) == part
        ]
        for key in ("questions", "unanswerable"):
            chosen[key] = [
                q for q in data.get(key, []) if part_of(q["document"], train, tune) == part
            ]
        (folder / f"{file.stem}.{part}.json").write_text(
            json.dumps(chosen, ensure_ascii=False), "utf-8"
        )


def part_of(document: str, train: float, tune: float) -> str:
    """The part that a document belongs to."""
    place = hashlib.sha256(document.encode()).digest()[0] / 256
    return "train" if place < train else "tune" if place < train + tune else "report"
