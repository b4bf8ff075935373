"""One incident as a picture: what was broken, what callers noticed, when it was found, what was tried, and how it was proven well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tagent_contract.faults import FaultView
from tagent_contract.incidents import IncidentState, IncidentView
from tagent_dashboard.views.incidents import is_over
from tagent_dashboard.views.timeline import ATTEMPTS, BLUE, DETECTION, EFFECT, ORANGE, RED
from tagent_dashboard.views.timeline_picture import (
    Bar,
    Picture,
    Span,
    drawn,
    end_of,
    fault_bars,
    own_restarts,
    proofs,
)
from tagent_dashboard.views.times import duration, seconds
from tagent_dashboard.views.words import spoken

AFTER_LAST_S = 10.0


def picture(incident: IncidentView, faults: Sequence[FaultView], now: float) -> Picture:
    """Return the incident as a picture. What still goes on ends now, or where the picture does."""
    span = _span(incident, faults, now)
    return drawn(incident.timeline, faults, _bars(incident, faults, now), span, "the incident")


def _span(incident: IncidentView, faults: Sequence[FaultView], now: float) -> Span:
    """Return what the picture shows: all that happened, and of what still goes on no more than leaves the rest large enough to see."""
    told = [seconds(entry.at) for entry in incident.timeline]
    starts = [seconds(fault.created_at) for fault in faults]
    start = min([seconds(incident.first_affected_at or incident.opened_at), *told, *starts])
    last = max([seconds(incident.opened_at), *told])
    if not is_over(incident):
        last = min(max(now, last), last + AFTER_LAST_S)
    return start, last


def _bars(incident: IncidentView, faults: Sequence[FaultView], now: float) -> Iterable[Bar]:
    yield from fault_bars(faults, now)
    detected = seconds(incident.detected_at)
    affected = seconds(incident.first_affected_at or incident.detected_at)
    well = _well_again(incident, now)
    yield Bar(EFFECT, affected, well, f"not well for {duration(well - affected)}", ORANGE)
    if incident.mttd_s is not None:
        yield Bar(DETECTION, affected, detected, f"found in {duration(incident.mttd_s)}", RED)
    for attempt in incident.attempts:
        label = f"{attempt.number} {spoken(attempt.outcome)}"
        more = f"{spoken(attempt.remedy)} {attempt.instance or ''} by {attempt.by}"
        end = end_of(attempt.ended_at, now)
        yield Bar(ATTEMPTS, seconds(attempt.decided_at), end, label, BLUE, more)
    yield from own_restarts(incident.timeline)
    is_verifying = incident.state is IncidentState.VERIFYING
    yield from proofs(incident.timeline, now, is_verifying=is_verifying)


def _well_again(incident: IncidentView, now: float) -> float:
    """Return when it became well for good: the last time it did, if nothing bad came after that."""
    for entry in reversed(incident.timeline):
        if entry.kind == "healthy":
            return seconds(entry.at)
        if entry.kind in ("relapsed", "reopened", "detected", "attempt_ended"):
            break
    return end_of(incident.resolved_at, now)
