"""One line for each service that is or was in trouble: what, since when, and what is being done about it. Times are of the day, UTC."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_contract.faults import FaultState, FaultView
from tagent_contract.health import Health
from tagent_contract.incidents import (
    AttemptView,
    HeldBack,
    IncidentState,
    IncidentView,
    Outcome,
    Refusal,
    TimelineEntry,
)
from tagent_contract.policy import Mode
from tagent_contract.services import ServiceView
from tagent_dashboard.views.reasons import HEALTH_REASONS
from tagent_dashboard.views.times import clock, duration, seconds

_REMEDIES = {
    "restart_instance": "restarting",
    "restart_service": "restarting all of it",
    "roll_back": "rolling back",
    "escalate": "calling a person",
}


def why(
    service: ServiceView,
    incident: IncidentView | None,
    healed: IncidentView | None,
    faults: Sequence[FaultView] = (),
) -> str:
    """Return the line; empty for a service that has been well and is left alone. `healed` is its latest incident, if that ended lately."""
    parts = (
        _trouble(service, incident, healed),
        _doing(service, incident),
        _injected(faults) if incident is None else "",
        _left_alone(service),
    )
    return "; ".join(part for part in parts if part)


def _trouble(
    service: ServiceView, incident: IncidentView | None, healed: IncidentView | None
) -> str:
    if incident is not None:
        return _complaint(incident, service)
    if service.health is Health.HEALTHY:
        return "" if healed is None else _recovery(healed, service)
    what = service.detail or _clause(HEALTH_REASONS[service.reason].meaning)
    if service.health is Health.OFFLINE and service.instances:
        latest = max(instance.last_contact_at for instance in service.instances)
        return f"{what}, last heard of {clock(latest)}"
    return what


def _complaint(incident: IncidentView, service: ServiceView) -> str:
    """Return the platform's own summary, and what is wrong now where that is something else."""
    summary = _plain_summary(incident, service)
    detail = _of_it(service.detail, service)
    is_news = detail and detail not in summary and service.health is not Health.HEALTHY
    return f"{clock(incident.detected_at)} {summary}" + (f", now {detail}" if is_news else "")


def _plain_summary(incident: IncidentView, service: ServiceView) -> str:
    """Return the summary without the name and the word that stand beside it anyhow."""
    summary = incident.summary
    if len(service.instances) == 1:
        for health in Health:
            summary = summary.removeprefix(f"{service.instances[0].name} is {health}: ")
    return _of_it(summary, service)


def _of_it(text: str, service: ServiceView) -> str:
    """Call the only instance of a service "it"."""
    if len(service.instances) != 1:
        return text
    name = service.instances[0].name
    for named, it in (
        (f"the process of {name}", "its process"),
        (f"the sidecar of {name}", "its sidecar"),
        (name, "it"),
    ):
        text = text.replace(named, it)
    return text


def _recovery(healed: IncidentView, service: ServiceView) -> str:
    """Return what the latest incident was and how long the way back took: `crashed 12:03:04, back in 43 ms`."""
    exits = [entry for entry in healed.timeline if entry.kind == "exited"]
    if exits:
        return _crash(exits, healed.timeline)
    what = f"{clock(healed.detected_at)} {_plain_summary(healed, service)}"
    healthy = next((entry for entry in healed.timeline[::-1] if entry.kind == "healthy"), None)
    if healthy is None:
        return f"{what}, over {clock(healed.resolved_at or healed.detected_at)}"
    return f"{what}, healthy again after {_between(healed.detected_at, healthy.at)}"


def _crash(exits: Sequence[TimelineEntry], timeline: Sequence[TimelineEntry]) -> str:
    latest = exits[-1]
    times = f" {len(exits)} times, lastly" if len(exits) > 1 else ""
    back = next(
        (
            entry
            for kind in ("restarted", "healthy")
            for entry in timeline
            if entry.kind == kind and entry.at >= latest.at
        ),
        None,
    )
    after = "" if back is None else f", back in {_between(latest.at, back.at)}"
    return f"crashed{times} {clock(latest.at)}{after}"


def _doing(service: ServiceView, incident: IncidentView | None) -> str:
    if incident is None:
        return ""
    match incident.state:
        case IncidentState.ESCALATED:
            at = incident.escalated_at or incident.detected_at
            held = incident.held_back
            because = f" ({_because(held, service)})" if held else ""
            return f"escalated {clock(at)}, needs a person{because}"
        case IncidentState.VERIFYING:
            if service.health is not Health.HEALTHY:
                return "being verified"
            back = max(0.0, seconds(service.since) - seconds(incident.detected_at))
            return f"healthy again after {duration(back)}, being verified"
        case IncidentState.REMEDIATING:
            return _attempt(incident.attempts)
        case IncidentState.OPEN:
            return _held_back(incident.held_back, service)
        case IncidentState.RESOLVED:
            return ""


def _attempt(attempts: Sequence[AttemptView]) -> str:
    pending = [attempt for attempt in attempts if attempt.outcome is Outcome.PENDING]
    if not pending:
        return "being healed"
    latest = pending[-1]
    text = f"{_REMEDIES[latest.remedy]} since {clock(latest.decided_at)}"
    if latest.number > 1:
        text += f", attempt {latest.number}"
    return text if latest.by == "healing" else f"{text}, ordered by {latest.by}"


def _held_back(held: HeldBack | None, service: ServiceView) -> str:
    if held is None:
        return ""
    until = "" if held.until is None else f" until {clock(held.until)}"
    return f"held back{until}: {_because(held, service)}"


def _because(held: HeldBack, service: ServiceView) -> str:
    if held.reason is Refusal.DEGRADED_ONLY:
        return "a restart is no cure for that"
    return _of_it(held.text, service) or held.reason.replace("_", " ")


def _injected(faults: Sequence[FaultView]) -> str:
    """Say what faults in force do to a service that has no incident (yet)."""
    active = [fault for fault in faults if fault.state is FaultState.ACTIVE]
    if not active:
        return ""
    kinds = " and ".join(sorted({fault.type for fault in active}))
    affected = sum(fault.injected for fault in active)
    return f"{kinds} injected, " + (f"{affected} affected" if affected else "nothing affected yet")


def _left_alone(service: ServiceView) -> str:
    """Say why healing would look away."""
    if service.maintenance is not None:
        window = service.maintenance
        return f"maintenance until {clock(window.until)}: {window.reason}"
    return "" if service.mode is Mode.HEAL else f"healing is set to {service.mode}"


def _between(start: str, end: str) -> str:
    return duration(max(0.0, seconds(end) - seconds(start)))


def _clause(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")
