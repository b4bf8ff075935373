"""Time, as an argument of everything that decides."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Gives time and waits.

    - `now` is seconds since the epoch and never runs backwards within a process, whatever the machine's clock does.
    - `monotonic` measures spans.
    - `sleep` waits that many seconds, or until cancelled.
    """

    def now(self) -> float: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...
