"""How a database is opened and kept up to date."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, delete, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from assistant.errors import SettingsError, StoreError
from assistant.store import database
from assistant.store.conversations import ConversationStore
from assistant.store.database import open_database, storage_told
from assistant.store.migrations import MIGRATIONS
from assistant.store.tables import documents, metadata, schema_version, turns
from assistant.types import Answer


def versions(engine: Engine) -> list[int]:
    """The versions that a database says it has been through."""
    with engine.connect() as connection:
        return sorted(connection.execute(select(schema_version.c.number)).scalars())


def test_a_new_file_gets_every_table(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'new' / 'a.db'}")
    assert set(inspect(engine).get_table_names()) == set(metadata.tables)
    assert versions(engine) == list(range(1, len(MIGRATIONS) + 1))


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    open_database(url).dispose()
    assert versions(open_database(url)) == list(range(1, len(MIGRATIONS) + 1))


def test_an_older_database_is_brought_up_to_date_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    open_database(url).dispose()

    def add_column(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE documents ADD COLUMN note TEXT")

    monkeypatch.setattr(database, "MIGRATIONS", [*MIGRATIONS, add_column])
    for _ in range(2):
        engine = open_database(url)
        assert "note" in {c["name"] for c in inspect(engine).get_columns("documents")}
        assert versions(engine)[-1] == len(MIGRATIONS) + 1


def test_answers_of_a_database_without_citations_are_kept_and_have_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    engine = open_database(url)
    ids = ConversationStore(engine, 30).add(None, "问", Answer("answered", "答", "问", 0.9), 1)
    with engine.begin() as connection:
        # As the first version made it.
        connection.exec_driver_sql("ALTER TABLE turns DROP COLUMN citations")
        connection.execute(delete(schema_version).where(schema_version.c.number > 1))
    engine.dispose()
    kept = ConversationStore(open_database(url), 30).answer(ids.answer)
    assert (kept.question, kept.answer, kept.citations) == ("问", "答", ())


def test_a_database_from_before_there_were_places_gets_them(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    engine = open_database(url)
    with engine.begin() as connection:
        for table in ("documents", "chunks"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN places")
        connection.execute(delete(schema_version).where(schema_version.c.number > 1))
        connection.exec_driver_sql(
            "INSERT INTO documents (id, recipe, path, title, source, date, topics, audience, text,"
            " sections) VALUES ('a', 'r', 'a.md', '甲', '', '', '[]', 'residents', '文。', '[]')"
        )
    engine.dispose()
    engine = open_database(url)
    with engine.connect() as connection:
        assert connection.execute(select(documents.c.places)).scalars().all() == ["[]"]
    assert "places" in {c["name"] for c in inspect(engine).get_columns("chunks")}
    assert versions(engine) == list(range(1, len(MIGRATIONS) + 1))


def test_a_migration_that_fails_leaves_the_old_schema_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    open_database(url).dispose()

    def half(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE documents ADD COLUMN note TEXT")
        connection.exec_driver_sql("ALTER TABLE nothing ADD COLUMN note TEXT")

    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", [*MIGRATIONS, half])
        with pytest.raises(StoreError):
            open_database(url)
    engine = open_database(url)
    assert versions(engine) == list(range(1, len(MIGRATIONS) + 1))
    assert "note" not in {c["name"] for c in inspect(engine).get_columns("documents")}


def test_several_that_open_a_new_database_at_once_make_it_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    opened: list[Engine] = []
    threads = [threading.Thread(target=lambda: opened.append(open_database(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [versions(engine) for engine in opened] == [list(range(1, len(MIGRATIONS) + 1))] * 4


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(insert(schema_version).values(number=len(MIGRATIONS) + 1))
    engine.dispose()
    with pytest.raises(StoreError, match="请先升级程序"):
        open_database(url)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "nonsense://here", "mysql://a/b", "postgresql+psycopg://h:port/db"]
)
def test_an_address_that_makes_no_sense_is_named_as_a_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="database_url"):
        open_database(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"this is a letter, not a database. " * 50)
    with pytest.raises(StoreError, match="数据库打不开"):
        open_database(f"sqlite:///{tmp_path / 'a.db'}")


def test_a_place_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", "utf-8")
    with pytest.raises(StoreError, match="数据库打不开"):
        open_database(f"sqlite:///{tmp_path / 'file' / 'sub' / 'a.db'}")


def test_a_server_that_is_not_there_is_refused() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match="数据库打不开"):
        open_database("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")


def test_an_error_does_not_repeat_what_was_to_be_stored(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    asked = "我叫张三，身份证号是多少？"
    turn = insert(turns).values(
        answer_id="b", conversation_id="none", asked_at=datetime.now(UTC), question=asked,
        understood_as=asked, status="answered", answer="", confidence=0.0, took_ms=1,
    )  # fmt: skip
    with engine.connect() as connection, pytest.raises(IntegrityError) as error:
        connection.execute(turn)
    assert asked not in str(error.value)


def test_what_the_disk_refuses_is_told_in_words() -> None:
    with pytest.raises(StoreError, match="数据存不下来"), storage_told():
        raise OSError(28, "No space left on device")
