"""The storm breaker: many services sick at once, from no known fault, share a cause that no restart cures.

A storm begins when at least so many services, and more than that share of all, fell down within the window. While it lasts,
it does not matter any more when they did; it ends as soon as there are fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tagent_contract.events import EventType
from tagent_contract.incidents import Cause, IncidentState, Refusal, Severity
from tagent_platform.core.incidents.steps import Step, escalate, resolve
from tagent_platform.core.records import IncidentRecord, StormRecord

NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Pulse:
    """A service with live instances, as the storm breaker sees it."""

    service: str
    is_down: bool
    """UNHEALTHY or OFFLINE."""
    since: float
    is_organic: bool
    """No known fault is behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StormNumbers:
    """When many is too many."""

    services_min: int = 5
    ratio: float = 0.5
    window_s: float = 60.0


def is_possible(services: int, numbers: StormNumbers) -> bool:
    """Return whether so few services could ever make a storm."""
    return services >= numbers.services_min


def struck(
    pulses: Sequence[Pulse], numbers: StormNumbers, now: float, *, is_ongoing: bool
) -> tuple[str, ...]:
    """Return the services that make a storm; none when there is no storm."""
    down = [
        pulse.service
        for pulse in pulses
        if pulse.is_down
        and pulse.is_organic
        and (is_ongoing or now - pulse.since <= numbers.window_s)
    ]
    if len(down) < numbers.services_min or len(down) <= numbers.ratio * len(pulses):
        return ()
    return tuple(sorted(down))


def begin(
    services: Sequence[str], total: int, *, incident_id: str, now: float
) -> tuple[StormRecord, Step]:
    """Open the storm's one incident, which calls a person for all."""
    text = f"{len(services)} of {total} services fell sick together: {_names(services)}"
    incident = IncidentRecord(
        id=incident_id,
        service="",
        state=IncidentState.OPEN,
        severity=Severity.CRITICAL,
        cause=Cause.ORGANIC,
        summary=text,
        opened_at=now,
        detected_at=now,
    )
    data = {"severity": incident.severity.value, "cause": incident.cause.value}
    step = Step(incident).tell("detected", now, text, event=EventType.INCIDENT_OPENED, data=data)
    step = escalate(step, Refusal.STORM, f"{text}; healing holds back", None, now)
    return StormRecord(since=now, services=tuple(services), incident=incident_id), step


def finish(incident: IncidentRecord, now: float) -> Step:
    """End the storm's incident; one that a person has closed stays as it is."""
    step = Step(incident)
    if incident.state is IncidentState.RESOLVED:
        return step
    return resolve(step, "the storm is over; healing goes on", now)


def _names(services: Iterable[str]) -> str:
    names = list(services)
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more
