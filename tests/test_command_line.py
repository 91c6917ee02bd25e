"""The commands, run as a person runs them: what they print, and with which code they end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import assistant.__main__ as terminal
import ingest
import server
from assistant import evaluate
from assistant.assembly import Assembly
from assistant.resources import load
from assistant.segment import Segmenter
from assistant.settings import Settings, load_settings
from tests.answering.readers import PlainReader, reading_by
from tests.conftest import Indexed, NoProgress
from tests.fakes import HashEmbedder

ROOT = Path(__file__).parents[1]
QUESTION = "最低生活保障的审核决定什么时候作出？"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, with its data in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def assembled(segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Assembly]]:
    """Commands assemble with an embedder that needs no model; what they made is listed."""
    made: list[Assembly] = []

    def assemble(settings: Settings, *_: object) -> Assembly:
        parts = Assembly(settings, say=lambda _: None)
        vars(parts).update(segmenter=segmenter, embedder=HashEmbedder())
        made.append(parts)
        return parts

    monkeypatch.setattr(terminal, "Assembly", assemble)
    monkeypatch.setattr(server, "Assembly", assemble)
    yield made
    for parts in made:
        if "engine" in vars(parts):
            parts.engine.dispose()


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the working folder, with nothing set but ``environment``."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith("ASSISTANT_")}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environment},
        check=False,
    )


# --- asking on a terminal


@pytest.mark.usefixtures("assembled")
def test_asking_prints_the_answer_and_its_source(
    indexed: Indexed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert indexed.data.name == "data"
    with reading_by(PlainReader()):
        assert terminal.main(["ask", QUESTION]) == 0
    answer, source = capsys.readouterr().out.splitlines()
    assert answer.endswith("[1]")
    assert source.startswith("[1] 《最低生活保障申请指南》 › ")
    assert source.endswith(answer.removesuffix("[1]"))


@pytest.mark.usefixtures("assembled", "indexed")
def test_a_refusal_on_a_terminal_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    with reading_by(PlainReader(confidence=0.0)):
        assert terminal.main(["ask", QUESTION]) == 1
    assert load("contacts")[0]["name"] in capsys.readouterr().out


@pytest.mark.usefixtures("assembled")
def test_what_is_to_be_told_besides_is_printed_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.main(["ask", "你好，13812345678"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert load("personal")["kinds"]["mobile"]["name"] in first
    assert second == load("statuses")["routed_greeting"]["residents"]


@pytest.mark.usefixtures("assembled")
def test_asking_before_ingesting_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.main(["ask", QUESTION]) == 1
    told = load("statuses")["refused_no_documents"]["residents"].partition("{")[0]
    assert capsys.readouterr().out.startswith(told)


@pytest.mark.usefixtures("assembled")
@pytest.mark.parametrize(
    ("question", "status"),
    [(" ", "error_question_empty"), ("长" * 301, "error_question_too_long"),
     ("\udcff", "error_question_empty")],
)  # fmt: skip
def test_a_question_that_cannot_be_taken_ends_with_2(
    capsys: pytest.CaptureFixture[str], question: str, status: str
) -> None:
    assert terminal.main(["ask", question]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.strip() == load("statuses")[status]["residents"]


def test_the_terminal_command_runs_as_documented() -> None:
    done = run("-m", "assistant", "ask", QUESTION, ASSISTANT_RETENTION_DAYS="soon")
    assert done.returncode == 2
    assert "retention_days" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["ask"], ["tell", "x"]])
def test_a_command_that_is_not_complete_explains_itself(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        terminal.main(arguments)
    assert ended.value.code == 2
    assert "python -m assistant" in capsys.readouterr().err


# --- serving


@pytest.fixture
def used_port() -> Iterator[int]:
    """A port that someone else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.mark.usefixtures("assembled")
def test_a_used_port_is_said_before_anything_is_loaded(
    used_port: int, assembled: list[Assembly], capsys: pytest.CaptureFixture[str]
) -> None:
    assert server.main(["--port", str(used_port)]) == 2
    told = capsys.readouterr()
    assert str(used_port) in told.err
    assert "--port" in told.err
    assert told.out == ""
    assert "pipeline" not in vars(assembled[0])


@pytest.mark.usefixtures("assembled")
@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_does_not_exist_is_said(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert server.main([f"--port={port}"]) == 2
    assert port in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("ASSISTANT_RETENTION_DAYS", "soon", "retention_days"),
        ("ASSISTANT_DATABASE_URL", "nonsense", "database_url"),
        ("ASSISTANT_DATABASE_URL", "mysql://nobody@nowhere/x", "database_url"),
    ],
)
def test_a_bad_setting_is_said_before_a_model_is_made(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    setting: str,
    value: str,
    named: str,
) -> None:
    monkeypatch.setenv(setting, value)
    assert server.main(["--port", "0"]) == 2
    assert named in capsys.readouterr().err
    assert not (folder / "data" / "models").exists()


def test_a_bad_settings_file_is_said_and_ends_the_server(folder: Path) -> None:
    (folder / "assistant.toml").write_text("data_dir = \n")
    done = run(str(ROOT / "server.py"))
    assert done.returncode == 2
    assert "assistant.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_is_a_file_is_said_and_ends_the_server(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "taken").write_text("")
    assert server.main(["--port", "0", "--data-dir", "taken"]) == 2
    assert capsys.readouterr().err


@pytest.mark.usefixtures("assembled", "indexed")
@pytest.mark.parametrize("arguments", [["server", "--port", "0"], ["ask", QUESTION]])
def test_a_data_folder_that_cannot_be_written_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    shutil.rmtree(folder / "data" / "index")
    (folder / "data" / "index").write_text("in the way")
    serves = arguments[0] == "server"
    assert (server.main(arguments[1:]) if serves else terminal.main(arguments)) == 2
    assert "检查权限和磁盘空间" in capsys.readouterr().err


@pytest.mark.usefixtures("indexed")
def test_another_model_than_the_indexs_is_said(
    monkeypatch: pytest.MonkeyPatch, segmenter: Segmenter, capsys: pytest.CaptureFixture[str]
) -> None:
    def assemble(settings: Settings, *_: object) -> Assembly:
        parts = Assembly(settings)
        vars(parts).update(segmenter=segmenter, embedder=HashEmbedder("another", dimension=8))
        return parts

    monkeypatch.setattr(server, "Assembly", assemble)
    monkeypatch.setattr(terminal, "Assembly", assemble)
    assert server.main(["--port", "0"]) == terminal.main(["ask", QUESTION]) == 2
    assert capsys.readouterr().err.count("ingest.py") == 2


@pytest.mark.usefixtures("assembled", "indexed")
def test_the_server_says_where_it_is_and_keeps_no_record_of_who_asks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served: list[dict[str, object]] = []
    monkeypatch.setattr("uvicorn.run", lambda _app, **how: served.append(how))
    with reading_by(PlainReader()):
        assert server.main(["--port", "0"]) == 0
    assert served[0]["access_log"] is False
    assert served[0]["host"] == "127.0.0.1"
    assert "http://127.0.0.1:0/" in capsys.readouterr().out


@pytest.mark.parametrize("main", [server.main, ingest.main, terminal.main, evaluate.main])
def test_help_is_given_and_touches_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], main: Callable[[list[str]], int]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage:")
    assert list(folder.iterdir()) == []


def test_parts_are_made_once_and_only_when_asked_for(folder: Path, segmenter: Segmenter) -> None:
    parts = Assembly(load_settings(data_dir=folder / "data"), say=lambda _: None)
    assert not (folder / "data").exists()
    vars(parts).update(segmenter=segmenter, embedder=HashEmbedder())
    assert parts.service is parts.service
    parts.indexer.run(folder, NoProgress())
    assert parts.index.refresh()
    parts.engine.dispose()
