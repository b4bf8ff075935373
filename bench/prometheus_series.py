"""What a report costs in the Prometheus series, beside the SQLite series in the same run: `python -m bench.prometheus_series`.

A thousand services report once a round; processor time is the platform's (all threads) and the engine's own, the best of several rounds.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from msgspec.structs import replace

from bench.rows import Row, as_markdown
from bench.series import INSTANCES, window
from tagent_contract.reports import CheckFigures, Window
from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.series.flusher import SeriesLimits
from tagent_platform.adapters.series.prometheus import PrometheusSeries
from tagent_platform.adapters.series.prometheus_options import PrometheusOptions, labels_of
from tagent_platform.adapters.series.prometheus_samples import points_of
from tagent_platform.adapters.series.prometheus_sender import SenderLimits
from tagent_platform.adapters.series.prometheus_write import RemoteWriter
from tagent_platform.adapters.series.sqlite import SqliteSeries
from tagent_platform.ports.series import WindowSample
from tests.fakes.prometheus import PrometheusProcess
from tests.fakes.series import RecordingSeries

ROUNDS = 12
HOURS = 6
REPORTS_A_MONTH = 30 * 86_400 / 5
DOLLARS_A_MILLION_SAMPLES = 0.06
"""Of Google's managed Prometheus, first tier, second-hand: look it up."""

IDLE = Window(
    age_s=0.0,
    duration_s=5.0,
    inside=CheckFigures(passed=5, latency_ms=1.25),
    outside=CheckFigures(passed=5, latency_ms=2.5),
    cpu_ratio=0.024,
    rss_bytes=22_000_000,
    descriptors=12,
    threads=4,
    sidecar_rss_bytes=24_000_000,
    sidecar_cpu_ratio=0.002,
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one report, in processor microseconds: `append` is what the event loop waits for."""

    append_us: float
    all_us: float
    engine_us: float = 0.0


def fleet(kind: str, at: float) -> list[list[WindowSample]]:
    """Return one report of each service."""
    return [
        [
            WindowSample(
                f"service-{n}",
                f"service-{n}-1",
                at,
                IDLE if kind == "idle" else with_figures(window(n)),
            )
        ]
        for n in range(INSTANCES)
    ]


def with_figures(busy: Window) -> Window:
    """Return a busy window with the figures that a real sidecar always has."""
    return replace(busy, descriptors=12, threads=4, sidecar_cpu_ratio=0.002)


def spent(rounds: Callable[[float], tuple[float, float]], engine_s: Callable[[], float]) -> Cost:
    """Return the best round; each gives what appending took and returns when all is stored."""
    appends, alls, engines = [], [], []
    now = SystemClock().now()
    for number in range(ROUNDS):
        before, engine = time.process_time(), engine_s()
        append_s, own_s = rounds(now - (ROUNDS - number) * 5)
        appends.append(append_s)
        alls.append(time.process_time() - before - own_s)
        engines.append(engine_s() - engine)
    per = 1e6 / INSTANCES
    return Cost(min(appends) * per, min(alls) * per, sorted(engines)[ROUNDS // 2] * per)


def in_sqlite(kind: str, folder: Path) -> Cost:
    """Append a thousand reports a round and have them written to the file."""
    limits = SeriesLimits(flush_interval_s=3600, fold_interval_s=3600, flush_windows=10**9)
    series = SqliteSeries(folder / f"{kind}.db", SystemClock(), limits)

    def one(at: float) -> tuple[float, float]:
        began = time.process_time()
        reports = fleet(kind, at)
        made = time.process_time()
        for report in reports:
            series.append(report)
        appended = time.process_time()
        series._flusher.use(lambda _file: None, flush=True)  # noqa: SLF001
        return appended - made, made - began

    cost = spent(one, lambda: 0.0)
    assert series.dropped == 0
    return cost


def in_prometheus(kind: str, prometheus: PrometheusProcess) -> Cost:
    """Append a thousand reports a round and have the engine take them."""
    options = PrometheusOptions(
        write_url=prometheus.write_url, query_url=prometheus.url, labels=f"job={kind}"
    )
    limits = SenderLimits(flush_interval_s=3600)
    series = PrometheusSeries(options, RecordingSeries(), SystemClock(), limits)
    sender = series._sender  # noqa: SLF001
    engine = psutil.Process(prometheus.pid)

    def one(at: float) -> tuple[float, float]:
        began = time.process_time()
        reports = fleet(kind, at)
        made = time.process_time()
        for report in reports:
            series.append(report)
        appended = time.process_time()
        sender._wake.set()  # noqa: SLF001
        while sender._waiting or sender._sending:  # noqa: SLF001
            time.sleep(0.005)
        return appended - made, made - began

    def engine_s() -> float:
        times = engine.cpu_times()
        return float(times.user + times.system)

    cost = spent(one, engine_s)
    assert series.dropped == 0
    sender.stop()
    return cost


@contextmanager
def running(folder: Path) -> Iterator[PrometheusProcess]:
    """Give a Prometheus that is ready."""
    prometheus = PrometheusProcess(folder)
    prometheus.start()
    try:
        yield prometheus
    finally:
        prometheus.kill()


def on_the_wire(kind: str) -> tuple[int, float]:
    """Return a report's samples, and its bytes in requests of a hundred reports."""
    writer = RemoteWriter(labels_of(PrometheusOptions()))
    reports = [sample for report in fleet(kind, SystemClock().now()) for sample in report]
    size = sum(len(writer.body(reports[n : n + 100])) for n in range(0, INSTANCES, 100))
    return len(points_of(reports[0].window)), size / INSTANCES


SIX = (
    "requests_per_s",
    "error_ratio",
    "whole_p50_ms",
    "whole_p95_ms",
    "cpu_ratio",
    "rss_bytes",
)


async def reading(prometheus: PrometheusProcess) -> list[Row]:
    """Measure what is asked for a page: of three busy instances with six hours in the engine."""
    options = PrometheusOptions(
        write_url=prometheus.write_url, query_url=prometheus.url, labels="job=read"
    )
    series = PrometheusSeries(options, RecordingSeries(), SystemClock())
    now = SystemClock().now()
    for number in range(0, HOURS * 720, 100):
        for n in range(number, min(number + 100, HOURS * 720)):
            at = now - HOURS * 3600 + 5 * (n + 1)
            busy = [with_figures(window(n + i)) for i in range(3)]
            series.append([WindowSample("read", f"read-{i}", at, busy[i]) for i in range(3)])
        while series._sender.waiting_of("read"):  # noqa: SLF001
            await asyncio.sleep(0.005)
    found = []
    for range_s, step_s in ((900, 10), (HOURS * 3600, 60)):
        took = []
        for _ in range(5):
            began = time.perf_counter()
            await series.query("read", SIX, now - range_s, now, step_s)
            took.append(time.perf_counter() - began)
        found.append(
            Row(
                f"six metrics of {range_s / 3600:g} h in steps of {step_s} s",
                "ms",
                min(took) * 1000,
                note="three busy instances, the engine's time in it",
            )
        )
    await series.close()
    return found


def rows() -> list[Row]:
    """Measure a busy fleet and an idle one, and reading."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as name, running(Path(name) / "prometheus") as prometheus:
        for kind in ("busy", "idle"):
            file, engine = in_sqlite(kind, Path(name)), in_prometheus(kind, prometheus)
            samples, size = on_the_wire(kind)
            dollars = samples * REPORTS_A_MONTH * DOLLARS_A_MILLION_SAMPLES / 1e6
            found += [
                Row(
                    f"a report of {kind} services, Prometheus series, processor",
                    "times the SQLite series",
                    engine.all_us / file.all_us,
                    note=f"{engine.all_us:.0f} µs to {file.all_us:.1f}; in the event loop {engine.append_us:.1f} µs to {file.append_us:.1f}; "
                    f"a thousand services take {engine.all_us / 5000 * 100:.1f} % of a core",
                ),
                Row(
                    f"the same in Prometheus itself ({kind})",
                    "µs",
                    engine.engine_us,
                    note="its own processor time",
                ),
                Row(
                    f"a report of {kind} services on the wire",
                    "bytes",
                    size,
                    note=f"{samples} samples, {size / samples:.1f} bytes each in requests of a hundred reports; "
                    f"where a million samples cost ${DOLLARS_A_MILLION_SAMPLES:g}: ${dollars:.2f} an instance and month, ${dollars / 12:.2f} rolled up to minutes",
                ),
            ]
        found += asyncio.run(reading(prometheus))
    return found


def main() -> int:
    """Print the table."""
    print(as_markdown(rows()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
