"""What can be asked for over time: each metric's name, and how it is worked out of the instances' windows.

A metric is a function of one merged window per instance. To add one, add its line to METRICS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from operator import attrgetter

from tagent_contract.reports import Window
from tagent_platform.core.figures import merged, percentile_ms
from tagent_platform.core.windows import merge_windows

Value = Callable[[Sequence[Window]], float | None]

COVERED_SHARE_MIN = 0.1
"""A window that covers less of a step, or lies with less of itself in it, says nothing about it."""


@dataclass(frozen=True, slots=True)
class Metric:
    """`counts`: each window belongs to the one step in which it ends, or steps would add up to too much.

    `reads` are the fields of a window that its value is worked out of: storage need not bring more.
    """

    value: Value
    reads: frozenset[str]
    counts: bool = False


def _rate(field: str) -> Metric:
    def value(windows: Sequence[Window]) -> float:
        return float(sum([getattr(window, field) / window.duration_s for window in windows]))

    return Metric(value, frozenset({"duration_s", field}))


def _errors_rate(windows: Sequence[Window]) -> float:
    return sum([_errors(window) / window.duration_s for window in windows])


def _sum(gauge: str) -> Metric:
    """Of a field, or of one within a field: `inside.failed`."""
    read = attrgetter(gauge)

    def value(windows: Sequence[Window]) -> float | None:
        known = [found for window in windows if (found := read(window)) is not None]
        return sum(known) if known else None

    return Metric(value, frozenset({gauge.split(".")[0]}))


def _count(field: str) -> Metric:
    return replace(_sum(field), counts=True)


def _percentile(field: str, share: float) -> Metric:
    def value(windows: Sequence[Window]) -> float | None:
        return percentile_ms(merged(getattr(window, field) for window in windows), share)

    return Metric(value, frozenset({field}))


def _slowest(checks: str) -> Metric:
    def value(windows: Sequence[Window]) -> float | None:
        found = (getattr(window, checks).latency_ms for window in windows)
        return max((latency for latency in found if latency is not None), default=None)

    return Metric(value, frozenset({checks}))


def _errors(window: Window) -> int:
    return sum(window.errors.values())


def _error_ratio(windows: Sequence[Window]) -> float | None:
    requests = sum(window.requests for window in windows)
    return min(1.0, sum(map(_errors, windows)) / requests) if requests else None


METRICS: Mapping[str, Metric] = {
    "requests_per_s": _rate("requests"),
    "error_ratio": Metric(_error_ratio, frozenset({"requests", "errors"})),
    "errors_per_s": Metric(_errors_rate, frozenset({"duration_s", "errors"})),
    "rejected_per_s": _rate("rejected"),
    "first_byte_p50_ms": _percentile("first_byte", 0.5),
    "first_byte_p95_ms": _percentile("first_byte", 0.95),
    "first_byte_p99_ms": _percentile("first_byte", 0.99),
    "whole_p50_ms": _percentile("whole", 0.5),
    "whole_p95_ms": _percentile("whole", 0.95),
    "whole_p99_ms": _percentile("whole", 0.99),
    "cut_streams": _count("cut_streams"),
    "in_flight": _sum("in_flight"),
    "connections": _sum("connections"),
    "bytes_in_per_s": _rate("bytes_in"),
    "bytes_out_per_s": _rate("bytes_out"),
    "inside_check_latency_ms": _slowest("inside"),
    "outside_check_latency_ms": _slowest("outside"),
    "inside_checks_failed": _count("inside.failed"),
    "outside_checks_failed": _count("outside.failed"),
    "cpu_ratio": _sum("cpu_ratio"),
    "cpu_limit_ratio": _sum("cpu_limit_ratio"),
    "rss_bytes": _sum("rss_bytes"),
    "memory_limit_bytes": _sum("memory_limit_bytes"),
    "descriptors": _sum("descriptors"),
    "threads": _sum("threads"),
    "restarts": _count("restarts"),
    "sidecar_rss_bytes": _sum("sidecar_rss_bytes"),
    "sidecar_cpu_ratio": _sum("sidecar_cpu_ratio"),
    "windows_dropped": _count("windows_dropped"),
    "log_lines_dropped": _count("log_lines_dropped"),
}


def metric_named(name: str) -> Metric:
    """Return the metric. Raises ValueError naming the known ones."""
    try:
        return METRICS[name]
    except KeyError:
        raise ValueError(f"there is no metric {name!r}; there are {', '.join(METRICS)}") from None


@dataclass(frozen=True, slots=True)
class Steps:
    """Equal steps from `start`, the last one reaching `end`; step i is the time in (start + i·step, start + (i+1)·step]."""

    start: float
    end: float
    step_s: float

    @property
    def count(self) -> int:
        """How many there are."""
        # What is left over by rounding is no step of its own.
        return max(0, ceil((self.end - self.start) / self.step_s - 1e-6))

    def end_of(self, index: int) -> float:
        """Return when the step ends."""
        return self.start + (index + 1) * self.step_s

    def holding(self, at: float) -> int:
        """Return the step in which a moment lies; it may be out of range."""
        return ceil((at - self.start) / self.step_s - 1e-6) - 1

    def covered_by(self, at: float, duration_s: float) -> Iterable[int]:
        """Give the steps that a window which ends at `at` says something about."""
        least = COVERED_SHARE_MIN * min(duration_s, self.step_s)
        first = self.holding(at - duration_s + least)
        last = self.holding(at)
        if at - (self.end_of(last) - self.step_s) < least and last > first:
            last -= 1
        return range(max(0, first), min(self.count, last + 1))


def values_by_step(
    metrics: Sequence[Metric], instances: Sequence[Sequence[tuple[float, Window]]], steps: Steps
) -> list[list[tuple[float, float | None]]]:
    """Return for each metric one value a step, of each instance's windows with their ends, oldest first."""
    merged = {
        counts: _MergedSteps(counts, instances, steps)
        for counts in {metric.counts for metric in metrics}
    }
    return [
        [
            (steps.end_of(index), merged[metric.counts].value(metric, index))
            for index in range(steps.count)
        ]
        for metric in metrics
    ]


class _MergedSteps:
    """What all instances say of each step: one merged window each. The same for all metrics that are counts, and for all that are not."""

    def __init__(
        self, counts: bool, instances: Iterable[Sequence[tuple[float, Window]]], steps: Steps
    ) -> None:
        self._counts = counts
        self._steps = steps
        self._known = [False] * steps.count
        self._windows: list[list[Window]] = [[] for _ in range(steps.count)]
        for windows in instances:
            for index, said in self._by_step(windows).items():
                self._windows[index].append(merge_windows(said))

    def _by_step(self, windows: Sequence[tuple[float, Window]]) -> dict[int, list[Window]]:
        steps = self._steps
        by_step: dict[int, list[Window]] = {}
        for at, window in windows:
            for index in steps.covered_by(at, window.duration_s):
                self._known[index] = True
                if not self._counts:
                    by_step.setdefault(index, []).append(window)
            if self._counts and 0 <= (ends_in := steps.holding(at)) < steps.count:
                by_step.setdefault(ends_in, []).append(window)
        return by_step

    def value(self, metric: Metric, index: int) -> float | None:
        """Return what the metric says of a step."""
        return _value(metric, self._windows[index], self._known[index])


def _value(metric: Metric, windows: Sequence[Window], is_known: bool) -> float | None:
    if windows:
        return metric.value(windows)
    return 0.0 if metric.counts and is_known else None
