"""The machine's clock, without its jumps."""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """Keeps the clock port: the wall clock is read once, at the start, and counted on by the monotonic clock.

    So a changed wall clock shifts nothing while the platform runs; it is right again after the next start.
    """

    def __init__(self) -> None:
        self._started_at = time.time()  # noqa: TID251  # this is the clock port's adapter
        self._started_monotonic = time.monotonic()

    def now(self) -> float:
        return self._started_at + (time.monotonic() - self._started_monotonic)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
