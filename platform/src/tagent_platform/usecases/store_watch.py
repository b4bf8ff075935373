"""When the mirror was last found to agree with storage: what the sidecars' leases hang on."""

from __future__ import annotations

import math


class StoreWatch:
    """Remembers the last confirmation. Until the first one, the age is infinite and renews no lease."""

    def __init__(self) -> None:
        self._confirmed: float | None = None
        self._away = False

    def confirmed(self, monotonic: float) -> bool:
        """Note a confirmation whose check began at `monotonic`. Return whether the store was away before it."""
        was_away = self._away
        self._confirmed = monotonic
        self._away = False
        return was_away

    def failed(self) -> None:
        """Note that storage could not be read or written."""
        self._away = True

    @property
    def is_away(self) -> bool:
        """Whether the last thing heard of the store was a failure."""
        return self._away

    def confirmed_age_s(self, monotonic: float) -> float:
        """Return how long ago the mirror was confirmed."""
        return math.inf if self._confirmed is None else monotonic - self._confirmed
