"""The database: its tables, the numbered migrations that make them, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    DateTime,
    Engine,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from assistant.errors import SettingsError, StoreError

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("number", Integer, primary_key=True))

documents = Table(
    "documents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("recipe", String(32), primary_key=True),
    Column("path", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("topics", Text, nullable=False),
    Column("audience", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("sections", Text, nullable=False),
    Column("places", Text, nullable=False, server_default="[]"),
    Column("number", Text, nullable=False, server_default=""),
    Column("issuer", Text, nullable=False, server_default=""),
    Column("department", Text, nullable=False, server_default=""),
    Column("effective", Text, nullable=False, server_default=""),
    Column("owner", String(16), nullable=False, server_default="corpus"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("document_id", String(32), primary_key=True),
    Column("recipe", String(32), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("headings", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("sentences", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("title_words", Text, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("sentence_vectors", LargeBinary, nullable=False),
    Column("places", Text, nullable=False, server_default="[]"),
    ForeignKeyConstraint(
        ["document_id", "recipe"], ["documents.id", "documents.recipe"], ondelete="CASCADE"
    ),
)

generations = Table(
    "generations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("recipe", String(32), nullable=False),
    Column("published_at", DateTime(timezone=True)),
)

generation_documents = Table(
    "generation_documents",
    metadata,
    Column("generation", ForeignKey("generations.number", ondelete="CASCADE"), primary_key=True),
    Column("document_id", String(32), primary_key=True),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("last_used_at", DateTime(timezone=True), nullable=False, index=True),
)

turns = Table(
    "turns",
    metadata,
    Column("answer_id", String(32), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("question", Text, nullable=False),
    Column("understood_as", Text, nullable=False),
    Column("status", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("citations", JSON, nullable=False, server_default="[]"),
    Column("channel", String(16), nullable=False, server_default=""),
    Index("turns_by_conversation", "conversation_id", "asked_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("answer_id", ForeignKey("turns.answer_id", ondelete="CASCADE"), primary_key=True),
    Column("rating", String(8), nullable=False),
    Column("reason", Text, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
)

staff_accounts = Table(
    "staff_accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password", Text, nullable=False),
    Column("invitation", String(64), nullable=False, index=True),
    Column("invited_until", DateTime(timezone=True), nullable=False),
    Column("totp_secret", String(64), nullable=False),
    Column("totp_step", Integer, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

staff_recovery_codes = Table(
    "staff_recovery_codes",
    metadata,
    Column("account_id", ForeignKey("staff_accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("code", String(64), primary_key=True),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", ForeignKey("staff_accounts.id", ondelete="CASCADE"), nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("pending_secret", String(64), nullable=False),
    Index("staff_sessions_by_account", "account_id"),
)

staff_failures = Table(
    "staff_failures",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", Text, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
)


# What staff keep in the console; see store/library.py. Nothing points from here to a generation
# or back: which versions are published stands here, what can be asked about stands there, and
# both change in one transaction.
library_documents = Table(
    "library_documents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("published", String(32), nullable=False),
    Column("versions", Integer, nullable=False),
)

library_versions = Table(
    "library_versions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column(
        "library_id", ForeignKey("library_documents.id", ondelete="CASCADE"),
        nullable=False, index=True,
    ),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("digest", String(64), nullable=False, index=True),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("document", Text, nullable=False),
    Column("reviewed", Boolean, nullable=False),
    Column("uploaded_by", Text, nullable=False),
    Column("uploaded_at", DateTime(timezone=True), nullable=False),
    Column("pages", LargeBinary, nullable=False),
    Column("page_count", Integer, nullable=False),
)  # fmt: skip

library_tasks = Table(
    "library_tasks",
    metadata,
    Column("version_id", ForeignKey("library_versions.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False, index=True),
    Column("worker", String(32), nullable=False),
    Column("claimed_until", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("at", Text, nullable=False),
)


# On WeChat: who a person is stands nowhere, only a keyed hash; see store/wechat.py.
wechat_jobs = Table(
    "wechat_jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("person", String(64), nullable=False),
    Column("audience", String(16), nullable=False),
    Column("question", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("refers", String(64), nullable=False),
    Column("part", Integer, nullable=False),
    Column("worker", String(32), nullable=False),
    Column("claimed_until", Float, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("hinted", Boolean, nullable=False),
    Column("parts", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("response_url", Text, nullable=False),
    Index("wechat_jobs_by_person", "person", "created_at"),
    Index("wechat_jobs_undone", "done", "claimed_until"),
)

wechat_conversations = Table(
    "wechat_conversations",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("person", String(64), nullable=False, index=True),
)

wechat_signatures = Table(
    "wechat_signatures",
    metadata,
    Column("signature", String(64), primary_key=True),
    Column("message", String(64), nullable=False),
    Column("seen_at", Float, nullable=False, index=True),
)


def _first_schema(connection: Connection) -> None:
    metadata.create_all(connection)


def _add_citations(connection: Connection) -> None:
    # A new database has it from the tables above.
    if "citations" not in {column["name"] for column in inspect(connection).get_columns("turns")}:
        connection.exec_driver_sql(
            "ALTER TABLE turns ADD COLUMN citations JSON NOT NULL DEFAULT '[]'"
        )


def _add_console(connection: Connection) -> None:
    """Staff's accounts and sessions, a log that only grows, and the channel of each question."""
    metadata.create_all(
        connection,
        [staff_accounts, staff_recovery_codes, staff_sessions, staff_failures, audit],
    )
    if "channel" not in {column["name"] for column in inspect(connection).get_columns("turns")}:
        connection.exec_driver_sql(
            "ALTER TABLE turns ADD COLUMN channel VARCHAR(16) NOT NULL DEFAULT ''"
        )
    for statement in _ONLY_GROWS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


_ONLY_GROWS = {
    "sqlite": [
        f"CREATE TRIGGER IF NOT EXISTS audit_no_{name} BEFORE {event} "
        "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
        for name, event in (
            ("update", "UPDATE ON audit"),
            ("delete", "DELETE ON audit"),
            # INSERT OR REPLACE deletes without telling the trigger above.
            (
                "replace",
                "INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number)",
            ),
        )
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$",
        "DROP TRIGGER IF EXISTS audit_no_change ON audit",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()",
    ],
}


def _add_places(connection: Connection) -> None:
    """Where passages stand in the original; a new database has the columns already."""
    for table in ("documents", "chunks"):
        if "places" not in {c["name"] for c in inspect(connection).get_columns(table)}:
            connection.exec_driver_sql(
                f"ALTER TABLE {table} ADD COLUMN places TEXT NOT NULL DEFAULT '[]'"
            )


def _wechat(connection: Connection) -> None:
    tables = [wechat_jobs, wechat_conversations, wechat_signatures]
    metadata.create_all(connection, tables=tables)


def _library(connection: Connection) -> None:
    """What staff keep in the console, and what is told of a document beside its text."""
    metadata.create_all(connection, [library_documents, library_versions, library_tasks])
    known = {column["name"] for column in inspect(connection).get_columns("documents")}
    for name in ("number", "issuer", "department", "effective", "owner"):
        if name not in known:
            kind, given = ("VARCHAR(16)", "corpus") if name == "owner" else ("TEXT", "")
            connection.exec_driver_sql(
                f"ALTER TABLE documents ADD COLUMN {name} {kind} NOT NULL DEFAULT '{given}'"
            )


# Appended, never edited: the place in the list is the version's number. A later one alters
# with statements of its own and adds its columns to the tables above.
MIGRATIONS: list[Callable[[Connection], None]] = [
    _first_schema,
    _add_citations,
    _add_places,
    _wechat,
    _add_console,
    _library,
]


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
