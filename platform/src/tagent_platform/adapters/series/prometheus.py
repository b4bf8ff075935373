"""The series in a Prometheus-compatible engine: remote write 1.0 to it, PromQL from it.

- How long figures are kept is the engine's to say, not the settings'.
- With `roll_up_s` it gets an instance's windows of so many seconds as one, some seconds after they are over.
- Windows wait in memory while the engine is away, and are lost with the process.
- Log lines are none of Prometheus's: they stay in a small disposable file of this replica, bounded for each service. Another replica's lines are not in it.
- `recent` knows what this replica was told, and at the start what the engine had from the last half minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tagent_contract.reports import Window
from tagent_platform.adapters.series.prometheus_engine import Engine
from tagent_platform.adapters.series.prometheus_options import (
    PrometheusOptions,
    labels_of,
    shown_address,
)
from tagent_platform.adapters.series.prometheus_reader import Reader, Windows
from tagent_platform.adapters.series.prometheus_samples import instant_ms
from tagent_platform.adapters.series.prometheus_sender import Sender, SenderLimits
from tagent_platform.adapters.series.prometheus_write import RemoteWriter
from tagent_platform.adapters.series.tracks import Tracks
from tagent_platform.core.metrics import Steps, metric_named, values_by_step
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.series import LogQuery, LogSample, Series, WindowSample

RAW_S = 900.0
"""So long back from the end of what is asked for every window is looked at; before that, longer ones that the engine makes of them."""
READERS = 4
"""Threads that wait for answers. They are the engine's alone: one that hangs must not hold up whoever else works in threads, as the store does."""
RECENT_S, RECENT_MAX = 30.0, 32
INSTANCES_MAX = 20_000
FORGET_AFTER_S, FORGET_INTERVAL_S = 600.0, 60.0

T = TypeVar("T")


class PrometheusSeries:
    """Keeps the series port with an engine, and log lines with another series that this one does not close."""

    def __init__(
        self,
        options: PrometheusOptions,
        lines: Series,
        clock: Clock,
        limits: SenderLimits | None = None,
    ) -> None:
        self._clock = clock
        self._lines = lines
        self._tracks = Tracks(INSTANCES_MAX)
        self._rolls_up = options.roll_up_s > 0
        self._forgot_at = clock.monotonic()
        self._readers = ThreadPoolExecutor(READERS, "series-reader")
        labels = labels_of(options)
        self._engine = Engine(options, clock)
        self._reader = Reader(self._engine, labels, clock, RAW_S, shown_address(options.query_url))
        self._sender = Sender(
            self._engine,
            RemoteWriter(labels),
            clock,
            limits
            or SenderLimits(
                waiting_windows_max=options.waiting_windows_max, roll_up_s=options.roll_up_s
            ),
            shown_address(options.write_url),
        )

    async def load(self) -> None:
        """Learn the latest windows from the engine; without it, go on without them."""
        now = self._clock.now()
        latest = await self._read(lambda: self._reader.latest(now - RECENT_S, now))
        for (service, instance), windows in latest.items():
            track = self._tracks.add(service, instance, now)
            if track is not None:
                track.recent = [
                    WindowSample(service, instance, at_ms / 1000, windows[at_ms])
                    for at_ms in sorted(windows)[-RECENT_MAX:]
                ]

    @property
    def dropped(self) -> int:
        return self._sender.dropped + self._lines.dropped

    def append(self, windows: Sequence[WindowSample], logs: Sequence[LogSample] = ()) -> None:
        self._sender.append([sample for sample in windows if self._is_new(sample)])
        if logs:
            self._lines.append((), logs)
        self._forget_when_due()

    def _is_new(self, sample: WindowSample) -> bool:
        track = self._tracks.by_name.get((sample.service, sample.instance))
        if track is None:
            track = self._tracks.add(sample.service, sample.instance, sample.at)
        if track is None:
            self._sender.lose(1)
            return False
        recent = track.recent
        if recent and sample.at <= recent[-1].at:
            # One that is too old to tell is sent: the engine keeps one sample for each moment.
            return track.insert(sample) is not False
        recent.append(sample)
        if len(recent) > RECENT_MAX or recent[0].at < sample.at - RECENT_S:
            track.trim(sample.at - RECENT_S, RECENT_MAX)
        return True

    def _forget_when_due(self) -> None:
        if self._clock.monotonic() - self._forgot_at >= FORGET_INTERVAL_S:
            self._forgot_at = self._clock.monotonic()
            self._tracks.forget_idle(self._clock.now() - FORGET_AFTER_S)

    def recent(self, service: str, instance: str, since: float) -> Sequence[WindowSample]:
        track = self._tracks.by_name.get((service, instance))
        return () if track is None else track.after(since)

    async def query(
        self, service: str, metrics: Sequence[str], start: float, end: float, step_s: float
    ) -> Sequence[Sequence[tuple[float, float | None]]]:
        wanted = [metric_named(metric) for metric in metrics]
        fields = frozenset[str]().union(*(metric.reads for metric in wanted))
        steps = Steps(start, end, step_s)
        # Taken before the engine is asked: what is sent meanwhile is in one of the two.
        in_memory = self._in_memory(service)

        def work() -> list[list[tuple[float, float | None]]]:
            found = self._reader.windows(service, fields, start, end, step_s)
            for sample in in_memory:
                windows = found.setdefault((sample.service, sample.instance), {})
                windows[instant_ms(sample.at)] = sample.window
            return values_by_step(wanted, _oldest_first(found), steps)

        return await self._read(work)

    async def _read(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    def _in_memory(self, service: str) -> list[WindowSample]:
        """Return what the engine may not have yet, and the latest: some engines answer with what they took a little later."""
        waiting = self._sender.waiting_of(service)
        if self._rolls_up:
            # The engine has these in longer windows, and would count them again.
            return waiting
        tracks = self._tracks.by_name.items()
        return waiting + [
            sample for (of, _), track in tracks if of == service for sample in track.recent
        ]

    async def logs(self, query: LogQuery) -> Sequence[LogSample]:
        return await self._lines.logs(query)

    async def close(self) -> None:
        """Send what waits if the engine takes it within a few seconds, and end."""
        await asyncio.to_thread(self._sender.stop)
        self._readers.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._engine.close)


def _oldest_first(found: Windows) -> list[list[tuple[float, Window]]]:
    return [
        [(at_ms / 1000, windows[at_ms]) for at_ms in sorted(windows)] for windows in found.values()
    ]
