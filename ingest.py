"""Bring the index in line with a folder of documents.

python ingest.py [--corpus DIR] [--data-dir DIR] [--rebuild] [--dry-run]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import TracebackType
from typing import Never

from filelock import AcquireReturnProxy, FileLock, Timeout
from tqdm import tqdm

from assistant.assembly import Assembly
from assistant.errors import AssistantError
from assistant.indexing.index import Report
from assistant.resources import load
from assistant.settings import load_settings
from assistant.store.database import storage_told


class Bar:
    """A progress bar with rate and remaining time, on standard error."""

    def __init__(self, text: str, unit: str) -> None:
        self._text, self._unit = text, unit
        self._bar: tqdm[Never] | None = None

    def start(self, total: int) -> None:
        """Show the bar if there is anything to do."""
        if total:
            self._bar = tqdm(total=total, desc=self._text, unit=self._unit)

    def advance(self, count: int) -> None:
        """Move on."""
        if self._bar:
            self._bar.update(count)

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.close()


def main(arguments: list[str] | None = None) -> int:
    """Index and report; 0 if every file was taken, 1 if one failed, 2 if nothing could start."""
    text = load("commands")["ingest"]
    parser = argparse.ArgumentParser(description=text["description"])
    parser.add_argument("--corpus", type=Path, help=text["corpus"])
    parser.add_argument("--data-dir", type=Path, help=text["data_dir"])
    parser.add_argument("--rebuild", action="store_true", help=text["rebuild"])
    parser.add_argument("--dry-run", action="store_true", help=text["dry_run"])
    options = parser.parse_args(arguments)
    try:
        settings = load_settings(corpus_dir=options.corpus, data_dir=options.data_dir)
        if not settings.corpus_dir.is_dir():
            raise AssistantError("corpus_missing", folder=settings.corpus_dir)
        with storage_told():
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            parts = Assembly(settings, lambda line: print(line, file=sys.stderr))
            with (
                _only_one(parts.index_lock, text["waiting"]),
                Bar(text["progress"], text["unit"]) as bar,
            ):
                report = parts.indexer.run(
                    settings.corpus_dir, bar, rebuild=options.rebuild, dry_run=options.dry_run
                )
    except AssistantError as error:
        print(error, file=sys.stderr)
        return 2
    _show(report, text, dry_run=options.dry_run)
    return 1 if report.failed else 0


def _only_one(lock: FileLock, waiting: str) -> AcquireReturnProxy[FileLock]:
    """The lock, taken; says so where it has to wait for another run."""
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        print(waiting, file=sys.stderr)
        return lock.acquire()


def _show(report: Report, text: dict[str, str], *, dry_run: bool) -> None:
    if dry_run:
        print(text["nothing_written"])
    for key in ("added", "changed", "removed"):
        for path in getattr(report, key):
            print(text[f"{key}_line"].format(path=path))
    for path in report.unknown:
        print(text["unknown_line"].format(path=path))
    for failure in report.failed:
        kept = text["kept"] if failure.kept else ""
        print(text["failed_line"].format(path=failure.path, reason=failure.reason, kept=kept))
    counts = {
        key: len(getattr(report, key))
        for key in ("added", "changed", "removed", "unchanged", "failed")
    }
    print(text["summary"].format(**counts))


if __name__ == "__main__":
    sys.exit(main())
