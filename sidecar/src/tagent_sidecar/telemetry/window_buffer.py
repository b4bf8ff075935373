"""The buffer of windows that wait to be sent: bounded, oldest first, with ages that stay true while they wait."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import msgspec

from tagent_contract.reports import Window


@dataclass(frozen=True, slots=True)
class WaitingWindows:
    """Some of the oldest windows, ready to be sent; `up_to` names them when they were."""

    windows: tuple[Window, ...]
    up_to: int


class WindowBuffer:
    """Windows and when each ended (monotonic seconds). When it is full, the oldest makes room and is counted."""

    def __init__(self, windows_max: int = 720) -> None:
        """Keep nothing yet; 720 windows of 5 s are an hour."""
        self._windows: deque[tuple[float, Window]] = deque()
        self._windows_max = windows_max
        self._first_number = 0
        self.dropped = 0
        """Windows lost that no window has told of yet."""
        self.dropped_total = 0

    def __len__(self) -> int:
        return len(self._windows)

    def add(self, window: Window, ended_at: float) -> None:
        """Keep a window; it tells of those lost before it."""
        if len(self._windows) >= self._windows_max:
            self.drop_up_to(self._first_number + 1)
        if self.dropped:
            window = msgspec.structs.replace(window, windows_dropped=self.dropped)
            self.dropped = 0
        self._windows.append((ended_at, window))

    def oldest(self, count: int, now: float) -> WaitingWindows:
        """Return the oldest windows with their age as of `now`; they stay until `remove_sent`."""
        windows = tuple(
            msgspec.structs.replace(window, age_s=max(now - ended_at, 0.0))
            for (ended_at, window), _ in zip(self._windows, range(count), strict=False)
        )
        return WaitingWindows(windows, self._first_number + len(windows))

    def remove_sent(self, up_to: int) -> None:
        """Forget the windows before this number: a report with them was answered."""
        while self._windows and self._first_number < up_to:
            self._windows.popleft()
            self._first_number += 1

    def drop_up_to(self, up_to: int) -> None:
        """Lose the windows before this number, which were not sent, and what they told of those lost before."""
        while self._windows and self._first_number < up_to:
            _, lost = self._windows.popleft()
            self._first_number += 1
            self.dropped += 1 + lost.windows_dropped
            self.dropped_total += 1
