"""The recorder: counts what the proxy sees, and gives it out twice: as windows to report and as recent figures for health.

The proxy writes the plain attributes and calls the short methods, on every request; everything else is done once a
second or less, when somebody reads.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from tagent_contract.reports import ErrorClass, Histogram
from tagent_sidecar.telemetry.histogram import BUCKETS, bucket_of, percentile_ms

SLICE_S = 0.5
"""The grain of the recent figures: they reach up to this much further back than they are asked for."""
KEEP_S = 120.0
"""The furthest back that recent figures go."""


@dataclass(slots=True)
class Figures:
    """What was counted in a stretch of time."""

    requests: int = 0
    errors: Counter[ErrorClass] = field(default_factory=Counter)
    rejected: int = 0
    first_byte: Counter[int] = field(default_factory=Counter)
    first_byte_sum_ms: float = 0.0
    whole: Counter[int] = field(default_factory=Counter)
    whole_sum_ms: float = 0.0
    cut_streams: int = 0
    bytes_in: int = 0
    bytes_out: int = 0

    def add(self, other: Figures) -> None:
        """Take another stretch's counts in."""
        self.requests += other.requests
        self.errors.update(other.errors)
        self.rejected += other.rejected
        self.first_byte.update(other.first_byte)
        self.first_byte_sum_ms += other.first_byte_sum_ms
        self.whole.update(other.whole)
        self.whole_sum_ms += other.whole_sum_ms
        self.cut_streams += other.cut_streams
        self.bytes_in += other.bytes_in
        self.bytes_out += other.bytes_out


@dataclass(frozen=True, slots=True)
class WindowFigures:
    """One window's request figures, in the contract's terms; the fields are named as in `Window`."""

    duration_s: float
    requests: int
    errors: dict[ErrorClass, int]
    rejected: int
    first_byte: Histogram
    whole: Histogram
    cut_streams: int
    in_flight: int
    connections: int
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True, slots=True)
class RecentFigures:
    """What health is judged by."""

    requests: int
    errors: int
    p95_ms: float | None
    """Of the time to first byte, so that a long stream is not slowness. None without any answer."""

    @property
    def error_ratio(self) -> float:
        """Return the share of requests that failed, 0 of none."""
        return self.errors / self.requests if self.requests else 0.0


class Recorder:
    """Counts one sidecar's traffic. Every `now` is monotonic seconds; durations are seconds."""

    __slots__ = (
        "_answered",
        "_answered_sum_s",
        "_finished",
        "_first_byte",
        "_first_byte_sum_s",
        "_live",
        "_pending",
        "_slice_from",
        "_slices",
        "_whole",
        "_whole_sum_s",
        "_window_from",
        "bytes_in",
        "bytes_out",
        "connections",
        "in_flight",
        "rejected",
    )

    def __init__(self, now: float) -> None:
        self.in_flight = 0
        """Gauge: requests whose answer is not complete. The proxy adds and subtracts."""
        self.connections = 0
        """Gauge: open connections of callers."""
        self.rejected = 0
        """Refused by us with 4xx or for lack of room; they are no requests."""
        self.bytes_in = 0
        """From callers. The proxy adds directly."""
        self.bytes_out = 0
        """To callers. The proxy adds directly."""
        self._answered = [0] * BUCKETS
        """Requests whose first byte and last arrived together: one count for both histograms."""
        self._answered_sum_s = 0.0
        self._finished = 0
        self._first_byte = [0] * BUCKETS
        self._first_byte_sum_s = 0.0
        self._whole = [0] * BUCKETS
        self._whole_sum_s = 0.0
        self._live = Figures()
        self._slice_from = now
        self._window_from = now
        self._slices: deque[tuple[float, Figures]] = deque()
        self._pending = Figures()

    # --- called by the proxy ------------------------------------------------------------------------------------

    def answered(self, seconds: float) -> None:
        """Count a request answered without error, its first byte and its last arriving together."""
        self._answered[bucket_of(seconds)] += 1
        self._answered_sum_s += seconds

    def first_byte(self, seconds: float) -> None:
        """Count the begin of a response that is not complete yet."""
        self._first_byte[bucket_of(seconds)] += 1
        self._first_byte_sum_s += seconds

    def finished(self, whole_s: float, error: ErrorClass | None) -> None:
        """Count a request that is over, its first byte (if any) already counted; `error` is what its caller saw go wrong."""
        self._finished += 1
        self._whole[bucket_of(whole_s)] += 1
        self._whole_sum_s += whole_s
        if error is not None:
            self._live.errors[error] += 1

    def stream_cut(self) -> None:
        """Count a response that was cut after it had begun."""
        self._live.cut_streams += 1

    @property
    def requests(self) -> int:
        """Return how many requests were over since the figures were last read."""
        return self._finished + sum(self._answered)

    # --- called by those who read -------------------------------------------------------------------------------

    def take_window(self, now: float) -> WindowFigures:
        """Return the figures since the last call, and begin a new window."""
        self._close_slice(now)
        figures, self._pending = self._pending, Figures()
        duration_s = max(now - self._window_from, 1e-6)
        self._window_from = now
        return WindowFigures(
            duration_s=duration_s,
            requests=figures.requests,
            errors=dict(figures.errors),
            rejected=figures.rejected,
            first_byte=Histogram(counts=dict(figures.first_byte), sum_ms=figures.first_byte_sum_ms),
            whole=Histogram(counts=dict(figures.whole), sum_ms=figures.whole_sum_ms),
            cut_streams=figures.cut_streams,
            in_flight=self.in_flight,
            connections=self.connections,
            bytes_in=figures.bytes_in,
            bytes_out=figures.bytes_out,
        )

    def recent(self, now: float, window_s: float) -> RecentFigures:
        """Return the figures of the last `window_s`; takes nothing away from the windows. Call it about each second."""
        if now - self._slice_from >= SLICE_S:
            self._close_slice(now)
        total = Figures()
        for figures in self._within(now, window_s):
            total.add(figures)
        total.add(self._read_live())
        return RecentFigures(
            requests=total.requests,
            errors=total.errors.total(),
            p95_ms=percentile_ms(total.first_byte, 0.95),
        )

    def forget_recent(self, now: float) -> None:
        """Start the recent figures anew, as when a new incarnation begins; the windows keep all."""
        self._close_slice(now)
        self._slices.clear()

    # --- inside -------------------------------------------------------------------------------------------------

    def _within(self, now: float, window_s: float) -> Iterable[Figures]:
        return (figures for ended_at, figures in self._slices if now - ended_at < window_s)

    def _read_live(self) -> Figures:
        live = self._live
        answered = _sparse(self._answered)
        return Figures(
            requests=self._finished + answered.total(),
            errors=Counter(live.errors),
            rejected=self.rejected,
            first_byte=_sparse(self._first_byte) + answered,
            first_byte_sum_ms=(self._first_byte_sum_s + self._answered_sum_s) * 1000,
            whole=_sparse(self._whole) + answered,
            whole_sum_ms=(self._whole_sum_s + self._answered_sum_s) * 1000,
            cut_streams=live.cut_streams,
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
        )

    def _close_slice(self, now: float) -> None:
        figures = self._read_live()
        self._pending.add(figures)
        if figures.requests or figures.first_byte:
            self._slices.append((now, figures))
        while self._slices and now - self._slices[0][0] > KEEP_S:
            self._slices.popleft()
        self._slice_from = now
        self._live = Figures()
        self._finished = self.rejected = self.bytes_in = self.bytes_out = 0
        self._answered_sum_s = self._first_byte_sum_s = self._whole_sum_s = 0.0
        for bucket in figures.first_byte.keys() | figures.whole.keys():
            self._answered[bucket] = self._first_byte[bucket] = self._whole[bucket] = 0


def _sparse(counts: list[int]) -> Counter[int]:
    if not any(counts):  # Nothing happened, as in most looks at an idle instance.
        return Counter()
    return Counter({bucket: count for bucket, count in enumerate(counts) if count})
