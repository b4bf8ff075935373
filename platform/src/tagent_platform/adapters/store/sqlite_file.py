"""`state.db` itself: opened under a lock, loaded once, written in transactions.

Everything here may wait for the disk, so it runs at start or in the writer's thread, never in the event loop's.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tagent_contract.events import Event
from tagent_platform.adapters.store.event_tail import number_of
from tagent_platform.adapters.store.file_lock import FileLock
from tagent_platform.adapters.store.ledger import Address, Admitted, Ledger
from tagent_platform.adapters.store.sqlite_errors import unavailable
from tagent_platform.adapters.store.sqlite_schema import create, is_new
from tagent_platform.core.records import RECORD_KINDS, Record
from tagent_platform.ports.store import Change, EventQuery, StoreUnavailableError

_KIND_NAMES = {kind: name for name, kind in RECORD_KINDS.items()}
# Made while this is imported: several threads read events, and msgspec 0.22 crashes the process when two of them are the first to decode a type.
_EVENTS = msgspec.json.Decoder(Event)
_WAL_BYTES_KEPT = 16 * 2**20

_PUT = (
    "INSERT INTO records VALUES (?, ?, ?, ?)"
    " ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, body = excluded.body"
)
_SEQUENCE = "INSERT INTO sequences VALUES (?, ?) ON CONFLICT (service) DO UPDATE SET newest = excluded.newest"


class StateFile:
    """The one writer of a state file. Raises StoreUnavailableError with one sentence whatever goes wrong."""

    def __init__(self, path: Path, events_max: int, busy_timeout_s: float) -> None:
        self._events_max = events_max
        self._busy_timeout_s = busy_timeout_s
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailableError(f"cannot make {path.parent}: {error.strerror}") from error
        # Two names of one file must be one lock.
        self.path = path.resolve()
        self._lock = FileLock(self.path)
        try:
            self._connection = self._open()
        except BaseException:
            self._lock.release()
            raise
        try:
            self._identity = self._stat()
            self.epoch = str(self._meta("epoch"))
            self._oldest_event = self._first_event()
        except BaseException:
            self.close()
            raise

    def _open(self) -> sqlite3.Connection:
        try:
            # Token digests and names are nobody else's business.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise StoreUnavailableError(f"cannot write {self.path}: {error.strerror}") from error
        connection = sqlite3.connect(
            self.path,
            timeout=self._busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            new = is_new(connection, self.path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES_KEPT}")
            if new:
                create(connection)
        except sqlite3.Error as error:
            connection.close()
            raise unavailable(self.path, error) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _one(self, query: str, *values: object) -> object:
        try:
            row = self._connection.execute(query, values).fetchone()
        except sqlite3.Error as error:
            raise unavailable(self.path, error) from error
        if row is None:
            raise StoreUnavailableError(f"{self.path} is damaged: nothing answers {query!r}")
        return row[0]

    def _meta(self, name: str) -> object:
        return self._one("SELECT value FROM meta WHERE name = ?", name)

    def _first_event(self) -> int:
        return int(str(self._one("SELECT coalesce(min(number), 0) FROM events")))

    def load(self) -> Iterator[tuple[str, Record, int]]:
        """Give every record with its key and version. Raises StoreUnavailableError naming one that cannot be read."""
        try:
            for kind, key, version, body in self._connection.execute("SELECT * FROM records"):
                yield key, self._decode(kind, key, body), version
        except sqlite3.Error as error:
            raise unavailable(self.path, error) from error

    def _decode(self, kind: str, key: str, body: str) -> Record:
        if kind not in RECORD_KINDS:
            raise StoreUnavailableError(f"{self.path} holds a record of an unknown kind, {kind!r}")
        try:
            return msgspec.json.decode(body, type=RECORD_KINDS[kind])
        except msgspec.DecodeError as error:
            raise StoreUnavailableError(
                f"{self.path} holds a {kind} {key!r} that cannot be read: {error}"
            ) from error

    def ledger(self, versions: dict[Address, int]) -> Ledger:
        """Return the ledger to go on with."""
        newest = int(str(self._one("SELECT coalesce(max(number), 0) FROM events")))
        version = int(str(self._meta("version")))
        sequences = dict(self._connection.execute("SELECT service, newest FROM sequences"))
        return Ledger(self.epoch, version, newest, versions, sequences)

    def write(self, group: Sequence[Admitted], bodies: Sequence[dict[Address, str]]) -> None:
        """Write commits in one durable transaction, or nothing of them."""
        self._refuse_if_replaced()
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._write_records(group, bodies)
            self._write_events([event for admitted in group for event in admitted.events])
            connection.execute(
                "UPDATE meta SET value = ? WHERE name = 'version'", (group[-1].version,)
            )
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise unavailable(self.path, error) from error
        except BaseException:
            self._roll_back()
            raise

    def _write_records(
        self, group: Sequence[Admitted], bodies: Sequence[dict[Address, str]]
    ) -> None:
        # Of several commits on one record only the last one's body is worth writing.
        latest: dict[Address, tuple[Change, int, str | None]] = {}
        for admitted, encoded in zip(group, bodies, strict=True):
            for change in admitted.changes:
                if isinstance(change, Change):
                    address = (change.kind, change.key)
                    latest[address] = (change, admitted.version, encoded.get(address))
        puts = []
        deletes = []
        for change, version, body in latest.values():
            kind = _KIND_NAMES[change.kind]
            if body is None:
                deletes.append((kind, change.key))
            else:
                puts.append((kind, change.key, version, body))
        self._connection.executemany(_PUT, puts)
        self._connection.executemany("DELETE FROM records WHERE kind = ? AND key = ?", deletes)

    def _write_events(self, events: Sequence[Event]) -> None:
        if not events:
            return
        rows = [
            (number_of(event), event.service, msgspec.json.encode(event).decode())
            for event in events
        ]
        self._connection.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
        sequences = {event.service: event.sequence for event in events}
        self._connection.executemany(_SEQUENCE, sequences.items())
        self._prune(number_of(events[-1]))

    def _prune(self, newest: int) -> None:
        # A little at a time and not with every event, so that it costs no page of its own in each transaction.
        cutoff = newest - self._events_max
        if cutoff - self._oldest_event >= self._events_max // 64:
            self._connection.execute("DELETE FROM events WHERE number <= ?", (cutoff,))
            self._oldest_event = cutoff + 1

    def _roll_back(self) -> None:
        # SQLite has already rolled back after most errors; what it says now adds nothing to the first one.
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")

    def _refuse_if_replaced(self) -> None:
        # Writing on into a file without a name would look like success until the next start.
        if self._stat() != self._identity:
            raise StoreUnavailableError(
                f"{self.path} was removed or replaced under the running platform; restart it"
            )

    def _stat(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def confirm(self) -> int:
        """Return the number of the latest commit that a new reader finds in the file of this name."""
        self._refuse_if_replaced()
        with self.reading() as connection:
            rows = dict(connection.execute("SELECT name, value FROM meta"))
        if rows.get("epoch") != self.epoch:
            raise StoreUnavailableError(
                f"{self.path} is another store's file; restart the platform"
            )
        return int(rows["version"])

    def read_events(self, numbers: range, query: EventQuery) -> Sequence[Event]:
        """Return those of the events that have one of the numbers and match, at most the query's limit."""
        where = ["number >= ?", "number < ?"]
        values: list[str | int] = [numbers.start, numbers.stop]
        if query.service is not None:
            where.append("service = ?")
            values.append(query.service)
        if query.type_prefix:
            where.append("substr(json_extract(body, '$.type'), 1, ?) = ?")
            values += [len(query.type_prefix), query.type_prefix]
        if query.actor is not None:
            where.append("json_extract(body, '$.actor') = ?")
            values.append(query.actor)
        order = "DESC" if query.newest_first else "ASC"
        with self.reading() as connection:
            rows = connection.execute(
                f"SELECT body FROM events WHERE {' AND '.join(where)} ORDER BY number {order} LIMIT ?",  # noqa: S608  # no value is in the text
                (*values, query.limit),
            ).fetchall()
        return [_EVENTS.decode(body) for (body,) in rows]

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open the file anew, as another program would: what is read comes from it and not from a cache."""
        connection = None
        try:
            connection = sqlite3.connect(
                f"{self.path.as_uri()}?mode=ro",
                uri=True,
                timeout=self._busy_timeout_s,
                isolation_level=None,
                check_same_thread=False,
            )
            yield connection
        except sqlite3.Error as error:
            raise unavailable(self.path, error) from error
        finally:
            if connection is not None:
                connection.close()

    def close(self) -> None:
        """Fold the write-ahead log into the file, and let the next one have it."""
        self._connection.close()
        self._lock.release()
