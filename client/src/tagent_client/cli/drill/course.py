"""The course of one trial: inject, follow until all is over, gather what was seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tagent_client.cli.drill.callers import Callers
from tagent_client.cli.drill.trials import Call, Course, Trial, served_again
from tagent_client.client import Client
from tagent_contract.faults import FaultView
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, IncidentView, TimelineEntry

OVER_WITHIN_S = 75.0
SERVED_AGAIN_WITHIN_S = 15.0
LOOK_EVERY_S = 0.25

Tell = Callable[[str, TimelineEntry], None]


async def run_trial(
    client: Client, service: str, trial: Trial, callers: Callers, tell: Tell
) -> Course:
    """Run it to its end, at most for a bounded time. `tell` gets each new line of the timeline."""
    callers.patience_s = trial.patience_s
    before = await asyncio.to_thread(_incarnation, client, service)
    began_s = callers.now_s()
    fault = await asyncio.to_thread(client.inject, service, trial.fault)
    fault, incident, healthy_s = await _follow(client, fault, callers, tell)
    after = await _afterwards(callers)
    return Course(
        service=service,
        fault=fault,
        incident=incident,
        incarnation_before=before,
        incarnation_after=await asyncio.to_thread(_incarnation, client, service),
        during=callers.between(began_s, healthy_s),
        after=after,
    )


async def _afterwards(callers: Callers) -> tuple[Call, ...]:
    """Return what callers see from now on, until they are served well again or it takes too long."""
    over_s = callers.now_s()
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        seen = callers.between(over_s, callers.now_s())
        if served_again(seen) or callers.now_s() > over_s + SERVED_AGAIN_WITHIN_S:
            return seen


async def _follow(
    client: Client, fault: FaultView, callers: Callers, tell: Tell
) -> tuple[FaultView, IncidentView | None, float]:
    """Return the fault and its incident as they ended, and when the service was healthy again."""
    deadline = time.monotonic() + OVER_WITHIN_S
    told: set[tuple[str, str, str | None]] = set()
    incident: IncidentView | None = None
    healthy_s: float | None = None
    while time.monotonic() < deadline:
        fault = await asyncio.to_thread(client.fault, fault.id)
        for entry in fault.timeline:
            if (entry.at, entry.kind, entry.instance) not in told:
                told.add((entry.at, entry.kind, entry.instance))
                tell(fault.service, entry)
        if fault.incident is not None:
            incident = await asyncio.to_thread(client.incident, fault.incident)
        # Not the fault's end: a crash ends at once, and callers suffer until the service is back.
        if healthy_s is None and any(entry.kind == "healthy" for entry in fault.timeline):
            healthy_s = callers.now_s()
        if fault.state.is_final and _is_over(incident):
            break
        await asyncio.sleep(LOOK_EVERY_S)
    return fault, incident, healthy_s or callers.now_s()


def _is_over(incident: IncidentView | None) -> bool:
    return incident is not None and incident.state in (
        IncidentState.RESOLVED,
        IncidentState.ESCALATED,
    )


def _incarnation(client: Client, service: str) -> str:
    """Return the present incarnation of a service of one instance."""
    return " ".join(one.incarnation for one in client.service(service).instances)


async def until_healthy(client: Client, services: list[str], within_s: float) -> list[str]:
    """Wait until all are HEALTHY; return those that are not in time."""
    deadline = time.monotonic() + within_s
    while True:
        views = await asyncio.to_thread(client.services)
        well = {view.name for view in views if view.health is Health.HEALTHY}
        sick = [service for service in services if service not in well]
        if not sick or time.monotonic() > deadline:
            return sick
        await asyncio.sleep(LOOK_EVERY_S)
