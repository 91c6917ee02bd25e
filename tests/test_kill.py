"""A run of indexing may be killed at any moment: nothing is half done, and the next finishes it."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assistant.segment import Segmenter
from assistant.store.database import open_database
from assistant.store.documents import DocumentStore
from assistant.types import Question
from tests import killing
from tests.conftest import NoProgress, connect
from tests.fakes import HashEmbedder

ROOT = Path(__file__).parents[1]
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.preloaded"])
FIRST_POINTS, UPDATE_POINTS, TIMES = 10, 20, 6


def village(number: int, subsidy: str = "一百元") -> str:
    """A small document."""
    return (
        f"---\ntitle: 第{number}村便民手册\n---\n# 第{number}村便民手册\n\n"
        f"第{number}村的负责人是第{number}位村干部。防汛仓库在村委会东侧{number}百米。\n\n"
        f"## 补贴\n\n种植补贴标准是每亩{subsidy}，每年{number}月发放。\n"
    )


def begin(target: Callable[..., None], *given: object) -> tuple[Any, Any]:
    """Start a process; it and the end of the pipe it sends to."""
    receiver, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=target, args=(*given, sender))
    process.start()
    sender.close()
    return process, receiver


def outcome(target: Callable[..., None], *given: object) -> Any:
    """What a process sends, or None where it ends without."""
    process, receiver = begin(target, *given)
    try:
        return receiver.recv()
    except EOFError:
        return None
    finally:
        process.join()
        receiver.close()


def killed(target: Callable[..., None], *given: object) -> bool:
    """Whether a process ended by being killed, rather than in its own way."""
    process, receiver = begin(target, *given)
    process.join()
    receiver.close()
    return bool(process.exitcode == -signal.SIGKILL)


@dataclass(frozen=True)
class Scene:
    """A folder of documents, the data before the run, and how the run goes unharmed."""

    corpus: Path
    data: Path
    old: killing.State | None
    new: killing.State
    moments: list[str]

    def check(self, data: Path) -> None:
        """Now the old or the new state is there whole; after another run it is the new one."""
        found, finished, leftovers = outcome(killing.look_and_finish, self.corpus, data)
        assert found in (self.old, self.new)
        assert finished == self.new
        assert leftovers == set()


def scene(folder: Path, corpus: Path, data: Path) -> Scene:
    """Measure the run from ``data`` with the documents of ``corpus``."""
    clean = killing.copy(data, folder / "clean")
    moments = outcome(killing.ingest, corpus, clean, None)
    _, new, _ = outcome(killing.look_and_finish, corpus, clean)
    nothing = folder / "nothing"
    old, _, _ = outcome(killing.look_and_finish, corpus, killing.copy(data, nothing))
    return Scene(corpus, data, old, new, moments)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The first run, over twelve documents."""
    folder = tmp_path_factory.mktemp("first")
    corpus, data = folder / "corpus", folder / "data"
    corpus.mkdir()
    data.mkdir()
    for number in range(1, 13):
        (corpus / f"{number:02}.md").write_text(village(number), "utf-8")
    return scene(folder, corpus, data)


@pytest.fixture(scope="module")
def update(first: Scene, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A later run, with documents changed, removed and added."""
    folder = tmp_path_factory.mktemp("update")
    corpus, data = killing.copy(first.corpus, folder / "corpus"), folder / "data"
    data.mkdir()
    assert outcome(killing.ingest, corpus, data, None)
    for number in (2, 5, 9):
        (corpus / f"{number:02}.md").write_text(village(number, "二百元"), "utf-8")
    (corpus / "07.md").unlink()
    for number in (13, 14):
        (corpus / f"{number:02}.md").write_text(village(number), "utf-8")
    return scene(folder, corpus, data)


def test_the_moments_cover_the_whole_run(first: Scene, update: Scene) -> None:
    assert first.old is None
    assert update.old is not None
    assert update.old != update.new
    staged = "before INSERT documents"
    assert (first.moments.count(staged), update.moments.count(staged)) == (12, 5)
    for made in (first, update):
        assert made.new["counts"] == (len(made.new["chunks"]),) * 3
        names = [name for name in made.moments if name != "before a row of an index"]
        assert {
            "before INSERT generations",
            "before UPDATE generations",
            "before a commit",
            "before DELETE generations",
            "before build",
            "after build",
            "before rename",
            "after rename",
            "after rmtree",
        } <= set(names)


@pytest.mark.parametrize("point", range(FIRST_POINTS))
def test_a_first_run_may_be_killed_at_any_moment(first: Scene, tmp_path: Path, point: int) -> None:
    data = killing.copy(first.data, tmp_path / "data")
    moment = (2 * point + 1) * len(first.moments) // (2 * FIRST_POINTS)
    assert killed(killing.ingest, first.corpus, data, moment)
    first.check(data)


@pytest.mark.parametrize("point", range(UPDATE_POINTS))
def test_a_later_run_may_be_killed_at_any_moment(update: Scene, tmp_path: Path, point: int) -> None:
    """The points lie closer where the new generation is built, published and the old collected."""
    data = killing.copy(update.data, tmp_path / "data")
    start = update.moments.index("before INSERT generations")
    early = UPDATE_POINTS // 4
    if point < early:
        moment = point * start // early
    else:
        moment = start + (point - early) * (len(update.moments) - start) // (UPDATE_POINTS - early)
    assert killed(killing.ingest, update.corpus, data, moment)
    update.check(data)


@pytest.mark.parametrize("wait", range(TIMES))
def test_a_run_may_be_killed_at_any_time(update: Scene, tmp_path: Path, wait: int) -> None:
    data = killing.copy(update.data, tmp_path / "data")
    process, receiver = begin(killing.ingest, update.corpus, data, None)
    process.join(0.05 + 0.12 * wait)
    process.kill()
    process.join()
    receiver.close()
    update.check(data)


def test_one_killed_again_and_again_still_comes_to_its_end(update: Scene, tmp_path: Path) -> None:
    data = killing.copy(update.data, tmp_path / "data")
    for moment in (5, 9, 12, 30):
        assert killed(killing.ingest, update.corpus, data, moment)
    update.check(data)


def test_questions_meanwhile_see_the_old_state_or_the_new_one_and_never_half(
    update: Scene, tmp_path: Path, segmenter: Segmenter
) -> None:
    data = killing.copy(update.data, tmp_path / "data")
    parts = connect(update.corpus, data, segmenter, HashEmbedder())
    parts.index.refresh()
    question = Question("种植补贴标准是每亩多少元？")
    assert update.old is not None
    whole = [{c.id: c for c, _ in s["chunks"]} for s in (update.old, update.new)]
    seen = []

    def ask() -> None:
        hits = {hit.chunk.id: hit.chunk for hit in parts.pipeline.answer(question).hits}
        state = [set(hits.items()) <= set(chunks.items()) for chunks in whole]
        assert any(state)
        assert len(hits) == expected[state.index(True)]
        seen.append(state.index(True))

    expected = [len(chunks) for chunks in whole]
    ask()
    process, receiver = begin(ingest_slowly, update.corpus, data)
    while process.is_alive():
        ask()
        parts.index.refresh()
    assert receiver.recv()
    parts.index.refresh()
    ask()
    assert (seen[0], seen[-1]) == (0, 1)
    assert seen == sorted(seen)


def ingest_slowly(corpus: Path, data: Path, sender: Any) -> None:
    """Index and leave the superseded generation to those who are still reading it."""
    embedder = killing.SlowEmbedder()
    connect(corpus, data, killing.segmenter(), embedder).indexer.run(corpus, NoProgress())
    sender.send(True)


def test_the_real_command_may_be_killed(tmp_path: Path, model_folder: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number in range(1, 13):
        (corpus / f"{number:02}.md").write_text(village(number), "utf-8")
    command = [sys.executable, "ingest.py", "--corpus", str(corpus), "--data-dir"]
    environment = {**os.environ, "ASSISTANT_EMBEDDING_MODEL": str(model_folder)}
    broken, clean = tmp_path / "broken", tmp_path / "clean"

    with subprocess.Popen(
        [*command, str(broken)], cwd=ROOT, env=environment, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        line = b""
        while not re.search(rb" [1-9]\d*/\d+ ", line):
            line += process.stderr.read(1) or pytest.fail(line.decode())
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert staged(broken) > 0

    for data in (broken, clean):
        subprocess.run([*command, str(data)], cwd=ROOT, env=environment, check=True)
    assert everything(broken) == everything(clean)


def staged(data: Path) -> int:
    """How many documents there are already."""
    engine = open_database(f"sqlite:///{data / 'assistant.db'}")
    with engine.connect() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM documents").scalar_one()
    engine.dispose()
    return int(count)


def everything(data: Path) -> list[Any]:
    """The chunks and vectors of the current generation."""
    engine = open_database(f"sqlite:///{data / 'assistant.db'}")
    store = DocumentStore(engine)
    generation = store.current()
    assert generation is not None
    found = [
        (e.chunk, audience, e.vector.tobytes(), e.sentence_vectors.tobytes())
        for e, audience in store.all_chunks(generation)
    ]
    engine.dispose()
    assert found
    return found
