"""Does the work on the console's documents: reads what was uploaded, publishes, withdraws.

It runs in a thread of its own in every server, behind whatever answers questions; the queue sees
to it that a task is done by one of them. How documents are read and indexed is left to others.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass, field, replace

from filelock import FileLock, Timeout

from assistant.errors import AssistantError, NotFoundError, ParseError, StoreError
from assistant.indexing.index import Indexer
from assistant.indexing.parse import parse_apart
from assistant.indexing.parse.preview import Preview, kind_of_preview, page_count, pages_of
from assistant.store.database import storage_told
from assistant.store.library import Library
from assistant.store.library_tasks import TaskQueue
from assistant.store.versions import Task, TaskKind
from assistant.types import Owner

log = logging.getLogger(__name__)

IDLE = 1.0
"""Seconds between two looks for work."""
_STEP = 1.0  # seconds between two signs of life
_BEHIND = 15  # of 19: the lowest is for what never has to be finished


class _CalledOffError(Exception):
    """The task is another's by now, was discarded, or the program is about to end."""


@dataclass(frozen=True)
class Librarian:
    """Works on the tasks of a queue.

    Args:
        library: the documents.
        queue: the tasks, as this worker sees them.
        indexer: publishes.
        lock: held while it does.
    """

    library: Library
    queue: TaskQueue
    indexer: Indexer
    lock: FileLock
    _stopped: threading.Event = field(default_factory=threading.Event)
    _at_work: list[Task] = field(default_factory=list)

    def run(self) -> None:
        """Do what there is to be done until ``stop``; for a thread of its own."""
        # Of this thread alone, and of those that it starts: questions come first.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BEHIND)
        while not self._stopped.is_set():
            try:
                done = self.work()
            # Of any kind, or one failure would end all later work.
            except Exception:
                log.exception("work on the library failed")
                done = False
            if not done:
                self._stopped.wait(IDLE)

    def stop(self) -> None:
        """End soon; what is being done is begun again by whoever comes next."""
        self._stopped.set()
        # The program may be gone before the work comes to where it looks whether to go on.
        for task in self._at_work:
            self.queue.release(task)

    def work(self) -> bool:
        """Do the task that waits longest; False if none does."""
        task = self.queue.claim()
        if task is None:
            return False
        self._at_work.append(task)
        try:
            with storage_told():
                if task.kind is TaskKind.READ:
                    self._read(task)
                else:
                    self._change(task)
        except (_CalledOffError, NotFoundError):
            self.queue.release(task)
        except AssistantError as error:
            self.queue.fail(task, str(error))
        except Exception:
            log.exception("a task on %s failed", task.version_id)
            self.queue.fail(task, str(StoreError("task_failed")))
        finally:
            self._at_work.remove(task)
        return True

    def _read(self, task: Task) -> None:
        version = self.library.version(task.version_id)
        told = _Told(self, task)
        try:
            content = self.library.content(task.version_id)
            document = parse_apart(version.name, content, told.at)
        except ParseError as error:
            self.queue.refuse(task, str(error))
            return
        own = replace(document, id=version.id, path=version.name, owner=Owner.CONSOLE)
        self.queue.finish_reading(task, own, *_pages(version.name, content))

    def _change(self, task: Task) -> None:
        told = _Told(self, task)
        self._acquire(told)
        try:
            version = self.library.version(task.version_id)
            new = version.id if task.kind is TaskKind.PUBLISH else ""
            if new:
                # The folder may have got a file of that name since it was asked for; none can
                # come while the lock is held.
                self.library.check_name(version.name)
            self.indexer.change(
                self.library.published(without=version.library_id),
                new,
                told,
                lambda connection: self.queue.take_effect(connection, task),
            )
        finally:
            self.lock.release()

    def _acquire(self, told: _Told) -> None:
        while True:
            try:
                self.lock.acquire(timeout=_STEP)
                return
            except Timeout:
                told.advance(0)

    def alive(self, task: Task, done: int, total: int, at: str) -> None:
        """Tell the queue how far a task has come.

        Raises:
            _CalledOffError: there is no need to go on.
        """
        if self._stopped.is_set() or not self.queue.advance(task, done, total, at):
            raise _CalledOffError


def _pages(name: str, content: bytes) -> tuple[bytes, int]:
    """What a file's pages are drawn from, if not from itself, and how many can be."""
    if kind_of_preview(name) is not Preview.PAGES:
        return b"", 0
    try:
        pages = pages_of(name, content)
        count = page_count(name, pages)
    except ParseError:
        # It was read, and can be reviewed beside the file itself.
        return b"", 0
    return (b"" if pages == content else pages), count


class _Told:
    """Passes on how far a task has come, once in a while."""

    def __init__(self, librarian: Librarian, task: Task) -> None:
        self._librarian, self._task = librarian, task
        self._done = self._total = 0
        self._last = 0.0

    def start(self, total: int) -> None:
        self._total = total

    def advance(self, count: int) -> None:
        self._done += count
        self.at("")

    def at(self, place: str) -> None:
        if time.monotonic() - self._last > _STEP:
            self._librarian.alive(self._task, self._done, self._total, place)
            self._last = time.monotonic()
