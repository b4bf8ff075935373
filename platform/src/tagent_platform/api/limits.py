"""How much anybody may ask for: sizes, counts, rates and times, with their defaults."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The API's limits. Each field is the setting `TAGENT_<NAME>`."""

    body_bytes_max: int = 2**20
    telemetry_body_bytes_max: int = 8 * 2**20
    body_timeout_s: float = 30.0
    """A request's whole body arrives within this."""
    head_bytes_max: int = 32 * 2**10
    head_timeout_s: float = 10.0
    """A connection says its request line and headers within this."""
    idle_timeout_s: float = 75.0
    """A connection without a request is kept for this long."""
    slow_reader_timeout_s: float = 10.0
    """A caller that takes nothing of a full answer for this long is cut."""
    connections_max: int = 4096
    long_polls_max: int = 2000
    long_poll_wait_s_max: float = 60.0
    streams_max: int = 200
    heartbeat_interval_s: float = 15.0
    """Between the comments that keep a silent event stream open."""
    requests_per_s: float = 200.0
    """Of one token of a person; ten times as much at once is let through."""
    reports_per_s: float = 50_000.0
    """Of one sidecar's token."""
    failed_logins_per_s: float = 1.0
    """Of one address; beyond twenty at once they are answered 429."""
    receipts_max: int = 10_000
    """Answers kept for repeated Idempotency-Keys; beyond it the oldest go."""


BUCKETS_MAX = 10_000
"""So many names are told apart; the ones not seen longest are forgotten first."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """Token buckets by name: `per_s` on average, `burst` at once. Times are monotonic seconds."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s = per_s
        self._burst = max(1.0, burst)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, name: str, now: float) -> float:
        """Take one; return 0, or how many seconds until there is one (then nothing was taken)."""
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = _Bucket(self._burst, now)
            if len(self._buckets) > BUCKETS_MAX:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(name)
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._per_s)
            bucket.at = now
        if bucket.tokens >= 1.0:
            bucket.tokens -= 1.0
            return 0.0
        return (1.0 - bucket.tokens) / self._per_s
