"""What a service's card says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tagent_contract.faults import FaultState, FaultView
from tagent_contract.health import Health
from tagent_contract.services import ServiceView
from tagent_dashboard.live.trends import shown_latency_ms
from tagent_dashboard.views.fleet import Entry
from tagent_dashboard.views.times import ago, clock, count_down, milliseconds, ratio, seconds
from tagent_dashboard.views.words import Look, look_of

ACKNOWLEDGED_WITHIN_S = 5.0
"""Later than this, it is said that nobody has acknowledged a fault yet."""


@dataclass(frozen=True, slots=True)
class FaultLine:
    """A fault that has not ended: what, how far it got, and until when."""

    service: str
    type: str
    state: FaultState
    text: str
    is_late: bool
    """Whether a sidecar should have answered by now."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with what it is of."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Card:
    """A service's card."""

    name: str
    health: Health
    look: Look
    """Of its health; grey where that may not be true any more."""
    since: str
    why: str
    figures: tuple[Figure, ...]
    faults: tuple[FaultLine, ...]


def card(entry: Entry, now: float, *, is_live: bool = True) -> Card:
    """Return what the card of a service says at this moment, from data that is live or not."""
    service = entry.service
    return Card(
        name=service.name,
        health=service.health,
        look=look_of(service.health, is_live=is_live),
        since=f"since {clock(service.since)}, {ago(service.since, now)}",
        why=entry.why,
        figures=figures(service),
        faults=fault_lines(entry.faults, now),
    )


def figures(service: ServiceView) -> tuple[Figure, ...]:
    """Return latency, errors and requests; the checks' latency while there are no requests."""
    latest = service.figures
    is_idle = latest.first_byte_p95_ms is None
    latency = milliseconds(shown_latency_ms(service))
    if is_idle:
        return Figure(latency, "checks"), Figure("no", "requests")
    return (
        Figure(latency, "p95"),
        Figure(ratio(latest.error_ratio), "errors"),
        Figure(f"{latest.requests_per_s:.1f}", "requests/s"),
    )


def fault_lines(faults: Sequence[FaultView], now: float) -> tuple[FaultLine, ...]:
    """Return a line for each fault, the one that ends first at the top."""
    ordered = sorted(faults, key=lambda fault: (fault.expires_at, fault.id))
    return tuple(_fault_line(fault, now) for fault in ordered)


def _fault_line(fault: FaultView, now: float) -> FaultLine:
    is_late = (
        fault.state is FaultState.PENDING
        and now - seconds(fault.created_at) > ACKNOWLEDGED_WITHIN_S
    )
    return FaultLine(
        service=fault.service,
        type=fault.type,
        state=fault.state,
        text=_fault_text(fault, is_late, now),
        is_late=is_late,
    )


def _fault_text(fault: FaultView, is_late: bool, now: float) -> str:
    if fault.state is FaultState.PENDING:
        where = _where(fault, FaultState.PENDING)
        waiting = (
            f"no acknowledgement after {ACKNOWLEDGED_WITHIN_S:.0f} s"
            if is_late
            else "waiting for the sidecar"
        )
        return f"pending{where}, {waiting}"
    if fault.state is FaultState.ENDING:
        return f"ending{_where(fault, FaultState.ENDING)}, waiting for the sidecar"
    left = count_down(fault.expires_at, now)
    ends = "ends now" if left == "0:00" else f"ends in {left}"
    return f"active{_where(fault, FaultState.ACTIVE)}, {ends}, {fault.injected} affected"


def _where(fault: FaultView, state: FaultState) -> str:
    """Say on how many of several instances; nothing where there is but one."""
    if len(fault.targets) < 2:
        return ""
    there = sum(target.state is state for target in fault.targets)
    return f" on {there} of {len(fault.targets)} instances"
