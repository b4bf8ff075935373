"""Incidents as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable

from tagent_contract.incidents import (
    AttemptView,
    HeldBack,
    IncidentView,
    Outcome,
    RollOutState,
    RollOutView,
)
from tagent_contract.times import format_time
from tagent_platform.core.incidents.records import AttemptRecord
from tagent_platform.core.records import (
    FaultRecord,
    HeldBackRecord,
    IncidentRecord,
    TimelineRecord,
)
from tagent_platform.core.roll_outs import RollOut
from tagent_platform.core.timeline import fault_lines
from tagent_platform.core.views import moment, timeline_entry

_FIRST_THINGS_FIRST = ("armed", "acknowledged", "first_affected", "exited", "detected")
"""What follows from what, for lines of the same moment."""


def incident_view(
    record: IncidentRecord, faults: Iterable[FaultRecord] = (), *, with_timeline: bool = False
) -> IncidentView:
    """Show an incident; its timeline is whole, with the lines of the faults behind it, or empty."""
    timeline = incident_timeline(record, faults) if with_timeline else ()
    return IncidentView(
        id=record.id,
        service=record.service,
        state=record.state,
        severity=record.severity,
        cause=record.cause,
        summary=record.summary,
        opened_at=format_time(record.opened_at),
        detected_at=format_time(record.detected_at),
        first_affected_at=moment(record.first_affected_at),
        resolved_at=moment(record.resolved_at),
        acknowledged_at=moment(record.acknowledged_at),
        acknowledged_by=record.acknowledged_by,
        escalated_at=moment(record.escalated_at),
        reopened=record.reopened,
        reopened_at=moment(reopened_at(record)),
        faults=record.faults,
        instances=record.instances,
        attempts=tuple(map(_attempt_view, record.attempts)),
        held_back=held_back_view(record.held_back),
        mttd_s=mttd_s(record),
        mttr_s=mttr_s(record),
        timeline=tuple(map(timeline_entry, timeline)),
    )


def reopened_at(record: IncidentRecord) -> float | None:
    """Return when it came back the last time, by its timeline."""
    return next((line.at for line in reversed(record.timeline) if line.kind == "reopened"), None)


def mttd_s(record: IncidentRecord) -> float | None:
    """Return the time from the first affected request, or the first bad check, to detection."""
    if record.first_affected_at is None:
        return None
    return round(max(0.0, record.detected_at - record.first_affected_at), 3)


def mttr_s(record: IncidentRecord) -> float | None:
    """Return the time from detection to verified recovery; none for one that a person closed."""
    if record.resolved_at is None or record.closed_by is not None:
        return None
    return round(record.resolved_at - record.detected_at, 3)


def incident_timeline(
    record: IncidentRecord, faults: Iterable[FaultRecord]
) -> tuple[TimelineRecord, ...]:
    """Return the incident's lines and those of the faults behind it, in the order they happened."""
    lines = [line for fault in faults if fault.id in record.faults for line in fault_lines(fault)]
    return tuple(sorted([*lines, *record.timeline], key=_moment))


def held_back_view(held: HeldBackRecord | None) -> HeldBack | None:
    """Show why healing waits."""
    if held is None:
        return None
    return HeldBack(reason=held.reason, until=moment(held.until), text=held.text)


def _attempt_view(attempt: AttemptRecord) -> AttemptView:
    return AttemptView(
        id=attempt.id,
        number=attempt.number,
        remedy=attempt.remedy,
        instance=attempt.instance,
        decided_at=format_time(attempt.decided_at),
        by=attempt.by,
        outcome=attempt.outcome,
        started_at=moment(attempt.started_at),
        healthy_at=moment(attempt.healthy_at),
        ended_at=moment(attempt.ended_at),
        detail=attempt.detail,
        roll_out=_roll_out_view(attempt),
    )


def _roll_out_view(attempt: AttemptRecord) -> RollOutView | None:
    roll_out = attempt.roll_out
    if roll_out is None and attempt.rolls_out and attempt.outcome is Outcome.PENDING:
        roll_out = RollOut(state=RollOutState.RUNNING, text="the runtime is asked for it")
    if roll_out is None:
        return None
    at = format_time(attempt.roll_out_at or attempt.decided_at)
    return RollOutView(revision=roll_out.revision, state=roll_out.state, text=roll_out.text, at=at)


def _moment(line: TimelineRecord) -> tuple[float, int]:
    known = line.kind in _FIRST_THINGS_FIRST
    return line.at, _FIRST_THINGS_FIRST.index(line.kind) if known else len(_FIRST_THINGS_FIRST)
