"""What this boot has counted in all, window by window; for those who read counters that only grow."""

from __future__ import annotations

from collections import Counter

from tagent_contract.reports import ErrorClass, Histogram, Window


class Totals:
    """The sums of all windows so far."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.requests = 0
        self.rejected = 0
        self.cut_streams = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.log_lines_dropped = 0
        self.errors: Counter[ErrorClass] = Counter(dict.fromkeys(ErrorClass, 0))
        self.checks: Counter[tuple[str, str]] = Counter(
            {(side, result): 0 for side in ("inside", "outside") for result in ("passed", "failed")}
        )
        self.first_byte: Counter[int] = Counter()
        self.first_byte_sum_ms = 0.0
        self.whole: Counter[int] = Counter()
        self.whole_sum_ms = 0.0

    def add(self, window: Window) -> None:
        """Take a window in."""
        self.requests += window.requests
        self.rejected += window.rejected
        self.cut_streams += window.cut_streams
        self.bytes_in += window.bytes_in
        self.bytes_out += window.bytes_out
        self.log_lines_dropped += window.log_lines_dropped
        self.errors.update(window.errors)
        for side, figures in (("inside", window.inside), ("outside", window.outside)):
            self.checks[side, "passed"] += figures.passed
            self.checks[side, "failed"] += figures.failed
        self.first_byte_sum_ms += _take(self.first_byte, window.first_byte)
        self.whole_sum_ms += _take(self.whole, window.whole)


def _take(counts: Counter[int], histogram: Histogram) -> float:
    counts.update(histogram.counts)
    return histogram.sum_ms
