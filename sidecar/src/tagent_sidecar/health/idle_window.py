"""What an idle instance is judged by: the outside checks of the last seconds, as if they were its requests."""

from __future__ import annotations

from collections import deque
from math import ceil


class IdleWindow:
    """The latest outside checks. Holds at most as many as fit its window at the checks' rhythm."""

    def __init__(self) -> None:
        self._ended: deque[tuple[float, float | None]] = deque()

    def add(self, ended_at: float, latency_s: float | None) -> None:
        """Take in a check; without a latency it failed."""
        self._ended.append((ended_at, latency_s))

    def forget(self) -> None:
        """Start anew."""
        self._ended.clear()

    def prune(self, now: float, window_s: float) -> None:
        """Drop what is older than the window."""
        while self._ended and now - self._ended[0][0] > window_s:
            self._ended.popleft()

    @property
    def checks(self) -> int:
        """Return how many checks there are."""
        return len(self._ended)

    @property
    def failures(self) -> int:
        """Return how many of them failed."""
        return sum(latency is None for _, latency in self._ended)

    @property
    def p95_ms(self) -> float | None:
        """Return the latency that 95 % of the answered checks did not exceed; None without an answer."""
        answered = sorted(latency for _, latency in self._ended if latency is not None)
        if not answered:
            return None
        return answered[ceil(0.95 * len(answered)) - 1] * 1000
