"""Appends windows to a series until it is killed, printing how far it is."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tagent_contract.reports import Window
from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.series.flusher import SeriesLimits
from tagent_platform.adapters.series.sqlite import SqliteSeries
from tagent_platform.ports.series import LogSample, WindowSample


async def main(path: Path) -> None:
    clock = SystemClock()
    series = SqliteSeries(path, clock, SeriesLimits(flush_interval_s=0.05, fold_interval_s=0.1))
    number = 0
    while True:
        window = Window(age_s=0.0, duration_s=0.01, requests=1)
        number += 1
        log = LogSample("chat", "chat-1", clock.now(), "stdout", "info", str(number))
        series.append([WindowSample("chat", "chat-1", clock.now(), window)], [log])
        print(number, flush=True)
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
