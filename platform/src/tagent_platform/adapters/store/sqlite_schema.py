"""The layout of `state.db`: made when the file is new, refused when it is not ours or newer than this program."""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path

from tagent_platform.ports.store import StoreUnavailableError

APPLICATION_ID = (
    0x7461676E  # "tagn", in the file's header, so that no other program's file is taken for ours
)
SCHEMA_VERSION = 1

_CREATE = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID",
    "CREATE TABLE records (kind TEXT, key TEXT, version INTEGER NOT NULL, body TEXT NOT NULL,"
    " PRIMARY KEY (kind, key)) WITHOUT ROWID",
    "CREATE TABLE events (number INTEGER PRIMARY KEY, service TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX events_of_service ON events (service)",
    "CREATE TABLE sequences (service TEXT PRIMARY KEY, newest INTEGER NOT NULL) WITHOUT ROWID",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Check whose file this is and how it is, and make the tables in an empty one, all or none."""
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables == 0:
        _create(connection)
        return
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreUnavailableError(f"{path} is another program's SQLite file; nothing was changed")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreUnavailableError(
            f"{path} was written by a newer Tagent (layout {version}, this one knows {SCHEMA_VERSION}):"
            " run that one, or move the file away to begin anew"
        )
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreUnavailableError(f"{path} is damaged: {found}")


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in _CREATE:
        connection.execute(statement)
    connection.executemany(
        "INSERT INTO meta VALUES (?, ?)", [("epoch", secrets.token_hex(8)), ("version", 0)]
    )
    connection.execute("COMMIT")
