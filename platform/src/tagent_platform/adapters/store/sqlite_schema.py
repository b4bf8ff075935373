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


def is_new(connection: sqlite3.Connection, path: Path) -> bool:
    """Say whether the file is still empty; it changes nothing. Raises StoreUnavailableError for a file that is not for us."""
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
        return True
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreUnavailableError(f"{path} is another program's SQLite file; nothing was changed")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreUnavailableError(
            f"{path} was written by a newer Tagent (layout {version}, this one knows {SCHEMA_VERSION}):"
            " run that one, or move the file away to begin anew"
        )
    found = " ".join(connection.execute("PRAGMA quick_check(1)").fetchone()[0].split())
    if found != "ok":
        raise StoreUnavailableError(f"{path} is damaged: {found}")
    return False


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, all or none."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in _CREATE:
        connection.execute(statement)
    connection.executemany(
        "INSERT INTO meta VALUES (?, ?)", [("epoch", secrets.token_hex(8)), ("version", 0)]
    )
    connection.execute("COMMIT")
