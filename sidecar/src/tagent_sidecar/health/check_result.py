"""What one health check found, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Where a check comes from: straight to the service, or through the proxy as callers do."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class CheckOutcome(StrEnum):
    """How a check ended. Anything but PASSED is a failure."""

    PASSED = "passed"
    REFUSED = "refused"
    """Nobody listens: known at once, so it counts at once."""
    TIMED_OUT = "timed_out"
    BAD_ANSWER = "bad_answer"
    """An answer that is not the wanted one: a status, a malformed head, an exit code."""
    BROKEN = "broken"
    """The connection or the check's command failed before an answer."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check. `started_at` is monotonic; `latency_s` is the time to the first byte of an answer, None without one."""

    side: Side
    outcome: CheckOutcome
    started_at: float
    latency_s: float | None = None
    detail: str = ""
    """One line for people, such as `answered 503`; empty when it passed."""

    @property
    def passed(self) -> bool:
        """Return whether the check found what it wanted."""
        return self.outcome is CheckOutcome.PASSED
