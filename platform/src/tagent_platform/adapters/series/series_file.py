"""`series.db` itself: disposable, so a file that cannot be used is moved aside and a new one begun."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tagent_platform.adapters.series.chunks import LAYOUT, SHARDS, Entry, decode_entries

log = logging.getLogger(__name__)

_SHARD_SHIFT = 44  # a row's id is its shard above its time: a shard's times lie side by side
_TIME_MAX = (1 << _SHARD_SHIFT) - 1
_PAGE_BYTES = 16_384
_CREATE = (
    "CREATE TABLE instances (number INTEGER PRIMARY KEY, service TEXT NOT NULL, instance TEXT NOT NULL)",
    "CREATE TABLE raw (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    "CREATE TABLE minutes (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    "CREATE TABLE logs (id INTEGER PRIMARY KEY, service TEXT NOT NULL, lines INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " body BLOB NOT NULL)",
    "CREATE INDEX logs_of_service ON logs (service)",
    "CREATE TABLE folded (shard INTEGER PRIMARY KEY, arrived_ms INTEGER NOT NULL)",
    f"PRAGMA user_version = {LAYOUT}",
)


class UnusableError(Exception):
    """The file is damaged or of another layout."""


def row_id(shard: int, time: int) -> int:
    """Return the id of a shard's row: raw chunks by their time of arrival in ms, minutes by their number."""
    return shard << _SHARD_SHIFT | time


class SeriesFile:
    """Used by one thread at a time. Raises sqlite3.Error when the disk does not do what is asked; the file is opened when it first does."""

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self._connection: sqlite3.Connection | None = None

    @property
    def connection(self) -> sqlite3.Connection:
        """The open file; opened, or begun anew, when it is not."""
        if self._connection is None:
            try:
                self._connection = self._open()
            except UnusableError as error:
                self._move_aside(str(error))
                self._connection = self._open()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA journal_size_limit = 33554432")
            self._prepare(connection)
        except sqlite3.DatabaseError as error:
            connection.close()
            if is_damage(error):
                raise UnusableError(str(error)) from error
            raise
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        layout = connection.execute("PRAGMA user_version").fetchone()[0]
        if layout == LAYOUT:
            return
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            raise UnusableError("it was written by another version of Tagent")
        connection.execute("BEGIN IMMEDIATE")
        for statement in _CREATE:
            connection.execute(statement)
        connection.execute("COMMIT")

    def move_aside(self, why: str) -> None:
        """Begin anew, keeping the old file under another name."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        self._move_aside(why)

    def _move_aside(self, why: str) -> None:
        aside = self.path.with_name(self.path.name + ".aside")
        log.warning(
            "%s cannot be used (%s); it is now %s, and a new one is begun", self.path, why, aside
        )
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self.path.replace(aside)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside, or nothing of it."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def instances(self) -> list[tuple[int, str, str]]:
        """Return every known instance's number, service and name."""
        return self.connection.execute("SELECT number, service, instance FROM instances").fetchall()

    def folded_ms(self, shard: int) -> int:
        """Return the time of arrival up to which a shard's raw windows are in their minutes."""
        row = self.connection.execute(
            "SELECT arrived_ms FROM folded WHERE shard = ?", (shard,)
        ).fetchone()
        return 0 if row is None else int(row[0])

    def mark_folded(self, shard: int, arrived_ms: int) -> None:
        """Note it, inside the transaction that folds them."""
        self.connection.execute("INSERT OR REPLACE INTO folded VALUES (?, ?)", (shard, arrived_ms))

    def raw_chunks(
        self, shard: int, after_ms: int, before_ms: int = _TIME_MAX
    ) -> Iterator[tuple[int, bytes]]:
        """Give a shard's raw chunks that arrived between, with their time of arrival."""
        for id_, body in self._rows("raw", shard, after_ms + 1, before_ms - 1):
            yield id_ & _TIME_MAX, body

    def raw(self, shard: int, after_ms: int) -> Iterator[Entry]:
        """Give a shard's raw windows that arrived after that."""
        for _, body in self.raw_chunks(shard, after_ms):
            yield from decode_entries(body)

    def minutes(self, shard: int, first: int, last: int) -> Iterator[Entry]:
        """Give a shard's minutes, both ends included."""
        for _, body in self._rows("minutes", shard, first, last):
            yield from decode_entries(body)

    def _rows(self, table: str, shard: int, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        return self.connection.execute(
            f"SELECT id, body FROM {table} WHERE id BETWEEN ? AND ? ORDER BY id",  # noqa: S608  # our own two tables
            (row_id(shard, max(0, first)), row_id(shard, max(0, last))),
        )

    def write_raw(self, chunks: dict[int, bytes], arrived_ms: int) -> None:
        """Write one chunk a shard, inside a transaction."""
        rows = [(row_id(shard, arrived_ms), body) for shard, body in chunks.items()]
        self.connection.executemany("INSERT INTO raw VALUES (?, ?)", rows)

    def delete_raw_before(self, arrived_ms: int) -> None:
        """Delete raw windows that arrived before that and are in their minutes."""
        for shard in range(SHARDS):
            self._delete("raw", shard, min(arrived_ms, self.folded_ms(shard) + 1))

    def delete_minutes_before(self, minute: int) -> None:
        """Delete older minutes."""
        for shard in range(SHARDS):
            self._delete("minutes", shard, minute)

    def _delete(self, table: str, shard: int, before: int) -> None:
        self.connection.execute(
            f"DELETE FROM {table} WHERE id >= ? AND id < ?",  # noqa: S608  # our own two tables
            (row_id(shard, 0), row_id(shard, max(0, before))),
        )

    def delete_oldest_raw(self) -> None:
        """Delete about the oldest quarter of each shard's raw windows, by their time of arrival."""
        for shard in range(SHARDS):
            first, last = row_id(shard, 0), row_id(shard + 1, 0) - 1
            oldest, newest = self.connection.execute(
                "SELECT min(id), max(id) FROM raw WHERE id BETWEEN ? AND ?", (first, last)
            ).fetchone()
            if oldest is not None:
                self.connection.execute(
                    "DELETE FROM raw WHERE id BETWEEN ? AND ?",
                    (oldest, oldest + (newest - oldest) // 4),
                )

    def bytes_used(self) -> int:
        """Return how much of the file is in use."""
        pages = self.connection.execute("PRAGMA page_count").fetchone()[0]
        free = self.connection.execute("PRAGMA freelist_count").fetchone()[0]
        size = self.connection.execute("PRAGMA page_size").fetchone()[0]
        return int((pages - free) * size)

    def close(self) -> None:
        """Fold the write-ahead log into the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def is_damage(error: Exception) -> bool:
    """Whether trying again with the same file would be in vain."""
    if isinstance(error, msgspec.MsgspecError):
        return True
    name: str = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_SCHEMA"))
