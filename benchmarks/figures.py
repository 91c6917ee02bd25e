"""What every benchmark shares: the machine it ran on, timing, processes of its own, output."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import psutil

from assistant.models.embedder import native_number_type
from assistant.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs" / "figures"
MB = 1_000_000

Given = ParamSpec("Given")
Result = TypeVar("Result")


def machine() -> dict[str, object]:
    """The machine and what runs on it; ``load`` is how many processes wanted a core before."""
    return {
        "cores": len(psutil.Process().cpu_affinity()),
        "cpu": _cpu(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "torch": version("torch"),
        "number_type": native_number_type(),
        "load": round(os.getloadavg()[0], 1),
        "date": date.today().isoformat(),
    }


def line(about: dict[str, object]) -> str:
    """The machine in one line."""
    return (
        "{cores} cores, {cpu}, {memory_gb} GB, Python {python}, torch {torch}, "
        "{number_type}, load {load}, {date}".format(**about)
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [row.split(":", 1)[1].strip() for row in lines if row.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def save(name: str, about: dict[str, object], figures: dict[str, Any], folder: Path) -> None:
    """Write ``folder/name.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": about, **figures}, ensure_ascii=False, indent=2)
    (folder / f"{name}.json").write_text(text + "\n", "utf-8")


def show(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; the first column to the left, numbers to the right."""
    cells = [[_cell(value) for value in row] for row in (headings, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *rest]))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def spread(times: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile of times in seconds, in milliseconds."""
    p50, p95 = np.percentile(times, [50, 95]) * 1000
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}


def medians(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each figure over several runs."""
    return {key: round(statistics.median(run[key] for run in runs), 3) for key in runs[0]}


def memory_mb() -> float:
    """Memory that this process holds (resident set)."""
    return round(float(psutil.Process().memory_info().rss) / MB, 1)


def peak_memory_mb() -> float:
    """The most that this process has held so far.

    Linux's own counter of it: the one of ``resource`` begins with what the parent held.
    """
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    kilobytes = next(row.split()[1] for row in status if row.startswith("VmHWM:"))
    return round(int(kilobytes) * 1024 / MB, 1)


def size_mb(path: Path) -> float:
    """What a file or folder takes on disk."""
    files = [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file()]
    return round(sum(file.stat().st_size for file in files) / MB, 3)


def fresh(work: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs) -> Result:
    """What ``work`` returns in a new process, whose memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments, **named).result()


def borrow_model(data: Path) -> None:
    """Let a data folder have the built-in model of the usual one, so that it is not built again."""
    built = load_settings().data_dir.resolve() / "models"
    if built.exists():
        (data / "models").symlink_to(built)


@contextmanager
def isolated() -> Iterator[None]:
    """Settings under which no database or Chroma server that is in use can be written to.

    They hold in the processes started meanwhile too.
    """
    before = dict(os.environ)
    os.environ["ASSISTANT_DATABASE_URL"] = os.environ["ASSISTANT_CHROMA_URL"] = ""
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
