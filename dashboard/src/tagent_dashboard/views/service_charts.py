"""Which charts a service has, and what is marked on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tagent_contract.events import Event, EventType
from tagent_contract.faults import FaultView
from tagent_contract.incidents import IncidentView
from tagent_contract.services import SeriesView
from tagent_dashboard.views.charts import Band, Chart, Line, Span, panel
from tagent_dashboard.views.times import UNKNOWN, milliseconds, ratio, seconds, size


@dataclass(frozen=True, slots=True)
class Range:
    """How far back the charts go, and how long a step of theirs is."""

    window_s: float
    step_s: float

    @property
    def keeps_s(self) -> float:
        """How long an answer is young enough: sidecars report every 5 s, and a step takes its time to fill."""
        return max(2.5, self.step_s / 4)


RANGES = {
    "5m": Range(300, 5),
    "15m": Range(900, 5),
    "1h": Range(3600, 30),
    "6h": Range(21_600, 120),
    "24h": Range(86_400, 300),
}
RANGE_DEFAULT = "15m"


def _per_second(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1f}/s"


def _percent(value: float | None) -> str:
    return ratio(None if value is None else value / 100)


def _megabytes(value: float | None) -> str:
    return UNKNOWN if value is None else size(value * 1e6)


def _count(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:g}"


REQUESTS = Chart("Requests", (Line("requests_per_s", "requests"),), "/s", _per_second, 1.0)
ERRORS = Chart("Errors", (Line("error_ratio", "errors", 100.0),), "%", _percent, 5.0)
FIRST_BYTE = Chart(
    "Latency, first byte",
    tuple(Line(f"first_byte_{name}_ms", name) for name in ("p50", "p95", "p99")),
    "ms",
    milliseconds,
    20.0,
)
WHOLE = Chart(
    "Latency, whole",
    tuple(Line(f"whole_{name}_ms", name) for name in ("p50", "p95", "p99")),
    "ms",
    milliseconds,
    20.0,
)
CHECKS = Chart(
    "Latency, checks",
    (Line("outside_check_latency_ms", "outside"), Line("inside_check_latency_ms", "inside")),
    "ms",
    milliseconds,
    20.0,
)
FAILED_CHECKS = Chart(
    "Failed health checks",
    (Line("outside_checks_failed", "outside"), Line("inside_checks_failed", "inside")),
    "failed",
    _count,
    1.0,
    is_count=True,
)
CPU = Chart("CPU, of one core", (Line("cpu_ratio", "CPU", 100.0),), "%", _percent, 10.0)
MEMORY = Chart("Memory", (Line("rss_bytes", "memory", 1e-6),), "MB", _megabytes, 10.0)
RESTARTS = Chart(
    "Restarts", (Line("restarts", "restarts"),), "restarts", _count, 1.0, is_count=True
)

OF_REQUESTS = (FIRST_BYTE, WHOLE, REQUESTS, ERRORS)
OF_THE_REST = (CHECKS, FAILED_CHECKS, CPU, MEMORY, RESTARTS)
METRICS = tuple(line.metric for chart in (*OF_REQUESTS, *OF_THE_REST) for line in chart.lines)


@dataclass(frozen=True, slots=True)
class Panels:
    """The charts to draw, and a sentence where some are not worth drawing."""

    charts: tuple[dict[str, Any], ...]
    note: str = ""


def panels(series: Mapping[str, SeriesView], span: Span, bands: Sequence[Band]) -> Panels:
    """Return the charts of a service. Without any request its checks say how it answers, and no flat lines are drawn."""
    if not _has_values(series.values()):
        return Panels((), "Nothing was reported in this time.")
    of_requests = (series[line.metric] for line in (*REQUESTS.lines, *FIRST_BYTE.lines))
    has_requests = any(point.value for view in of_requests for point in view.points)
    charts: tuple[Chart, ...] = (*OF_REQUESTS, *OF_THE_REST) if has_requests else OF_THE_REST
    failed = [series[line.metric] for line in FAILED_CHECKS.lines]
    if not any(point.value for view in failed for point in view.points):
        charts = tuple(chart for chart in charts if chart is not FAILED_CHECKS)
    note = (
        "" if has_requests else "No requests in this time: the health checks show how it answers."
    )
    return Panels(tuple(panel(chart, series, span, bands) for chart in charts), note)


def _has_values(views: Iterable[SeriesView]) -> bool:
    return any(point.value is not None for view in views for point in view.points)


def bands(
    faults: Iterable[FaultView],
    incidents: Iterable[IncidentView],
    maintenance: Iterable[Event],
    now: float,
) -> list[Band]:
    """Return what is marked on a service's charts; what has not ended reaches until now."""
    found = [_fault_band(fault, now) for fault in faults]
    found += [
        Band("incident", "incident", seconds(item.opened_at), _end(item.resolved_at, now))
        for item in incidents
    ]
    return found + maintenance_bands(maintenance, now)


def _fault_band(fault: FaultView, now: float) -> Band:
    # From the first acknowledgement: before it nothing was affected.
    acked = [target.acked_at for target in fault.targets if target.acked_at is not None]
    start = seconds(min(acked, default=fault.created_at))
    return Band("fault", fault.type.replace("_", " "), start, _end(fault.ended_at, now))


def maintenance_bands(events: Iterable[Event], now: float) -> list[Band]:
    """Return the windows of maintenance that a service's events tell of. One that was neither ended nor replaced ends when it said it would."""
    found = []
    begun: tuple[float, float] | None = None
    for event in sorted(events, key=lambda event: event.sequence):
        at = seconds(event.at)
        if begun is not None:
            found.append(Band("maintenance", "maintenance", begun[0], min(begun[1], at)))
            begun = None
        if event.type == EventType.MAINTENANCE_SET:
            begun = (at, _until(event, now))
    if begun is not None:
        found.append(Band("maintenance", "maintenance", begun[0], min(begun[1], now)))
    return found


def _until(event: Event, now: float) -> float:
    until = event.data.get("until")
    return seconds(until) if isinstance(until, str) else now


def _end(at: str | None, now: float) -> float:
    return now if at is None else seconds(at)
