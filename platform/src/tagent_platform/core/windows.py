"""Windows put together: several of one instance, one after the other, as one longer window."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_contract.reports import CheckFigures, ErrorClass, Histogram, Window

_NO_HISTOGRAM = Histogram()
_NO_CHECKS = CheckFigures()


def merge_windows(windows: Sequence[Window]) -> Window:
    """Return what the windows say together, the oldest of them first; there must be one.

    Counts add up, histograms merge, gauges are the last known, ratios of a core are the mean over time, check latencies the slowest.
    """
    if len(windows) == 1:
        return windows[0]
    last = windows[-1]
    errors: dict[ErrorClass, int] = {}
    for window in windows:
        for kind, count in window.errors.items():
            errors[kind] = errors.get(kind, 0) + count
    return Window(
        age_s=last.age_s,
        duration_s=sum([w.duration_s for w in windows]),
        requests=sum([w.requests for w in windows]),
        errors=errors,
        rejected=sum([w.rejected for w in windows]),
        first_byte=_merge_histograms([w.first_byte for w in windows]),
        whole=_merge_histograms([w.whole for w in windows]),
        cut_streams=sum([w.cut_streams for w in windows]),
        in_flight=last.in_flight,
        connections=last.connections,
        bytes_in=sum([w.bytes_in for w in windows]),
        bytes_out=sum([w.bytes_out for w in windows]),
        inside=_merge_checks([w.inside for w in windows]),
        outside=_merge_checks([w.outside for w in windows]),
        cpu_ratio=_mean([(w.cpu_ratio, w.duration_s) for w in windows]),
        rss_bytes=_last([w.rss_bytes for w in windows]),
        descriptors=_last([w.descriptors for w in windows]),
        threads=_last([w.threads for w in windows]),
        restarts=sum([w.restarts for w in windows]),
        cpu_limit_ratio=_last([w.cpu_limit_ratio for w in windows]),
        memory_limit_bytes=_last([w.memory_limit_bytes for w in windows]),
        sidecar_rss_bytes=_last([w.sidecar_rss_bytes for w in windows]),
        sidecar_cpu_ratio=_mean([(w.sidecar_cpu_ratio, w.duration_s) for w in windows]),
        windows_dropped=sum([w.windows_dropped for w in windows]),
        log_lines_dropped=sum([w.log_lines_dropped for w in windows]),
    )


def _merge_histograms(histograms: Sequence[Histogram]) -> Histogram:
    used = [histogram for histogram in histograms if histogram.counts]
    if len(used) <= 1:
        return used[0] if used else _NO_HISTOGRAM
    total = dict(used[0].counts)
    for histogram in used[1:]:
        for bucket, count in histogram.counts.items():
            if bucket in total:
                total[bucket] += count
            else:
                total[bucket] = count
    return Histogram(counts=total, sum_ms=sum([histogram.sum_ms for histogram in used]))


def _merge_checks(checks: Sequence[CheckFigures]) -> CheckFigures:
    passed = sum([check.passed for check in checks])
    failed = sum([check.failed for check in checks])
    latencies = [check.latency_ms for check in checks if check.latency_ms is not None]
    if not (passed or failed or latencies):
        return _NO_CHECKS
    return CheckFigures(passed=passed, failed=failed, latency_ms=max(latencies, default=None))


def _last(values: Sequence[int | None] | Sequence[float | None]) -> int | None:
    for value in reversed(values):
        if value is not None:
            return value  # type: ignore[return-value]  # ints come back as ints
    return None


def _mean(weighted: Sequence[tuple[float | None, float]]) -> float | None:
    known = [(value, weight) for value, weight in weighted if value is not None]
    total = sum([weight for _, weight in known])
    return sum([value * weight for value, weight in known]) / total if total else None
