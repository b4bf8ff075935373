"""Whether the platform can do its work, as an orchestrator wants to know."""

from __future__ import annotations

import math
from collections.abc import Callable

from tagent_platform.usecases.platform import Platform

CONFIRMED_WITHIN_S = 10.0
"""As long as a confirmation lets sidecars keep their faults."""
TICKED_WITHIN_S = 10.0


class Readiness:
    """Knows of the control loop what the platform does not."""

    def __init__(self) -> None:
        self.loop_ticked: Callable[[], float] | None = None
        """Gives the monotonic time of the loop's last whole tick; None: no loop runs here."""
        self.is_stopping = False

    def loop_age_s(self, platform: Platform) -> float | None:
        """Return how long ago the loop finished a tick."""
        if self.loop_ticked is None:
            return None
        return platform.clock.monotonic() - self.loop_ticked()

    def why_not(self, platform: Platform) -> str | None:
        """Say in one sentence why it is not ready, or None when it is."""
        if self.is_stopping:
            return "the platform is stopping"
        if platform.store_watch.is_away:
            return "the store cannot be read or written"
        age_s = platform.store_watch.confirmed_age_s(platform.clock.monotonic())
        if math.isinf(age_s):
            return "the store was not confirmed yet"
        if age_s > CONFIRMED_WITHIN_S:
            return f"the store was not confirmed for {age_s:.0f} s"
        loop_age_s = self.loop_age_s(platform)
        if loop_age_s is not None and loop_age_s > TICKED_WITHIN_S:
            return f"the control loop has not ticked for {loop_age_s:.0f} s"
        return None
