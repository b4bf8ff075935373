"""rate_limit: answers 429 with Retry-After past the quota of a window."""

from __future__ import annotations

from math import ceil

from tagent_contract.faults import RateLimit
from tagent_sidecar.faults.effects import Answer
from tagent_sidecar.faults.rules import ActsOn, FaultType, Strike


class RateLimitRule:
    """Fixed windows; the first begins with the first request."""

    __slots__ = ("_fault", "_fault_id", "_used", "_window_ends")

    def __init__(self, fault_id: str, fault: RateLimit) -> None:
        self._fault_id = fault_id
        self._fault = fault
        self._window_ends = float("-inf")
        self._used = 0

    def effect(self, strike: Strike) -> Answer | None:
        """Let the request by while the window's quota lasts; a check sees the quota and uses none of it."""
        if strike.now >= self._window_ends:
            if not strike.counted and self._fault.quota:
                return None
            self._window_ends = strike.now + self._fault.window_s
            self._used = 0
        if self._used < self._fault.quota:
            self._used += strike.counted
            return None
        wait_s = max(1, ceil(self._window_ends - strike.now))
        headers = (
            ("content-type", "text/plain; charset=utf-8"),
            ("retry-after", str(wait_s)),
        )
        return Answer(self._fault_id, 429, headers, b"rate limit injected by tagent\n")


RATE_LIMIT = FaultType(ActsOn.REQUEST, RateLimitRule)
