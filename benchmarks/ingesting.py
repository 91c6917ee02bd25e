"""python benchmarks/ingesting.py [--chunks 300] [--repeats 3] [--out DIR]

Takes in notices with the real model, then again unchanged, then with one document changed; each
run in a process of its own, as the command is.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from itertools import islice
from pathlib import Path

from figures import (
    FIGURES,
    ROOT,
    borrow_model,
    fresh,
    isolated,
    line,
    machine,
    medians,
    peak_memory_mb,
    save,
    seconds,
    show,
)
from notices import notices

from assistant.assembly import Assembly
from assistant.settings import load_settings

SECTIONS = 6
"""Sections of a notice, each of about one chunk."""


class Silent:
    """Progress that nobody watches."""

    def start(self, total: int) -> None:
        """Nothing."""

    def advance(self, count: int) -> None:
        """Nothing."""


def ingest(corpus: Path, data: Path) -> dict[str, float]:
    """Load everything, then bring the index in line with ``corpus``."""
    assembly = Assembly(load_settings(corpus_dir=corpus, data_dir=data))
    load = seconds(lambda: assembly.indexer)
    run = seconds(lambda: assembly.indexer.run(corpus, Silent()))
    return {"load_seconds": load, "run_seconds": run, "peak_memory_mb": peak_memory_mb()}


def whole(corpus: Path, data: Path) -> dict[str, float]:
    """The same in a new process; ``seconds`` is what somebody waits for."""
    start = time.perf_counter()
    figures = fresh(ingest, corpus, data)
    return {"seconds": time.perf_counter() - start, **figures}


def sizes(data: Path) -> dict[str, int]:
    """How much is stored."""
    store = Assembly(load_settings(data_dir=data)).store
    generation = store.current()
    if generation is None:
        raise RuntimeError("nothing was published")
    chunks = [embedded.chunk for embedded, _ in store.all_chunks(generation)]
    return {
        "documents": len(store.members(generation)),
        "chunks": len(chunks),
        "sentences": sum(len(chunk.sentences) for chunk in chunks),
        "characters": sum(len(chunk.text) for chunk in chunks),
    }


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--chunks", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=FIGURES)
    options = parser.parse_args()
    about = machine()
    runs: dict[str, list[dict[str, float]]] = {"first": [], "unchanged": [], "one_changed": []}
    with tempfile.TemporaryDirectory() as folder, isolated():
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for at, notice in enumerate(islice(notices(SECTIONS), -(-options.chunks // SECTIONS))):
            (corpus / f"{at:05}.md").write_text(notice.markdown, "utf-8")
        for repeat in range(options.repeats):
            data = Path(folder, f"data{repeat}")
            data.mkdir()
            borrow_model(data)
            runs["first"].append(whole(corpus, data))
            runs["unchanged"].append(whole(corpus, data))
            changed = corpus / f"{0:05}.md"
            changed.write_text(f"{changed.read_text('utf-8')}第{repeat}次修改。\n", "utf-8")
            runs["one_changed"].append(whole(corpus, data))
        stored = sizes(data)
    figures = {name: medians(some) for name, some in runs.items()}
    took = figures["first"]["run_seconds"]
    rates = {f"{what}_a_second": round(stored[what] / took, 1) for what in ("chunks", "characters")}
    save(
        "ingesting", about,
        {"repeats": options.repeats, "stored": stored, "rates": rates, "runs": figures},
        options.out,
    )  # fmt: skip
    print(line(about), end="\n\n")
    show(["", ""], [*stored.items(), *rates.items()])
    print()
    show(["run", *figures["first"]], [[name, *row.values()] for name, row in figures.items()])


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
