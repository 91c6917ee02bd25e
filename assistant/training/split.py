"""Cuts a question set in two by document, so that what is fitted is never reported on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def split(file: Path, folder: Path) -> None:
    """Write ``<name>.fit.json`` and ``<name>.report.json``; a document is in one of them.

    Which one depends on its id alone, so that it stays there when a set grows.
    """
    data = json.loads(file.read_text("utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    for half, name in enumerate(("fit", "report")):
        part: dict[str, Any] = {"about": data.get("about", "")}
        part["documents"] = [d for d in data["documents"] if _half(d["id"]) == half]
        for key in ("questions", "unanswerable"):
            part[key] = [q for q in data.get(key, []) if _half(q["document"]) == half]
        (folder / f"{file.stem}.{name}.json").write_text(
            json.dumps(part, ensure_ascii=False), "utf-8"
        )


def _half(document: str) -> int:
    return hashlib.sha256(document.encode()).digest()[0] % 2
