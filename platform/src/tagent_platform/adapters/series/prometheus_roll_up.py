"""Several windows of an instance as one, so that an engine that is paid by the sample is sent fewer. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from tagent_platform.core.windows import merge_windows
from tagent_platform.ports.series import WindowSample

PATIENCE_S = 10.0
"""So long after a period's end its last windows may still come: sidecars report each five seconds."""


class RollUp:
    """One window for each instance and period, which begin at whole multiples of `period_s`; what comes after its period was taken is one more."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._held: dict[tuple[str, str, int], WindowSample] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, samples: Iterable[WindowSample]) -> None:
        """Put windows to those of their period, in which each ends."""
        for sample in samples:
            key = (sample.service, sample.instance, ceil(sample.at / self._period_s))
            held = self._held.get(key)
            if held is None:
                self._held[key] = sample
                continue
            earlier, later = (held, sample) if held.at <= sample.at else (sample, held)
            merged = merge_windows([earlier.window, later.window])
            self._held[key] = WindowSample(sample.service, sample.instance, later.at, merged)

    def held(self) -> Iterable[WindowSample]:
        """Return what is not taken yet, as it is now."""
        return self._held.values()

    def take(self, now: float) -> list[WindowSample]:
        """Return, oldest first, the windows whose period is over, and hold them no more."""
        over = [key for key in self._held if key[2] * self._period_s + PATIENCE_S <= now]
        return sorted((self._held.pop(key) for key in over), key=lambda sample: sample.at)

    def take_all(self) -> list[WindowSample]:
        """Return all, and hold nothing."""
        return self.take(float("inf"))
