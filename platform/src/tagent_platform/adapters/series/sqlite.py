"""The series in one SQLite file beside the store's: disposable, so nothing that goes wrong with it stops the platform."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Raw

from tagent_contract.reports import Window
from tagent_platform.adapters.series.buffer import Buffer
from tagent_platform.adapters.series.chunks import SHARDS, Entry, decode_window, shard_of
from tagent_platform.adapters.series.flusher import Flusher, SeriesLimits
from tagent_platform.adapters.series.log_book import levels_from, newest_lines
from tagent_platform.adapters.series.minutes import MINUTE_MS, minute_of
from tagent_platform.adapters.series.series_file import SeriesFile
from tagent_platform.adapters.series.tracks import Tracks
from tagent_platform.core.metrics import Steps, metric_named, values_by_step
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.series import LogQuery, LogSample, WindowSample

_DEFAULT_LIMITS = SeriesLimits()
_DURATION_MAX_S = 120.0
"""How far before `start` a window may begin that still says something of the first step."""


class SqliteSeries:
    """Keeps the series port over `series.db`. All methods belong to one event loop; the disk is used in threads."""

    def __init__(self, path: Path, clock: Clock, limits: SeriesLimits = _DEFAULT_LIMITS) -> None:
        self._clock = clock
        self._limits = limits
        self._tracks = Tracks(limits.instances_max)
        self._buffer = Buffer(
            self._tracks,
            windows_max=limits.buffered_windows_max,
            logs_max=limits.buffered_logs_max,
            recent_s=limits.recent_s,
            recent_max=limits.recent_max,
        )
        self._flusher = Flusher(path, clock, limits, self._tracks, self._buffer)
        self._flusher.start(self._load)

    def _load(self, file: SeriesFile) -> None:
        now, limits = self._clock.now(), self._limits
        names = {}
        for number, service, instance in file.instances():
            self._tracks.add(service, instance, now, number)
            names[number] = (service, instance)
        since_ms = int((now - limits.recent_s) * 1000)
        latest: dict[int, dict[int, Raw]] = {number: {} for number in names}
        for shard in range(SHARDS):
            for number, end_ms, raw in file.raw(shard, since_ms):
                if end_ms > since_ms and number in latest:
                    latest[number][end_ms] = raw
        for number, windows in latest.items():
            track = self._tracks.by_name[names[number]]
            track.recent = [
                WindowSample(*names[number], end_ms / 1000, decode_window(windows[end_ms]))
                for end_ms in sorted(windows)[-limits.recent_max :]
            ]

    @property
    def dropped(self) -> int:
        return self._buffer.dropped

    def append(self, windows: Sequence[WindowSample], logs: Sequence[LogSample] = ()) -> None:
        if self._buffer.add(windows, logs) >= self._limits.flush_windows:
            self._flusher.wake()

    def recent(self, service: str, instance: str, since: float) -> Sequence[WindowSample]:
        track = self._tracks.by_name.get((service, instance))
        return () if track is None else track.after(since)

    async def query(
        self, service: str, metrics: Sequence[str], start: float, end: float, step_s: float
    ) -> Sequence[Sequence[tuple[float, float | None]]]:
        wanted = [metric_named(metric) for metric in metrics]
        steps = Steps(start, end, step_s)
        with self._buffer.lock:
            numbers = self._tracks.numbers_of(service)

        def work() -> list[list[tuple[float, float | None]]]:
            windows = self._windows(service, numbers, start, end)
            return values_by_step(wanted, windows, steps)

        return await asyncio.to_thread(work)

    def _windows(
        self, service: str, numbers: set[int], start: float, end: float
    ) -> list[list[tuple[float, Window]]]:
        """Return each instance's windows, oldest first: raw ones as far back as they go, minutes before."""
        shard = shard_of(service)
        first_ms = int((start - _DURATION_MAX_S) * 1000)
        last_ms = int((end + _DURATION_MAX_S) * 1000)
        raw_ms = int((self._clock.now() - self._limits.raw_s) * 1000)

        def read(file: SeriesFile) -> list[list[tuple[float, Window]]]:
            # What is in no minute yet is raw, however old. A minute comes from one of the two as a whole.
            from_ms = min(raw_ms, file.folded_ms(shard)) // MINUTE_MS * MINUTE_MS
            after_ms = max(first_ms, from_ms)
            found = [e for e in file.raw(shard, after_ms) if after_ms < e[1] <= last_ms]
            if first_ms < from_ms:
                found += file.minutes(shard, minute_of(first_ms), minute_of(from_ms))
            return _by_instance(entry for entry in found if entry[0] in numbers)

        return self._flusher.use(read, flush=True) or []

    async def logs(self, query: LogQuery) -> Sequence[LogSample]:
        levels_from(
            query.level
        )  # an unknown level is the caller's mistake, also while there is no file

        def work() -> Sequence[LogSample]:
            def read(file: SeriesFile) -> Sequence[LogSample]:
                return newest_lines(file.connection, query, self._limits.log_lines_max)

            return self._flusher.use(read, flush=True) or ()

        return await asyncio.to_thread(work)

    async def close(self) -> None:
        """Write what waits, and give the file back."""
        await asyncio.to_thread(self._flusher.stop)


def _by_instance(entries: Iterable[Entry]) -> list[list[tuple[float, Window]]]:
    # A window that came twice counts once.
    known = {(number, end_ms): raw for number, end_ms, raw in entries}
    by_instance: dict[int, list[tuple[float, Window]]] = {}
    for number, end_ms in sorted(known):
        window = decode_window(known[number, end_ms])
        by_instance.setdefault(number, []).append((end_ms / 1000, window))
    return list(by_instance.values())
