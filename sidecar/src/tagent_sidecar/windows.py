"""Windows are cut here: each few seconds, what the recorder, the checks and the meters counted becomes one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tagent_contract.reports import Window
from tagent_sidecar.checks.health_watch import HealthWatch
from tagent_sidecar.supervisor.process_figures import ProcessMeter
from tagent_sidecar.supervisor.service import Service
from tagent_sidecar.telemetry.log_lines import LogLines
from tagent_sidecar.telemetry.recorder import Recorder
from tagent_sidecar.telemetry.totals import Totals
from tagent_sidecar.telemetry.window_buffer import WindowBuffer


class WindowCutter:
    """Cuts windows into the buffer, whether anybody takes them or not. `run` is one task."""

    def __init__(  # noqa: PLR0913 - a window has many sources
        self,
        recorder: Recorder,
        watch: HealthWatch,
        service: Service,
        meter: ProcessMeter,
        lines: LogLines,
        buffer: WindowBuffer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Gather from these parts."""
        self.totals = Totals()
        self.latest: Window | None = None
        self._recorder = recorder
        self._watch = watch
        self._service = service
        self._meter = meter
        self._lines = lines
        self._buffer = buffer
        self._clock = clock
        self._service_lines_dropped = 0
        self._restarts = 0

    async def run(self, interval_s: float, on_cut: Callable[[], None]) -> None:
        """Cut at a steady rhythm: one late window does not move the next."""
        due = self._clock() + interval_s
        while True:
            await asyncio.sleep(max(due - self._clock(), 0.0))
            due = max(due + interval_s, self._clock())
            self.cut()
            on_cut()

    def cut(self) -> None:
        """Cut one window now."""
        now = self._clock()
        figures = self._recorder.take_window(now)
        inside, outside = self._watch.take_check_figures()
        target = self._service.target
        usage = self._meter.look(target.pid if target else None, now)
        window = Window(
            age_s=0.0,
            duration_s=figures.duration_s,
            requests=figures.requests,
            errors=figures.errors,
            rejected=figures.rejected,
            first_byte=figures.first_byte,
            whole=figures.whole,
            cut_streams=figures.cut_streams,
            in_flight=figures.in_flight,
            connections=figures.connections,
            bytes_in=figures.bytes_in,
            bytes_out=figures.bytes_out,
            inside=inside,
            outside=outside,
            cpu_ratio=usage.cpu_ratio,
            rss_bytes=usage.rss_bytes,
            descriptors=usage.descriptors,
            threads=usage.threads,
            restarts=self._new_restarts(),
            cpu_limit_ratio=usage.cpu_limit_ratio,
            memory_limit_bytes=usage.memory_limit_bytes,
            sidecar_rss_bytes=usage.sidecar_rss_bytes,
            sidecar_cpu_ratio=usage.sidecar_cpu_ratio,
            log_lines_dropped=self._lines.take_dropped() + self._new_service_lines_dropped(),
        )
        self.latest = window
        self.totals.add(window)
        self._buffer.add(window, now)

    def _new_restarts(self) -> int:
        before, self._restarts = self._restarts, self._service.restarts
        return self._restarts - before

    def _new_service_lines_dropped(self) -> int:
        before, self._service_lines_dropped = (
            self._service_lines_dropped,
            self._service.log_lines_dropped,
        )
        return self._service_lines_dropped - before
