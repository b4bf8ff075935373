"""What is wrong with an engine: said once when it begins, and once when it is over."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)

SAY_AGAIN_S = 60.0
"""Another reason for the same trouble is said too, but not more often."""


class Trouble:
    """Of one thing that an engine is there for, such as `cannot be written to` and, afterwards, `can be written to again`.

    It is over when nothing went wrong for `calm_s`: what comes and goes is one trouble.
    """

    def __init__(self, broken: str, mended: str, calm_s: float = 0.0) -> None:
        self._broken = broken
        self._mended = mended
        self._calm_s = calm_s
        self._why = ""
        self._said_at = 0.0
        self._noted_at = 0.0

    def note(self, why: str, now: float) -> None:
        """Note that it went wrong; `now` is monotonic, in seconds."""
        self._noted_at = now
        if why == self._why or (self._why and now - self._said_at < SAY_AGAIN_S):
            return
        self._why = why
        self._said_at = now
        log.warning("%s: %s", self._broken, why)

    def went_well(self, now: float) -> None:
        """Note that it did not go wrong."""
        if self._why and now - self._noted_at >= self._calm_s:
            self._why = ""
            log.warning("%s", self._mended)
