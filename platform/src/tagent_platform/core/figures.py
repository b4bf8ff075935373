"""A service's or an instance's figures, summed up from the windows that its sidecars sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tagent_contract.reports import Histogram, Window
from tagent_contract.services import Figures

BUCKETS_PER_DOUBLING = 8
NO_FIGURES = Figures()


def figures_of(instances: Iterable[Sequence[Window]]) -> Figures:
    """Sum up the latest windows of each instance, oldest first: counts and rates add up, histograms merge, gauges are the last known."""
    sequences = [windows for windows in instances if windows]
    windows = [window for sequence in sequences for window in sequence]
    if not windows:
        return NO_FIGURES
    requests = sum(window.requests for window in windows)
    errors = sum(sum(window.errors.values()) for window in windows)
    first_byte = merged(window.first_byte for window in windows)
    checks = [latency for window in windows if (latency := window.outside.latency_ms) is not None]
    return Figures(
        requests_per_s=sum(map(_rate, sequences)),
        error_ratio=min(1.0, errors / requests) if requests else None,
        first_byte_p50_ms=percentile_ms(first_byte, 0.5),
        first_byte_p95_ms=percentile_ms(first_byte, 0.95),
        first_byte_p99_ms=percentile_ms(first_byte, 0.99),
        whole_p95_ms=percentile_ms(merged(window.whole for window in windows), 0.95),
        check_latency_ms=max(checks, default=None),
        in_flight=sum(sequence[-1].in_flight for sequence in sequences),
        cpu_ratio=_total(_last_known([window.cpu_ratio for window in s]) for s in sequences),
        rss_bytes=_whole(
            _total(_last_known([window.rss_bytes for window in s]) for s in sequences)
        ),
        restarts=sum(window.restarts for window in windows),
    )


def merged(histograms: Iterable[Histogram]) -> Mapping[int, int]:
    """Add up histograms: bucket → count."""
    total: dict[int, int] = {}
    for histogram in histograms:
        for bucket, count in histogram.counts.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def percentile_ms(counts: Mapping[int, int], share: float) -> float | None:
    """Return the latency that this share of the requests did not exceed, None without requests.

    Within a bucket, values are taken to lie evenly on its logarithmic scale; the error is below half a bucket, 5 %.
    """
    total = sum(counts.values())
    if total == 0:
        return None
    rank = share * total
    below = 0
    bucket = 0
    for bucket in sorted(counts):
        if below + counts[bucket] >= rank and counts[bucket]:
            break
        below += counts[bucket]
    inside = min(1.0, max(0.0, (rank - below) / counts[bucket]))
    exponent = min(bucket - 1 + inside, 1000.0 * BUCKETS_PER_DOUBLING)
    return float(2 ** (exponent / BUCKETS_PER_DOUBLING) / 1000)


def _rate(windows: Sequence[Window]) -> float:
    return sum(window.requests for window in windows) / sum(window.duration_s for window in windows)


def _last_known(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def _total(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
