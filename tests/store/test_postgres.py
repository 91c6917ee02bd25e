"""The same stores over a real PostgreSQL server, where one can be started."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from assistant.errors import LockedOutError, NotFoundError, SignInError, StaffError
from assistant.segment import Segmenter
from assistant.store import documents
from assistant.store.attempts import OF_A_NAME
from assistant.store.audit import AuditLog
from assistant.store.conversations import ConversationStore
from assistant.store.database import open_database
from assistant.store.passwords import Passwords
from assistant.store.questions import Only, QuestionLog
from assistant.store.secret import Secret
from assistant.store.sessions import SessionStore
from assistant.store.staff import StaffStore
from assistant.types import Answer, Audience, Role, Turn
from tests.conftest import DOCUMENTS, Indexed, assemble
from tests.fakes import HashEmbedder


def _program(name: str) -> str:
    """A program of PostgreSQL, which Debian keeps off the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name, path=os.pathsep.join(map(str, folders))) or shutil.which(name)
    return found or pytest.skip(f"PostgreSQL's {name} is not installed")


def _account() -> str | None:
    """Another user to run the server as, which it wants instead of root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server of our own, reached by a socket in its folder."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    data = folder / "data"
    if account:
        shutil.chown(folder, account)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, user=account, cwd=folder, capture_output=True, text=True, timeout=60
        )

    try:
        made = run(initdb, "-D", str(data), "-U", "test", "-E", "UTF8", "--no-sync", "-A", "trust")
        if made.returncode:
            pytest.skip(f"no PostgreSQL data folder can be made: {made.stderr.strip()[-200:]}")
        options = f"-c listen_addresses='' -c fsync=off -k '{folder}'"
        log = str(folder / "log")
        started = run(pg_ctl, "-D", str(data), "-w", "-l", log, "-o", options, "start")
        if started.returncode:
            pytest.skip("no PostgreSQL server can be started")
        yield f"postgresql+psycopg://test@/postgres?host={folder}"
        run(pg_ctl, "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# Far from UTC on both sides, as a server's clock may well be set.
@pytest.fixture(params=["Asia/Shanghai", "America/Los_Angeles"])
def engine(server: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty database behind a server that tells times in its own zone."""
    opened = open_database(f"{server}&options=-c%20timezone%3D{request.param}")
    yield opened
    with opened.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    opened.dispose()


def test_documents_go_in_and_come_out(
    engine: Engine,
    indexed: Indexed,
    tmp_path: Path,
    segmenter: Segmenter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Everything reads as it does from SQLite, through changes and collection."""
    other = assemble(engine, indexed.corpus, tmp_path / "other", segmenter, HashEmbedder())
    assert other.ingest().added == sorted(DOCUMENTS)
    first, reference = other.store.current(), indexed.store.current()
    assert first is not None
    assert reference is not None
    theirs, ours = other.store.all_chunks(first), indexed.store.all_chunks(reference)
    for (one, audience), (two, expected) in zip(theirs, ours, strict=True):
        assert (one.chunk, audience) == (two.chunk, expected)
        assert one.vector.tobytes() == two.vector.tobytes()
        assert one.sentence_vectors.tobytes() == two.sentence_vectors.tobytes()
    assert other.store.members(first) == indexed.store.members(reference)
    some = next(iter(other.store.members(first).values()))
    assert other.store.document(some) == indexed.store.document(some)
    assert set(other.store.chunks([f"{some}-0", "missing-0"], first.recipe)) == {f"{some}-0"}

    other.write("bus.html", DOCUMENTS["bus.html"].replace("六元", "八元"))
    assert other.ingest().changed == ["bus.html"]
    assert len(other.store.members(first)) == len(DOCUMENTS), "just superseded, so still there"

    monkeypatch.setattr(documents, "KEEP_SUPERSEDED", timedelta(0))
    (other.corpus / "flood.txt").unlink()
    assert other.ingest().removed == ["flood.txt"]
    assert other.store.members(first) == {}
    index = other.index.get()
    assert index is not None
    assert index.vectors.count() == other.store.count_chunks(index.generation)
    assert index.vectors.search(other.embedder.encode_query("公交"), 3, tuple(Audience))


def test_conversations_go_in_and_come_out(engine: Engine) -> None:
    store = ConversationStore(engine, 1)
    answer = Answer("answered", "到窗口办理。", "怎么办理？", 0.9)
    ids = store.add(None, "咋办？", answer, 12)
    store.add(ids.conversation, "几点？", replace(answer, text="九点。"), 12)
    assert store.history(ids.conversation) == (
        Turn("咋办？", "怎么办理？", "到窗口办理。"),
        Turn("几点？", "怎么办理？", "九点。"),
    )
    assert store.answer(ids.answer).citations == ()
    store.rate(ids.answer, "up", "")
    store.rate(ids.answer, "down", "不对")
    assert store.expire() == 0
    assert ConversationStore(engine, 0).expire() == 1
    for gone in (lambda: store.history(ids.conversation), lambda: store.rate(ids.answer, "up", "")):
        with pytest.raises(NotFoundError):
            gone()


def test_staff_sign_in_are_locked_out_and_leave_a_log_that_only_grows(engine: Engine) -> None:
    given = (engine, Secret(b"k" * 32), Passwords(rounds=1, memory=8))
    staff, sessions = StaffStore(*given), SessionStore(*given)
    staff.accept(staff.create("zhang", Role.ADMINISTRATOR, "server"), "correct horse battery")
    session = sessions.find(sessions.begin("zhang", "correct horse battery", "192.0.2.1"))
    assert session is not None
    assert session.role is Role.ADMINISTRATOR
    with pytest.raises(StaffError):
        staff.set_role(session.account_id, Role.READER, "zhang")
    for _ in range(OF_A_NAME - 1):
        with pytest.raises(SignInError):
            sessions.begin("zhang", "wrong", "192.0.2.1")
    with pytest.raises(LockedOutError):
        sessions.begin("zhang", "correct horse battery", "192.0.2.1")
    entries = AuditLog(engine).entries(10)
    assert [entry.action for entry in entries] == ["password_set", "account_created"]
    for change in ("UPDATE audit SET actor = ''", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(DBAPIError, match="only grows"), engine.begin() as connection:
            connection.exec_driver_sql(change)
    assert AuditLog(engine).entries(10) == entries


def test_questions_are_listed_and_deleted(engine: Engine) -> None:
    store, log = ConversationStore(engine, 1), QuestionLog(engine)
    ids = store.add(None, "咋办？", Answer("refused_off_topic", "答不了。", "咋办？", 0), 1, "api")
    store.rate(ids.answer, "down", "")
    for only in (Only.ALL, Only.REFUSED, Only.BADLY_RATED):
        assert [q.question for q in log.export(only, "zhang")] == ["咋办？"]
        assert log.count(only) == 1
    assert log.count(Only.SLOW) == 0
    log.erase(ids.conversation, "zhang")
    assert log.count(Only.ALL) == 0
