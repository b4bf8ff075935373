"""What a report's window costs the series alone: `python -m bench.series`. Processor time, the best of several rounds."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tagent_contract.reports import CheckFigures, ErrorClass, Histogram, Window
from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.series.flusher import SeriesLimits
from tagent_platform.adapters.series.sqlite import SqliteSeries
from tagent_platform.ports.series import WindowSample

INSTANCES = 1000
ROUNDS = 30


def window(number: int) -> Window:
    """Return a window as a busy service has it."""
    counts = {60 + 3 * bucket + number % 7: 5 + bucket * 3 for bucket in range(8)}
    return Window(
        age_s=0.0,
        duration_s=5.0,
        requests=124,
        errors={ErrorClass.STATUS_5XX: 2},
        first_byte=Histogram(counts=counts, sum_ms=812.5),
        whole=Histogram(counts=counts, sum_ms=912.5),
        bytes_in=12345,
        bytes_out=99912,
        inside=CheckFigures(passed=5, latency_ms=1.25),
        outside=CheckFigures(passed=5, latency_ms=2.5),
        cpu_ratio=0.024,
        rss_bytes=22_000_000,
        sidecar_rss_bytes=24_000_000,
    )


async def main() -> None:
    """Measure appending in the event loop, and what the writer's thread does with it."""
    limits = SeriesLimits(flush_interval_s=3600, fold_interval_s=3600, flush_windows=10**9)
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        series = SqliteSeries(Path(folder) / "series.db", clock, limits)
        windows = [window(number) for number in range(INSTANCES)]
        names = [(f"service-{n % 50}", f"service-{n % 50}-{n}") for n in range(INSTANCES)]
        appends, flushes = [], []
        for number in range(ROUNDS):
            at = clock.now() - ROUNDS + number
            samples = [
                [WindowSample(*name, at, one)] for name, one in zip(names, windows, strict=True)
            ]
            appends.append(
                spent_us(lambda samples=samples: [series.append(one) for one in samples])
            )
            flushes.append(
                spent_us(lambda: series._flusher.use(lambda _file: None, flush=True))  # noqa: SLF001
            )
        print(
            f"append {min(appends):.2f} µs, flush {min(flushes):.2f} µs a window, dropped {series.dropped}"
        )
        await series.close()


def spent_us(act: Callable[[], object]) -> float:
    """Return the processor time of handling each instance's window once, for one of them."""
    began = time.process_time()
    act()
    return (time.process_time() - began) / INSTANCES * 1e6


if __name__ == "__main__":
    asyncio.run(main())
