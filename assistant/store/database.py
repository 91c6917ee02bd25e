"""The database: how it is opened and brought up to date, and what times and failures are told in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from assistant.errors import SettingsError, StoreError
from assistant.store.migrations import MIGRATIONS
from assistant.store.tables import schema_version


def open_database(url: str) -> Engine:
    """Open the database at ``url`` (SQLite or PostgreSQL) and bring its schema up to date.

    Raises:
        SettingsError: the address cannot be understood or its driver is not installed.
        StoreError: the database cannot be reached, or a newer program has written it.
    """
    try:
        parsed = make_url(url)
        # Without parameters in errors: they hold what people asked, and errors are logged.
        engine = create_engine(parsed, hide_parameters=True)
    except (ArgumentError, ValueError, ModuleNotFoundError) as error:
        raise SettingsError("database_address") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    try:
        if engine.dialect.name == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        _migrate(engine)
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise StoreError("database_unreachable") from error
    return engine


@contextmanager
def storage_told() -> Iterator[None]:
    """Let what the disk or the database refuses leave as an error that tells it in words.

    Raises:
        StoreError: instead of what was raised within.
    """
    try:
        yield
    except (OSError, SQLAlchemyError) as error:
        raise StoreError("storage_failed", reason=str(error).splitlines()[0]) from error


Clock = Callable[[], datetime]
"""Tells the time, with its zone."""


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


def with_zone(time: datetime) -> datetime:
    """A time as it was written; SQLite gives times back without their zone."""
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Readers go on while one writes; a second writer waits; deleted text is overwritten."""
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        done = _version(connection)
    if done > len(MIGRATIONS):
        raise StoreError("database_newer")
    if done == len(MIGRATIONS):
        return
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            # The driver opens a transaction only at the first change, too late for DDL.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        for number in range(_version(connection), len(MIGRATIONS)):
            MIGRATIONS[number](connection)
            connection.execute(insert(schema_version).values(number=number + 1))


def _version(connection: Connection) -> int:
    if not inspect(connection).has_table("schema_version"):
        return 0
    numbers = connection.execute(select(schema_version.c.number)).scalars().all()
    return max(numbers, default=0)
