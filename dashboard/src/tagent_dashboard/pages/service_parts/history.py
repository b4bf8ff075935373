"""What has happened to a service: its past faults, incidents and maintenance, beside what is going on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from tagent_client.client import Client
from tagent_contract.events import Event
from tagent_contract.faults import FaultView
from tagent_contract.incidents import IncidentView
from tagent_contract.services import ServiceView
from tagent_dashboard.live import board
from tagent_dashboard.live.snapshot import Snapshot

GoingOn = tuple[object, ...]
LOOKED_BACK = 60
"""Of faults and of incidents, newest first."""
KEEPS_S = 15.0
CHANGED_KEEPS_S = 1.0
"""Once something has begun or ended, what was known before is no longer all."""


@dataclass(frozen=True, slots=True)
class _Past:
    going_on: GoingOn = ()
    """What was going on when it was asked for."""
    faults: tuple[FaultView, ...] = ()
    incidents: tuple[IncidentView, ...] = ()
    maintenance: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """Faults and incidents, newest first; `ended` are the faults that have."""

    running: tuple[FaultView, ...]
    ended: tuple[FaultView, ...]
    incidents: tuple[IncidentView, ...]
    maintenance: tuple[Event, ...]
    problem: str


def history_of(service: ServiceView, snapshot: Snapshot) -> History:
    """Return it; asked for anew at once when something has begun or ended."""
    name = service.name
    running = snapshot.faults_by_service.get(name, ())
    incident = snapshot.incident_by_service.get(name)
    going_on: GoingOn = (
        tuple(fault.id for fault in running),
        incident and incident.id,
        service.maintenance,
    )

    def ask(client: Client) -> _Past:
        return _Past(
            going_on=going_on,
            faults=tuple(islice(client.faults(service=name), LOOKED_BACK)),
            incidents=tuple(islice(client.incidents(service=name), LOOKED_BACK)),
            maintenance=client.latest_events(service=name, type_prefix="maintenance.", limit=20)[0],
        )

    answers = board.installed().answers
    answer = answers.get(("history", name), ask, younger_than_s=KEEPS_S)
    if answer.value is not None and answer.value.going_on != going_on:
        answer = answers.get(("history", name), ask, younger_than_s=CHANGED_KEEPS_S)
    past = answer.value or _Past()
    incidents = [item for item in past.incidents if incident is None or item.id != incident.id]
    return History(
        running=running,
        ended=tuple(fault for fault in past.faults if fault.state.is_final),
        incidents=(*([incident] if incident is not None else []), *incidents),
        maintenance=past.maintenance,
        problem=answer.problem,
    )
