"""The numbered migrations that bring a database of any earlier program up to date."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, inspect

from assistant.store.tables import (
    audit,
    library_documents,
    library_tasks,
    library_versions,
    metadata,
    staff_accounts,
    staff_failures,
    staff_recovery_codes,
    staff_sessions,
    wechat_conversations,
    wechat_jobs,
    wechat_signatures,
)


def _first_schema(connection: Connection) -> None:
    metadata.create_all(connection)


def _add_citations(connection: Connection) -> None:
    # A new database has it from the tables.
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
# with statements of its own and adds its columns to the tables (tables.py).
MIGRATIONS: list[Callable[[Connection], None]] = [
    _first_schema,
    _add_citations,
    _add_places,
    _wechat,
    _add_console,
    _library,
]
