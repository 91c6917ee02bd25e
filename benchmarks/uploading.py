"""python benchmarks/uploading.py [--pages 300] [--scans 20] [--rows 50000] [--out DIR]

Has a running server read and publish a large pdf, a scanned one and a large workbook, as staff do
from the console, while a resident asks one question after another: how long both take, what the
server and its helpers hold at most, and what the questions feel of it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import psutil
from figures import FIGURES, MB, ROOT, borrow_model, isolated, line, machine, save, show, spread
from kinds import FONT, scanned_pdf, text_pdf, workbook
from serving import Server, ask, bank, serving

from assistant.assembly import Assembly
from assistant.settings import load_settings
from assistant.store.library import Library
from assistant.store.versions import State

_PAUSE = 0.3
"""Seconds that a resident takes from an answer to the next question."""
_POLL = 0.2


class Resident:
    """Asks, one question after another, and none that the server remembers."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._questions = cycle(bank())
        self._asked = 0

    def ask(self) -> float:
        """Seconds until the answer to one more question."""
        self._asked += 1
        # A number nobody asked with yet makes it new to the server without changing what it asks.
        question = f"{next(self._questions)}（第{self._asked}次问）"
        (took, _), *_ = ask(self._server, [question])
        time.sleep(_PAUSE)
        return took


@contextmanager
def watched(server: Server, resident: Resident) -> Iterator[dict[str, float]]:
    """Questions asked and memory held until the end, as figures."""
    figures: dict[str, float] = {}
    times: list[float] = []
    held = [0.0]
    done = threading.Event()

    def questions() -> None:
        while not done.is_set():
            times.append(resident.ask())

    def memory() -> None:
        while not done.wait(_POLL):
            everyone = [server.process, *server.process.children(recursive=True)]
            try:
                held.append(sum(float(one.memory_info().rss) for one in everyone) / MB)
            except psutil.NoSuchProcess:
                continue

    threads = [threading.Thread(target=work) for work in (questions, memory)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    try:
        yield figures
    finally:
        figures["seconds"] = round(time.perf_counter() - begun, 1)
        done.set()
        for thread in threads:
            thread.join()
        figures["peak_mb"] = round(max(held), 1)
        figures["questions"] = len(times)
        figures |= spread(times)


def wait(library: Library, identity: str) -> None:
    """Until nothing is being done with a version any more."""
    shown = ""
    while task := library.version(identity).task:
        now = f"{task.kind} {task.done}/{task.total} {task.at}"
        if now != shown:
            print(f"\r{now:40}", end="", file=sys.stderr, flush=True)
        shown = now
        time.sleep(_POLL)
    print(file=sys.stderr)


def take_in(
    library: Library, name: str, content: bytes, server: Server, resident: Resident
) -> dict[str, dict[str, float]]:
    """Upload, review and publish one file; the figures of reading and of publishing."""
    with watched(server, resident) as reading:
        identity = library.upload(name, content, "benchmark")
        wait(library, identity)
    document = library.document(identity)
    if library.version(identity).state is not State.DRAFT or document is None:
        raise RuntimeError(library.version(identity).reason)
    library.describe(identity, replace(document, title=name), "benchmark")
    with watched(server, resident) as publishing:
        library.publish(identity, "benchmark")
        wait(library, identity)
    if not library.version(identity).published:
        raise RuntimeError(library.version(identity).reason)
    return {f"{name} read": reading, f"{name} publish": publishing}


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--scans", type=int, default=20)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--alone", type=float, default=60, help="seconds of questions alone")
    parser.add_argument("--out", type=Path, default=FIGURES)
    options = parser.parse_args()
    about = machine()
    files = {"text.pdf": text_pdf(options.pages)}
    if FONT.exists():
        files["scanned.pdf"] = scanned_pdf(options.scans)
    files["book.xlsx"] = workbook(options.rows)
    sizes = {"pages": options.pages, "scans": options.scans, "rows": options.rows}
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, isolated():
        data = Path(folder)
        borrow_model(data)
        subprocess.run(
            [sys.executable, "ingest.py", "--corpus", "corpus", "--data-dir", folder],
            cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        library = Assembly(load_settings(data_dir=data)).library
        with serving(data) as server:
            resident = Resident(server)
            with watched(server, resident) as alone:
                time.sleep(options.alone)
            figures["nothing"] = alone
            for name, content in files.items():
                figures |= take_in(library, name, content, server, resident)
                # What is there already is kept should the rest, which takes long, be cut off.
                save("uploading", about, {**sizes, "meanwhile": figures}, options.out)
    print(line(about), end="\n\n")
    show(["meanwhile", *alone], [[name, *row.values()] for name, row in figures.items()])


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
