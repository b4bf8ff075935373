"""What SQLite reports, as one sentence for people."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tagent_platform.ports.store import StoreUnavailableError

_SENTENCES = (
    ("SQLITE_FULL", "{path} cannot grow: the disk is full"),
    ("SQLITE_READONLY", "{path} is read-only"),
    ("SQLITE_BUSY", "{path} is locked by another program"),
    ("SQLITE_LOCKED", "{path} is locked by another program"),
    ("SQLITE_CORRUPT", "{path} is damaged: {error}"),
    ("SQLITE_NOTADB", "{path} is damaged or no SQLite file: {error}"),
    ("SQLITE_CANTOPEN", "{path} cannot be opened: {error}"),
    ("SQLITE_PERM", "{path} may not be opened: {error}"),
    ("SQLITE_IOERR", "{path} cannot be read or written: {error}"),
)


def unavailable(path: Path, error: sqlite3.Error) -> StoreUnavailableError:
    """Return the store's error for what SQLite raised."""
    name = getattr(error, "sqlite_errorname", "")
    for prefix, sentence in _SENTENCES:
        if name.startswith(prefix):
            return StoreUnavailableError(sentence.format(path=path, error=error))
    return StoreUnavailableError(f"{path} failed: {error}")
