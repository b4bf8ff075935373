"""How long to wait before the platform is tried again. Pure: randomness comes in as an argument."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class BackoffSettings:
    """Waits double from the first to the longest. The longest stays under the 12 s after which silence is OFFLINE."""

    first_s: float = 0.25
    longest_s: float = 5.0


class Backoff:
    """Counts failures in a row. Half of each wait is random, so that a fleet does not come back in step."""

    def __init__(self, settings: BackoffSettings, random: Random) -> None:
        """Begin without a failure."""
        self._settings = settings
        self._random = random
        self._failures = 0

    def failed(self) -> float:
        """Note a failure and return how many seconds to wait."""
        whole_s: float = min(
            self._settings.first_s * 2 ** min(self._failures, 30), self._settings.longest_s
        )
        self._failures += 1
        return whole_s * self._random.uniform(0.5, 1.0)

    def succeeded(self) -> None:
        """Begin anew."""
        self._failures = 0
