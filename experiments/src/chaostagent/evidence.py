"""What the platform says of a run: its faults, the incidents since it began, the events, whole and in order."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, takewhile

from chaostagent.current_run import CurrentRun
from chaostagent.judgement.share import share_of_run
from chaostagent.judgement.verdict import Evidence
from tagent_client.client import Client
from tagent_contract.events import Event
from tagent_contract.faults import FaultView
from tagent_contract.incidents import IncidentView

EVENTS_MAX = 10_000
PAGE = 500
LATEST_INCIDENTS = 100
LATEST_RUNS = 300


def mark_start(client: Client, run: CurrentRun) -> None:
    """Remember what the platform had seen when the run began. Raises TagentError."""
    latest, _ = client.latest_events(limit=1)
    if latest:
        run.events_after = latest[0].cursor
        run.since = run.since or latest[0].at


def gather(client: Client, run: CurrentRun) -> Evidence:
    """Return everything that bears on the run. Raises TagentError."""
    faults = tuple(client.fault(each.id) for each in run_faults(client, run, run.targets))
    incidents = tuple(
        incident_of_run(client, run, each.id)
        for name in run.targets
        for each in incidents_of_run(client, run, name)
    )
    return Evidence(faults=faults, incidents=incidents)


def run_faults(client: Client, run: CurrentRun, services: Iterable[str]) -> list[FaultView]:
    """Return the run's faults on these services, the newest first; without a run, those since this process began."""
    return [
        fault
        for service in services
        for fault in takewhile(
            lambda each: each.created_at >= run.since, client.faults(service=service)
        )
        if fault.fault.run_id == run.id
    ]


def incidents_of_run(client: Client, run: CurrentRun, service: str) -> list[IncidentView]:
    """Return the run's share of the service's incidents that were opened since it began, or came back; the newest first, without their timelines."""
    latest = islice(client.incidents(service=service), LATEST_INCIDENTS)
    shares = (share_of_run(each, run.since) for each in latest)
    return [each for each in shares if each is not None]


def incident_of_run(client: Client, run: CurrentRun, incident_id: str) -> IncidentView:
    """Return the run's share of an incident, with its timeline; all of one that has none."""
    whole = client.incident(incident_id)
    return share_of_run(whole, run.since) or whole


def targets_beside(client: Client, run: CurrentRun) -> set[str]:
    """Return what other runs had reserved at any time since this one began."""
    latest = islice(client.experiments.runs(), LATEST_RUNS)
    beside = [
        each
        for each in latest
        if each.id != run.id
        and each.started_at is not None
        and (each.ended_at is None or each.ended_at >= run.since)
    ]
    return {name for each in beside for name in each.targets}


def events_since_start(
    client: Client, run: CurrentRun, *, service: str = "", type_prefix: str = ""
) -> list[Event]:
    """Return the events since the run began, the oldest first."""
    found: list[Event] = []
    after = run.events_after
    while len(found) < EVENTS_MAX:
        page, following = client.events(
            after=after, service=service or None, type_prefix=type_prefix or None, limit=PAGE
        )
        found.extend(page)
        if following is None:
            break
        after = following
    return found
