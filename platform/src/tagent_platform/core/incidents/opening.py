"""How an incident begins, comes back, and takes in what else falls sick meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tagent_contract.events import EventType
from tagent_contract.faults import fault_type
from tagent_contract.health import Health
from tagent_contract.incidents import Cause, IncidentState, Severity
from tagent_platform.core.incidents.causes import Causes
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.records import (
    FaultRecord,
    IncidentRecord,
    InstanceRecord,
    PatientRecord,
)

_SEVERITIES = (Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.CRITICAL)
_SERVING = frozenset({Health.HEALTHY, Health.DEGRADED})


@dataclass(frozen=True, slots=True)
class Complaint:
    """An instance that does not do well, since when, why, and in one line."""

    instance: InstanceRecord
    since: float
    causes: Causes
    text: str
    is_over: bool = False
    """It was down and is back already."""
    exited_at: float | None = None
    """When its sidecar saw the process end, which it does at once."""


def worst(severities: Iterable[Severity]) -> Severity:
    """Return the gravest of them."""
    return max(severities, key=_SEVERITIES.index, default=Severity.INFO)


def severity_of(complaints: Sequence[Complaint], live: Iterable[InstanceRecord]) -> Severity:
    """Judge by what callers notice: nobody left to serve them, some gone, or some slow."""
    down = [c for c in complaints if not c.is_over and c.instance.health not in _SERVING]
    if not down:
        return Severity.WARNING
    serving = any(instance.health in _SERVING for instance in live)
    return Severity.ERROR if serving else Severity.CRITICAL


def open_incident(
    incident_id: str,
    complaints: Sequence[Complaint],
    live: Iterable[InstanceRecord],
    now: float,
) -> Step:
    """Open an incident about the complaints; there is at least one, and all are of one service."""
    faults = _faults_of(complaints)
    first = min(complaints, key=lambda complaint: complaint.since)
    detected_at = min([now, *(c.exited_at for c in complaints if c.exited_at is not None)])
    incident = IncidentRecord(
        id=incident_id,
        service=first.instance.service,
        state=IncidentState.OPEN,
        severity=severity_of(complaints, live),
        cause=Cause.INJECTED if faults else Cause.ORGANIC,
        summary=_summary(complaints),
        opened_at=now,
        detected_at=detected_at,
        first_affected_at=min(detected_at, first_affected(faults, first.since)),
    )
    step = Step(incident).tell(
        "detected",
        detected_at,
        _summary(complaints),
        event=EventType.INCIDENT_OPENED,
        instance=first.instance.name,
        data={"severity": incident.severity.value, "cause": incident.cause.value},
    )
    return take_in(step, complaints, live, now)


def may_reopen(
    incident: IncidentRecord, complaints: Sequence[Complaint], *, within_s: float, now: float
) -> bool:
    """Decide whether the complaints are a resolved incident come back: the same cause, soon enough."""
    if incident.resolved_at is None or now - incident.resolved_at > within_s:
        return False
    keys = {complaint.causes.key for complaint in complaints if not complaint.causes.is_organic}
    if keys:
        return not keys.isdisjoint(incident.faults)
    return incident.cause is Cause.ORGANIC


def reopen(
    incident: IncidentRecord,
    complaints: Sequence[Complaint],
    live: Sequence[InstanceRecord],
    now: float,
) -> Step:
    """Take a resolved incident up again."""
    step = Step(incident).change(
        state=IncidentState.OPEN,
        reopened=incident.reopened + 1,
        resolved_at=None,
        escalated_at=None,
        verifying_since=None,
        closed_by=None,
    )
    step = step.tell(
        "reopened",
        now,
        f"back for the {_nth(incident.reopened + 1)} time: {_summary(complaints)}",
        event=EventType.INCIDENT_REOPENED,
        instance=complaints[0].instance.name,
        data={"reopened": incident.reopened + 1},
    )
    return take_in(step, complaints, live, now)


def take_in(
    step: Step, complaints: Sequence[Complaint], live: Iterable[InstanceRecord], now: float
) -> Step:
    """Let the incident be about these complaints too. It only gets graver, and each patient keeps its first moment."""
    if not complaints:
        return step
    incident = step.incident
    patients = dict(incident.patients)
    for complaint in complaints:
        known = patients.get(complaint.instance.name)
        if known is None or complaint.since < known.since:
            patients[complaint.instance.name] = PatientRecord(since=complaint.since)
    faults = _faults_of(complaints)
    injected = any(fault.created_at <= incident.detected_at for fault in faults)
    is_injected = incident.cause is Cause.ORGANIC and injected
    step = step.change(
        # A sidecar's word on the fault may come just after the sickness that it brought.
        cause=Cause.INJECTED if is_injected else incident.cause,
        patients=patients,
        instances=_joined(incident.instances, (c.instance.name for c in complaints)),
        faults=_joined(incident.faults, (fault.id for fault in faults)),
    )
    severity = worst((incident.severity, severity_of(complaints, live)))
    if severity is incident.severity:
        return step
    summary = _summary(complaints)
    step = step.change(severity=severity, summary=summary)
    return step.tell("worse", now, f"now {severity}: {summary}")


def first_affected(faults: Iterable[FaultRecord], since: float) -> float:
    """Return when callers were first affected: by the faults' own account, else when the sickness began."""
    moments = (
        target.first_affected_at
        for fault in faults
        for target in fault.targets.values()
        if target.first_affected_at is not None
    )
    return min(moments, default=since)


def with_faults_heard(step: Step, faults: Iterable[FaultRecord]) -> Step:
    """Move the first affected moment back once a fault's report tells of an earlier one."""
    known = step.incident.first_affected_at or step.incident.detected_at
    mine = [fault for fault in faults if fault.id in step.incident.faults]
    return step.change(first_affected_at=min(known, first_affected(mine, known)))


def _summary(complaints: Sequence[Complaint]) -> str:
    first = complaints[0]
    more = f" and {len(complaints) - 1} more" if len(complaints) > 1 else ""
    kinds = sorted({fault_type(fault.fault) for fault in _faults_of(complaints)})
    why = f", {' and '.join(kinds)} injected" if kinds else ""
    return f"{first.text}{more}{why}"


def _faults_of(complaints: Iterable[Complaint]) -> tuple[FaultRecord, ...]:
    faults = {fault.id: fault for complaint in complaints for fault in complaint.causes.faults}
    return tuple(faults.values())


def _joined(known: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))


def _nth(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")
