"""Brings samples from the buffer into the file, about once a second, and takes old ones out of it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from tagent_platform.adapters.series.buffer import Batch, Buffer
from tagent_platform.adapters.series.chunks import (
    Entry,
    decode_entries,
    encode_entries,
    whole_chunk,
)
from tagent_platform.adapters.series.log_book import LogBook
from tagent_platform.adapters.series.minutes import MINUTE_MS, Minutes, minute_of
from tagent_platform.adapters.series.series_file import SeriesFile, UnusableError, is_damage
from tagent_platform.adapters.series.tracks import Tracks
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.series import LogSample

log = logging.getLogger(__name__)
T = TypeVar("T")

FOLD_REST = 9
"""After a burst of making minutes, so many bursts' time of rest: while there is more to do, it takes a tenth of a core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesLimits:
    """How much is kept, for how long, and how soon it is written."""

    raw_s: float = 900.0
    minutes_s: float = 86_400.0
    logs_s: float = 86_400.0
    recent_s: float = 30.0
    recent_max: int = 32
    flush_interval_s: float = 1.0
    fold_interval_s: float = 60.0
    fold_burst_s: float = 0.05
    retention_interval_s: float = 30.0
    flush_windows: int = 10_000
    """So many waiting windows are flushed before the interval is over."""
    buffered_windows_max: int = 50_000
    buffered_logs_max: int = 20_000
    instances_max: int = 20_000
    log_lines_max: int = 5_000
    """Per service."""
    log_bytes_max: int = 2 * 2**20
    """Per service."""
    file_bytes_max: int = 2 * 2**30
    busy_timeout_s: float = 2.0


class Flusher:
    """Owns the file; everything that touches it goes through `use`, one thread at a time."""

    def __init__(
        self, path: Path, clock: Clock, limits: SeriesLimits, tracks: Tracks, buffer: Buffer
    ) -> None:
        self._clock = clock
        self._tracks = tracks
        self._limits = limits
        self._buffer = buffer
        self._file = SeriesFile(path, limits.busy_timeout_s)
        self._minutes = Minutes(self._file)
        self._book = LogBook(self._file, limits.log_lines_max, limits.log_bytes_max)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._arrived_ms = 0
        self._fold_at = clock.monotonic() + limits.fold_interval_s
        self._pruned_at = clock.monotonic()
        self._failure = ""
        self._thread = threading.Thread(target=self._run, name="series-writer", daemon=True)

    def start(self, load: Callable[[SeriesFile], None]) -> None:
        """Open the file, let `load` read it, and begin to write."""

        def load_all(file: SeriesFile) -> None:
            load(file)
            self._book.load()

        self.use(load_all)
        self._thread.start()

    def wake(self) -> None:
        """Flush now rather than when the interval is over."""
        self._wake.set()

    def stop(self) -> None:
        """Write everything, and give the file back. Waits for the disk."""
        self._stopping = True
        self._wake.set()
        self._thread.join()
        with self._lock:
            self._attempt(self._file.close)

    def use(self, read: Callable[[SeriesFile], T], *, flush: bool = False) -> T | None:
        """Return what `read` finds in the file, None when the file cannot be read now."""
        with self._lock:
            if flush:
                self._flush()
            return self._attempt(lambda: read(self._file))

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(self._limits.flush_interval_s)
            self._wake.clear()
            try:
                with self._lock:
                    self._flush()
                    self._prune_when_due()
                self._fold_when_due()
            except Exception:
                # Our own mistake must cost samples, not all of them from now on.
                log.exception("the series' writer failed, and goes on")

    def _flush(self) -> None:
        batch = self._buffer.take()
        # Also when the clock stands still, no two chunks may have one name.
        self._arrived_ms = max(self._now_ms(), self._arrived_ms + 1)
        has_windows = bool(batch.window_count or batch.new_instances)
        if has_windows and self._attempt(lambda: self._write_windows(batch)) is None:
            self._buffer.lose(batch, batch.window_count)
        if batch.logs and self._attempt(lambda: self._write_logs(batch.logs)) is None:
            self._buffer.lose(batch, len(batch.logs))

    def _write_windows(self, batch: Batch) -> bool:
        chunks = {
            shard: whole_chunk(chunk, batch.counts[shard])
            for shard, chunk in enumerate(batch.chunks)
            if chunk
        }
        for shard, entries in self._unknown(batch.late).items():
            before = decode_entries(chunks[shard]) if shard in chunks else []
            chunks[shard] = encode_entries([*entries, *before])
        with self._file.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO instances VALUES (?, ?, ?)", batch.new_instances
            )
            self._file.write_raw(chunks, self._arrived_ms)
        return True

    def _unknown(self, late: list[tuple[int, Entry]]) -> dict[int, list[Entry]]:
        """Leave out the late windows that the file has already, or that are here twice."""
        unknown: dict[int, list[Entry]] = {}
        for shard in {shard for shard, _ in late}:
            entries = [entry for of, entry in late if of == shard]
            oldest_ms = min(end_ms for _, end_ms, _ in entries)
            known = {(number, end) for number, end, _ in self._file.raw(shard, oldest_ms - 1)}
            fresh = {entry[:2]: entry for entry in entries if entry[:2] not in known}
            unknown[shard] = list(fresh.values())
        return unknown

    def _write_logs(self, logs: list[LogSample]) -> bool:
        by_service: dict[str, list[LogSample]] = {}
        for line in logs:
            by_service.setdefault(line.service, []).append(line)
        self._book.write(by_service, self._arrived_ms)
        return True

    def _fold_when_due(self) -> None:
        """Bring windows into their minutes, with a bounded share of a core however many there are."""
        now = self._clock.monotonic()
        if now < self._fold_at:
            return
        until = now + self._limits.fold_burst_s
        while not self._stopping and self._clock.monotonic() < until:
            with self._lock:
                if not self._attempt(lambda: self._minutes.fold_piece(self._now_ms())):
                    self._fold_at = self._clock.monotonic() + self._limits.fold_interval_s
                    return
        self._fold_at = self._clock.monotonic() + FOLD_REST * self._limits.fold_burst_s

    def _prune_when_due(self) -> None:
        if self._clock.monotonic() - self._pruned_at < self._limits.retention_interval_s:
            return
        self._pruned_at = self._clock.monotonic()
        self._attempt(self._prune)

    def _prune(self) -> bool:
        now_ms, limits = self._now_ms(), self._limits
        idle_before = self._clock.now() - limits.minutes_s
        with self._buffer.lock:
            idle = self._tracks.forget_idle(idle_before)
        with self._file.transaction() as connection:
            # A minute is answered from its raw windows until the first of them is too old, so they stay a minute longer.
            self._file.delete_raw_before(now_ms - int(limits.raw_s * 1000) - MINUTE_MS)
            self._file.delete_minutes_before(minute_of(now_ms - int(limits.minutes_s * 1000)))
            connection.executemany("DELETE FROM instances WHERE number = ?", [(n,) for n in idle])
        self._book.delete_before(now_ms - int(limits.logs_s * 1000))
        if self._file.bytes_used() > limits.file_bytes_max:
            with self._file.transaction():
                self._file.delete_oldest_raw()
        return True

    def _attempt(self, act: Callable[[], T]) -> T | None:
        """Do it; when the disk does not, say so once, and go on without."""
        try:
            done = act()
        except (sqlite3.Error, OSError, UnusableError, msgspec.MsgspecError) as error:
            self._note_failure(error)
            return None
        if self._failure:
            self._failure = ""
            log.warning("%s can be used again", self._file.path)
        return done

    def _note_failure(self, error: Exception) -> None:
        if str(error) != self._failure:
            self._failure = str(error)
            log.warning(
                "%s cannot be used: %s; figures and log lines are lost meanwhile",
                self._file.path,
                error,
            )
        if is_damage(error):
            self._begin_anew(error)

    def _begin_anew(self, error: Exception) -> None:
        self._book.forget()
        self._buffer.announce_all()
        try:
            self._file.move_aside(str(error))
        except OSError as failed:
            log.warning("%s cannot be moved aside: %s", self._file.path, failed)

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)
