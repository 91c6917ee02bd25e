"""The command that takes documents in: what it says, and with which code it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy.exc import OperationalError

import ingest
from assistant.assembly import Assembly
from assistant.segment import Segmenter
from assistant.store.database import open_database
from assistant.store.documents import DocumentStore, Generation
from assistant.types import Owner
from tests.conftest import DOCUMENTS
from tests.fakes import HashEmbedder

ROOT = Path(__file__).parents[1]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, segmenter: Segmenter) -> HashEmbedder:
    """The command within this process, with an embedder that needs no model."""
    embedder = HashEmbedder()
    monkeypatch.setattr(Assembly, "embedder", embedder)
    monkeypatch.setattr(Assembly, "segmenter", segmenter)
    return embedder


def arguments(corpus: Path, tmp_path: Path, *more: str) -> list[str]:
    """Where to read from and write to."""
    return ["--corpus", str(corpus), "--data-dir", str(tmp_path / "data"), *more]


def members(data: Path) -> set[str]:
    """The paths of the documents that are published."""
    engine = open_database(f"sqlite:///{data / 'assistant.db'}")
    store = DocumentStore(engine)
    generation = store.current()
    found = set(store.members(generation)) if generation else set()
    engine.dispose()
    return found


def test_the_real_command_reports_on_stdout_and_shows_its_progress_on_stderr(
    corpus: Path, tmp_path: Path, model_folder: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "ingest.py", *arguments(corpus, tmp_path)],
        cwd=ROOT,
        env={**os.environ, "ASSISTANT_EMBEDDING_MODEL": str(model_folder)},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        *(f"新增 {path}" for path in sorted(DOCUMENTS)),
        f"新增 {len(DOCUMENTS)}，更新 0，移除 0，未变 0，失败 0。",
    ]
    assert "收录: 100%" in done.stderr
    assert "段/s" in done.stderr or "s/段" in done.stderr
    assert members(tmp_path / "data") == set(DOCUMENTS)


def test_a_bad_file_makes_it_end_with_one(
    small: HashEmbedder, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (corpus / "bad.md").write_text("---\ntitle: [\n---\n坏的。", "utf-8")
    (corpus / "film.mp4").write_bytes(b"film")
    assert ingest.main(arguments(corpus, tmp_path)) == 1
    out = capsys.readouterr().out
    assert "失败 bad.md：文件头的元数据不是正确的 YAML" in out
    assert "跳过 film.mp4：不认识这种格式" in out
    assert out.splitlines()[-1] == f"新增 {len(DOCUMENTS)}，更新 0，移除 0，未变 0，失败 1。"
    assert members(tmp_path / "data") == set(DOCUMENTS)
    (corpus / "bad.md").unlink()
    assert ingest.main(arguments(corpus, tmp_path)) == 0


def test_it_says_where_the_last_version_stays(
    small: HashEmbedder, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest.main(arguments(corpus, tmp_path)) == 0
    (corpus / "bus.html").write_text("", "utf-8")
    assert ingest.main(arguments(corpus, tmp_path)) == 1
    assert "失败 bus.html：文件是空的（沿用上次的内容）" in capsys.readouterr().out


def test_a_file_with_the_name_of_a_published_document_makes_it_end_with_one(
    small: HashEmbedder,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = DocumentStore.members

    def published(store: DocumentStore, of: Generation, owner: Owner = Owner.CORPUS) -> object:
        return named(store, of, owner) if owner is Owner.CORPUS else {"养犬管理办法.txt": "id"}

    assert ingest.main(arguments(corpus, tmp_path)) == 0
    monkeypatch.setattr(DocumentStore, "members", published)
    (corpus / "养犬管理办法.txt").write_text("养犬管理办法\n\n每户可以养两只。", "utf-8")
    capsys.readouterr()
    assert ingest.main(arguments(corpus, tmp_path)) == 1
    assert capsys.readouterr().out.splitlines() == [
        "失败 养犬管理办法.txt：工作台里已经发布了同名的文件，"
        "请改名，或者先在工作台撤下那一份，再运行 ingest.py",
        f"新增 0，更新 0，移除 0，未变 {len(DOCUMENTS)}，失败 1。",
    ]
    assert members(tmp_path / "data") == set(DOCUMENTS)


def test_a_folder_that_is_not_there_makes_it_end_with_two(tmp_path: Path) -> None:
    """Asked as a real command, since it ends before any model is needed."""
    done = subprocess.run(
        [sys.executable, "ingest.py", *arguments(tmp_path / "missing", tmp_path)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"找不到文档目录 {tmp_path / 'missing'}\n"


def test_a_setting_that_makes_no_sense_makes_it_end_with_two(
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ASSISTANT_DATABASE_URL", "nonsense")
    assert ingest.main(arguments(corpus, tmp_path)) == 2
    assert "database_url" in capsys.readouterr().err


def test_data_that_cannot_be_kept_makes_it_end_with_two(
    small: HashEmbedder,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "data").write_text("not a folder", "utf-8")
    assert ingest.main(arguments(corpus, tmp_path)) == 2
    assert capsys.readouterr().err.startswith("数据存不下来，请检查权限和磁盘空间")

    def full(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    (tmp_path / "data").unlink()
    monkeypatch.setattr(DocumentStore, "stage", full)
    assert ingest.main(arguments(corpus, tmp_path)) == 2
    assert "database or disk is full" in capsys.readouterr().err


def test_it_tells_what_changed(
    small: HashEmbedder, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest.main(arguments(corpus, tmp_path)) == 0
    (corpus / "flood.txt").write_text("防汛办法改了。", "utf-8")
    (corpus / "bus.html").unlink()
    (corpus / "new.txt").write_text("新的一份。", "utf-8")
    capsys.readouterr()
    assert ingest.main(arguments(corpus, tmp_path)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "新增 new.txt",
        "更新 flood.txt",
        "移除 bus.html",
        "新增 1，更新 1，移除 1，未变 2，失败 0。",
    ]


def test_where_nothing_changed_no_bar_is_shown(
    small: HashEmbedder, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest.main(arguments(corpus, tmp_path)) == 0
    capsys.readouterr()
    assert ingest.main(arguments(corpus, tmp_path)) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out == f"新增 0，更新 0，移除 0，未变 {len(DOCUMENTS)}，失败 0。\n"


def test_a_dry_run_says_that_nothing_was_written(
    small: HashEmbedder, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest.main(arguments(corpus, tmp_path, "--dry-run")) == 0
    assert capsys.readouterr().out.startswith("只检查，没有写入。\n新增 allowance.md\n")
    assert small.embedded == 0
    assert members(tmp_path / "data") == set()


def test_a_rebuild_makes_everything_again(
    small: HashEmbedder, corpus: Path, tmp_path: Path
) -> None:
    assert ingest.main(arguments(corpus, tmp_path)) == 0
    once = small.embedded
    assert ingest.main(arguments(corpus, tmp_path, "--rebuild")) == 0
    assert small.embedded == 2 * once


def test_a_second_one_says_that_it_waits_and_goes_on_after_the_first(
    corpus: Path, tmp_path: Path, model_folder: Path
) -> None:
    (tmp_path / "data").mkdir()
    first = FileLock(tmp_path / "data" / "ingest.lock")
    first.acquire()
    with subprocess.Popen(
        [sys.executable, "ingest.py", *arguments(corpus, tmp_path, "--dry-run")],
        cwd=ROOT,
        env={**os.environ, "ASSISTANT_EMBEDDING_MODEL": str(model_folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as second:
        assert second.stderr is not None
        assert second.stderr.readline() == "另一个收录正在进行，等它完成…\n"
        assert second.poll() is None
        assert not (tmp_path / "data" / "assistant.db").exists()
        first.release()
        out, _ = second.communicate(timeout=120)
    assert second.returncode == 0
    assert "只检查，没有写入。" in out


def test_it_lets_go_of_the_lock_when_it_ends(
    small: HashEmbedder, corpus: Path, tmp_path: Path
) -> None:
    lock = FileLock(tmp_path / "data" / "ingest.lock")
    assert ingest.main(arguments(corpus, tmp_path)) == 0
    with lock.acquire(timeout=0):
        assert lock.is_locked
