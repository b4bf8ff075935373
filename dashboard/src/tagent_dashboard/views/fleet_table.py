"""The table of all services: text and rounded numbers, in columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tagent_contract.incidents import IncidentState
from tagent_dashboard.live.trends import shown_latency_ms
from tagent_dashboard.views.fleet import Entry
from tagent_dashboard.views.words import FAULT_LOOKS, HEALTH_LOOKS, INCIDENT_LOOKS


@dataclass(frozen=True, slots=True)
class TableRow:
    """One service. None stands for what is not known."""

    status: str
    name: str
    why: str
    latency_ms: float | None
    errors_percent: float | None
    requests_per_s: float
    fault: str
    incident: str
    trend: Sequence[float]


def table_rows(
    entries: Sequence[Entry], trend_of: Callable[[str], Sequence[float]]
) -> tuple[TableRow, ...]:
    """Return a row for each, in their order."""
    return tuple(_row(entry, trend_of(entry.service.name)) for entry in entries)


def _row(entry: Entry, trend: Sequence[float]) -> TableRow:
    service = entry.service
    latency_ms = shown_latency_ms(service)
    errors = service.figures.error_ratio
    return TableRow(
        status=f"{HEALTH_LOOKS[service.health].shape} {service.health}",
        name=service.name,
        why=entry.why,
        latency_ms=None if latency_ms is None else round(latency_ms, 1),
        errors_percent=None if errors is None else round(errors * 100, 1),
        requests_per_s=round(service.figures.requests_per_s, 1),
        fault=", ".join(
            f"{FAULT_LOOKS[fault.state].shape} {fault.type} {fault.state.lower()}"
            for fault in entry.faults
        ),
        incident=_incident(entry),
        trend=trend,
    )


def _incident(entry: Entry) -> str:
    if entry.incident is not None:
        state = entry.incident.state
        return f"{INCIDENT_LOOKS[state].shape} {state}"
    if entry.healed is None:
        return ""
    return f"{INCIDENT_LOOKS[IncidentState.RESOLVED].shape} {IncidentState.RESOLVED}"
