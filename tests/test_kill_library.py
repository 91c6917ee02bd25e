"""Publishing from the console may be killed at any moment: the old version is there or the new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from filelock import FileLock

from assistant.indexing.librarian import Librarian
from assistant.store.library import Library
from assistant.store.library_tasks import LEASE, TaskQueue
from assistant.types import Owner
from tests import killing
from tests.conftest import Indexed, NoProgress
from tests.test_kill import killed, outcome

POINTS = 12
BEGUN = datetime(2026, 5, 1, tzinfo=UTC)
NAME = "防汛值守办法.txt"


def text(hours: str) -> bytes:
    """A version of the document."""
    return f"防汛值守办法\n\n汛期每班值守{hours}小时，交接班要签字。\n".encode()


def library_of(parts: Indexed) -> Library:
    """The library at the time when everything was asked for."""
    return Library(parts.engine, parts.store, lambda: BEGUN)


def worker_of(parts: Indexed, late: int) -> Librarian:
    """A worker that looks after ``late`` claims have lapsed."""
    queue = TaskQueue(parts.engine, lambda: BEGUN + late * LEASE)
    return Librarian(library_of(parts), queue, parts.indexer, FileLock(parts.data / "ingest.lock"))


def prepare(corpus: Path, data: Path, sender: Connection) -> None:
    """A published version, and a new one that somebody has asked to publish."""
    parts = killing.opened(corpus, data)
    parts.indexer.run(corpus, NoProgress())
    library, worker = library_of(parts), worker_of(parts, 0)
    library_id, ids = "", []
    for hours in ("八", "十二"):
        identity = library.upload(NAME, text(hours), "li", library_id)
        ids.append(identity)
        worker.work()
        library_id = library.version(identity).library_id
        document = library.document(identity)
        assert document is not None
        library.describe(identity, replace(document, department="水利站"), "li")
        library.publish(identity, "wang")
        if hours == "八":
            worker.work()
    sender.send(ids)


def publish(corpus: Path, data: Path, last: int | None, sender: Connection) -> None:
    """Do what was asked, up to the moment numbered ``last``."""
    parts = killing.opened(corpus, data)
    moments = killing.Moments(parts, last)
    worker_of(parts, 0).work()
    sender.send(moments.names)


def look_and_finish(corpus: Path, data: Path, sender: Connection) -> None:
    """What is published as the library and as questions see it, now and after another worker."""
    parts = killing.opened(corpus, data)
    found = published(parts)
    worker = worker_of(parts, 2)
    while worker.work():
        pass
    sender.send((found, published(parts), killing.leftovers(parts)))


def published(parts: Indexed) -> tuple[list[str], list[str]]:
    """The ids by the library, and those that can be asked about."""
    parts.index.refresh()
    index = parts.index.get()
    assert index is not None
    members = parts.store.members(index.generation, Owner.CONSOLE)
    assert set(parts.store.members(index.generation)) == {"bus.txt"}
    return library_of(parts).published(), list(members.values())


@dataclass(frozen=True)
class Scene:
    corpus: Path
    data: Path
    old: str
    new: str
    moments: list[str]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("library")
    corpus, data = folder / "corpus", folder / "data"
    corpus.mkdir()
    data.mkdir()
    (corpus / "bus.txt").write_text("公交\n\n全程票价六元。\n", "utf-8")
    old, new = outcome(prepare, corpus, data)
    moments = outcome(publish, corpus, killing.copy(data, folder / "clean"), None)
    return Scene(corpus, data, old, new, moments)


def test_unharmed_it_publishes_the_new_version(scene: Scene, tmp_path: Path) -> None:
    data = killing.copy(scene.data, tmp_path / "data")
    assert outcome(look_and_finish, scene.corpus, data) == (
        ([scene.old], [scene.old]), ([scene.new], [scene.new]), set(),
    )  # fmt: skip
    assert {"before UPDATE library_documents", "before UPDATE generations"} <= set(scene.moments)


@pytest.mark.parametrize("point", range(POINTS))
def test_it_may_be_killed_at_any_moment(scene: Scene, tmp_path: Path, point: int) -> None:
    data = killing.copy(scene.data, tmp_path / "data")
    moment = (2 * point + 1) * len(scene.moments) // (2 * POINTS)
    assert killed(publish, scene.corpus, data, moment)
    found, finished, leftovers = outcome(look_and_finish, scene.corpus, data)
    assert found in (([scene.old], [scene.old]), ([scene.new], [scene.new]))
    assert finished == ([scene.new], [scene.new])
    # What is superseded goes with the next one that publishes.
    assert leftovers == set() or found == finished
