"""A window as Prometheus samples, and back. Pure.

Each sample says something of one window and stands at the window's end: counts are of that window alone, not totals since some start,
so a late window is written where it belongs, whichever replica takes it in. Over time they are summed up, `sum_over_time(…[5m])`.

A histogram is written twice: `_exact` with our own buckets, those that hold anything, one sample each, from which its percentiles come back
as they were; and as the classic `_bucket` with few bounds, on which everybody's `histogram_quantile` works.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from math import floor, log2
from typing import Any, NamedTuple

from tagent_contract.reports import CheckFigures, ErrorClass, Histogram, Window

PREFIX = "tagent_window_"
LE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""The same bounds as a sidecar's own `/metrics`."""

BUCKET_LOWEST, BUCKET_HIGHEST = -64, 320
"""4 nanoseconds and 12 days: a sidecar can say anything, and each bucket is a series of its own."""

GRID_MS = 2
"""Samples stand at even milliseconds and are asked for between odd ones, so it makes no difference whether an engine counts a range's start in."""

_MS_DIGITS = 6


class Fold(StrEnum):
    """How an engine makes one value of a figure's samples over time, as `merge_windows` does."""

    SUM = "sum_over_time"
    LAST = "last_over_time"
    MEAN = "avg_over_time"
    MAX = "max_over_time"


class Figure(NamedTuple):
    """What one series is about: its name after the prefix, and its own labels. A tuple, since most of the writing is looking it up."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()


Point = tuple[Figure, float]


@dataclass(frozen=True, slots=True)
class _Plain:
    """A field that is one number. A zero of `may_miss` is not written: no sample says the same."""

    figure: Figure
    fold: Fold
    may_miss: bool = False


_PLAIN: Mapping[str, _Plain] = {
    "duration_s": _Plain(Figure("duration_seconds"), Fold.SUM),
    "requests": _Plain(Figure("requests"), Fold.SUM),
    "rejected": _Plain(Figure("rejected"), Fold.SUM, may_miss=True),
    "cut_streams": _Plain(Figure("cut_streams"), Fold.SUM, may_miss=True),
    "in_flight": _Plain(Figure("requests_in_flight"), Fold.LAST),
    "connections": _Plain(Figure("connections"), Fold.LAST),
    "bytes_in": _Plain(Figure("received_bytes"), Fold.SUM, may_miss=True),
    "bytes_out": _Plain(Figure("sent_bytes"), Fold.SUM, may_miss=True),
    "cpu_ratio": _Plain(Figure("service_cpu_ratio"), Fold.MEAN),
    "rss_bytes": _Plain(Figure("service_resident_memory_bytes"), Fold.LAST),
    "descriptors": _Plain(Figure("service_open_descriptors"), Fold.LAST),
    "threads": _Plain(Figure("service_threads"), Fold.LAST),
    "restarts": _Plain(Figure("restarts"), Fold.SUM, may_miss=True),
    "cpu_limit_ratio": _Plain(Figure("cpu_limit_ratio"), Fold.LAST),
    "memory_limit_bytes": _Plain(Figure("memory_limit_bytes"), Fold.LAST),
    "sidecar_rss_bytes": _Plain(Figure("sidecar_resident_memory_bytes"), Fold.LAST),
    "sidecar_cpu_ratio": _Plain(Figure("sidecar_cpu_ratio"), Fold.MEAN),
    "windows_dropped": _Plain(Figure("windows_dropped"), Fold.SUM, may_miss=True),
    "log_lines_dropped": _Plain(Figure("log_lines_dropped"), Fold.SUM, may_miss=True),
}
_HISTOGRAMS: Mapping[str, str] = {
    "first_byte": "first_byte_seconds",
    "whole": "request_duration_seconds",
}
_CHECKS = ("inside", "outside")
_DURATION = _PLAIN["duration_s"].figure
_LE_BUCKETS = [floor(8 * log2(le * 1e6) + 1e-9) for le in LE_SECONDS]
_FIRST_LE = {
    bucket: bisect_left(_LE_BUCKETS, bucket) for bucket in range(BUCKET_LOWEST, BUCKET_HIGHEST + 1)
}
"""The first of the classic bounds below which all of one of our buckets lies."""

_ERRORS = {kind: Figure("errors", (("class", kind.value),)) for kind in ErrorClass}
_EXACT = {
    field: {
        bucket: Figure(f"{name}_exact", (("bucket", str(bucket)),))
        for bucket in range(BUCKET_LOWEST, BUCKET_HIGHEST + 1)
    }
    for field, name in _HISTOGRAMS.items()
}
_BUCKET_OF = {
    figure: (field, bucket) for field, exact in _EXACT.items() for bucket, figure in exact.items()
}
_CLASSIC = {
    field: [
        *(Figure(f"{name}_bucket", (("le", f"{le:g}"),)) for le in LE_SECONDS),
        Figure(f"{name}_bucket", (("le", "+Inf"),)),
    ]
    for field, name in _HISTOGRAMS.items()
}
_COUNTS = {field: Figure(f"{name}_count") for field, name in _HISTOGRAMS.items()}
_SUMS = {field: Figure(f"{name}_sum") for field, name in _HISTOGRAMS.items()}
_RESULTS = {
    (side, result): Figure("checks", (("result", result), ("side", side)))
    for side in _CHECKS
    for result in ("passed", "failed")
}
_LATENCIES = {side: Figure("check_latency_seconds", (("side", side),)) for side in _CHECKS}


def instant_ms(at: float) -> int:
    """Return where the sample of a moment stands, in milliseconds since the epoch."""
    return int(at * 1000 + 0.5) // GRID_MS * GRID_MS


def points_of(window: Window) -> list[Point]:
    """Return what is written of a window: about 15 samples when it is idle, and as many again for each histogram."""
    points: list[Point] = []
    for field, plain in _PLAIN.items():
        value = getattr(window, field)
        if value is not None and (value or not plain.may_miss):
            points.append((plain.figure, value))
    points += [(_ERRORS[kind], count) for kind, count in window.errors.items() if count]
    for side in _CHECKS:
        _add_checks(points, side, getattr(window, side))
    for field in _HISTOGRAMS:
        _add_histogram(points, field, getattr(window, field))
    return points


def _add_checks(points: list[Point], side: str, checks: CheckFigures) -> None:
    if checks.passed:
        points.append((_RESULTS[side, "passed"], checks.passed))
    if checks.failed:
        points.append((_RESULTS[side, "failed"], checks.failed))
    if checks.latency_ms is not None:
        points.append((_LATENCIES[side], checks.latency_ms / 1000))


def _add_histogram(points: list[Point], field: str, histogram: Histogram) -> None:
    counts = _within_bounds(histogram.counts)
    if not counts:
        return
    exact = _EXACT[field]
    points += [(exact[bucket], count) for bucket, count in counts.items() if count]
    points.append((_SUMS[field], histogram.sum_ms / 1000))
    between = [0] * (len(LE_SECONDS) + 1)
    for bucket, count in counts.items():
        between[_FIRST_LE[bucket]] += count
    below = list(accumulate(between))
    points += zip(_CLASSIC[field], below, strict=True)
    points.append((_COUNTS[field], below[-1]))


def _within_bounds(counts: Mapping[int, int]) -> Mapping[int, int]:
    if not counts or (min(counts) >= BUCKET_LOWEST and max(counts) <= BUCKET_HIGHEST):
        return counts
    bounded: dict[int, int] = {}
    for bucket, count in counts.items():
        nearest = min(max(bucket, BUCKET_LOWEST), BUCKET_HIGHEST)
        bounded[nearest] = bounded.get(nearest, 0) + count
    return bounded


def names_of(fields: Iterable[str]) -> list[tuple[str, Fold]]:
    """Return the series' names, without the prefix, that hold these fields of a window, and how each is folded; its duration is always one."""
    names: dict[str, Fold] = {_DURATION.name: Fold.SUM}
    for field in sorted(fields):
        if field in _PLAIN:
            names[_PLAIN[field].figure.name] = _PLAIN[field].fold
        elif field in _HISTOGRAMS:
            names[f"{_HISTOGRAMS[field]}_exact"] = Fold.SUM
            names[_SUMS[field].name] = Fold.SUM
        elif field in _CHECKS:
            names["checks"] = Fold.SUM
            names["check_latency_seconds"] = Fold.MAX
        elif field == "errors":
            names["errors"] = Fold.SUM
    return list(names.items())


def window_of(values: Mapping[Figure, float], duration_s: float = 0.0) -> Window | None:
    """Return the window whose samples these are, None when nothing says how long it was: no sample, nor `duration_s`.

    Fields that were not asked for have their defaults.
    """
    duration_s = values.get(_DURATION, duration_s)
    if duration_s <= 0:
        return None
    fields: dict[str, Any] = {"age_s": 0.0, "duration_s": duration_s}
    for field, plain in _PLAIN.items():
        if plain.figure in values:
            fields[field] = _number(field, values[plain.figure])
    fields["errors"] = {
        kind: int(values[figure]) for kind, figure in _ERRORS.items() if figure in values
    }
    for side in _CHECKS:
        fields[side] = _checks_of(values, side)
    fields.update(_histograms_of(values))
    return Window(**fields)


def _number(field: str, value: float) -> float:
    return value if field == "duration_s" or field.endswith("_ratio") else int(value)


def _checks_of(values: Mapping[Figure, float], side: str) -> CheckFigures:
    latency_s = values.get(_LATENCIES[side])
    return CheckFigures(
        passed=int(values.get(_RESULTS[side, "passed"], 0)),
        failed=int(values.get(_RESULTS[side, "failed"], 0)),
        latency_ms=None if latency_s is None else round(latency_s * 1000, _MS_DIGITS),
    )


def _histograms_of(values: Mapping[Figure, float]) -> dict[str, Histogram]:
    counts: dict[str, dict[int, int]] = {field: {} for field in _HISTOGRAMS}
    for figure, value in values.items():
        if figure in _BUCKET_OF:
            field, bucket = _BUCKET_OF[figure]
            counts[field][bucket] = int(value)
    return {
        field: Histogram(
            counts=counts[field],
            sum_ms=round(values.get(_SUMS[field], 0.0) * 1000, _MS_DIGITS),
        )
        for field in _HISTOGRAMS
    }
