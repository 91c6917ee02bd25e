"""A parser that hangs, crashes or wants too much takes nothing with it."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import ParseError
from assistant.indexing.parse import apart, kinds, parse, parse_apart
from assistant.indexing.parse import helper as child
from tests.conftest import DOCUMENTS, ROOT, Indexed
from tests.indexing import made
from tests.indexing.conftest import OLD, ended, left, put


@pytest.fixture
def helper(office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[apart.Helper]:
    """A helper of its own, as the program's one."""
    own = apart.Helper()
    monkeypatch.setattr(apart, "_HELPER", own)
    yield own
    own.close()


@pytest.mark.parametrize("path", DOCUMENTS)
def test_what_is_read_apart_is_the_same(path: str) -> None:
    content = DOCUMENTS[path].encode()
    assert parse_apart(path, content) == parse(path, content)


def test_signs_of_life_are_told_from_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    out, into = os.pipe()
    monkeypatch.setattr(child, "_OUT", into)
    monkeypatch.setattr(child, "_STEP", -1.0)
    told: list[str] = []
    rows = made.xlsx({"收 费.": made.FEES, "二": made.FEES})
    answer = child._answer({"task": "read", "path": "a.xlsx"}, rows)
    child._write(json.dumps(answer).encode() + b"\n")
    assert json.loads(apart.Helper()._answer(out, told.append)) == json.loads(json.dumps(answer))
    assert "收 费. 第3行" in told
    assert told[-1] == "二 第4行"
    os.close(out)
    os.close(into)


def test_places_and_continued_blocks_come_through() -> None:
    content = made.xlsx({"Sheet1": made.FEES})
    assert parse_apart("a.xlsx", content) == parse("a.xlsx", content)


def test_a_parser_that_crashes_costs_its_own_file_alone(
    office: Path, helper: apart.Helper, indexed: Indexed
) -> None:
    put(office, 'echo half > "$TMPDIR/left"; kill -9 $PPID')
    (indexed.corpus / "a.doc").write_bytes(OLD)
    indexed.write("z.txt", "新的通告。")
    report = indexed.ingest()
    [failure] = report.failed
    assert failure.path == "a.doc"
    assert "出了错" in failure.reason
    assert report.added == ["z.txt"]
    helper.close()
    assert left(office) == []


def test_a_parser_that_hangs_is_ended_with_all_it_started(office: Path) -> None:
    pid = office.parent / "pid"
    put(office, f'echo $$ > "{pid}.new"; mv "{pid}.new" "{pid}"; exec sleep 1000')
    helper = apart.Helper(silence=5)
    try:
        with pytest.raises(ParseError, match="读得太久"):
            helper.read("a.doc", OLD)
        assert left(office) == []
        if pid.exists():  # on a very slow machine it had not come that far
            assert ended(int(pid.read_text()))
        assert helper.read("a.txt", "还能读。".encode()).blocks[0].text == "还能读。"
    finally:
        helper.close()


def test_a_parser_sees_no_secret(
    office: Path, helper: apart.Helper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_DATABASE_URL", "postgresql://town:hunter2@db/town")
    seen = office.parent / "seen"
    put(office, f'tr "\\0" "\\n" < /proc/$PPID/environ > "{seen}"; env >> "{seen}"; exit 1')
    with pytest.raises(ParseError, match="LibreOffice 读不了"):
        parse_apart("a.doc", OLD)
    assert "PATH=" in seen.read_text()
    assert "hunter2" not in seen.read_text()
    helper.close()
    assert left(office) == []


def test_a_parser_may_not_fill_the_disk(office: Path, helper: apart.Helper) -> None:
    put(office, 'ulimit -f > "$0.limit"; ulimit -v >> "$0.limit"; exit 1')
    with pytest.raises(ParseError):
        parse_apart("a.doc", OLD)
    limits = (office.parent / "soffice.limit").read_text().split()
    assert all(limit.isdecimal() for limit in limits)


def test_a_text_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "MOST_CHARACTERS", 20_000)
    assert parse("a.txt", "长文。\n".encode() * 6_000).text
    with pytest.raises(ParseError, match="文字太多，最多 2 万字"):
        parse("a.txt", "长文。\n".encode() * 7_000)


def test_a_program_that_is_killed_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "left").touch()
    program = """if True:
        import os, signal, subprocess, sys
        command = [sys.executable, "-m", "assistant.indexing.parse.helper", sys.argv[1]]
        subprocess.Popen(command, stdin=subprocess.PIPE)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    command = [sys.executable, "-c", program, str(folder)]
    # Ends when the helper does, which has what it writes to from the program.
    ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not folder.exists()


def test_a_closed_helper_starts_again_and_leaves_no_process() -> None:
    helper = apart.Helper()
    assert helper.read("a.txt", "一。".encode()).blocks
    helper.close()
    helper.close()
    assert helper.read("a.txt", "二。".encode()).blocks
    helper.close()
    gc.collect()  # a process that nobody waited for would warn here
