"""Following one incident until it ends, for the commands that start something."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.failures import CommandFailedError
from tagent_client.cli.session import now
from tagent_client.cli.views import incidents as views
from tagent_client.cli.views.services import revisions_line
from tagent_client.cli.views.sheet import Cell
from tagent_client.client import Client
from tagent_contract.incidents import IncidentState, IncidentView, Outcome, TimelineEntry

WAIT_S_MAX = 300.0
ROLL_OUT_S_MAX = 1800.0
"""A roll-out takes minutes, and one that fails is followed by another."""
LOOK_EVERY_S = 0.25
LOOK_AT_ROLL_OUT_EVERY_S = 1.0

WaitOption = Annotated[
    bool | None,
    typer.Option(
        "--wait/--no-wait",
        help="Wait until it is verified, or until a person is needed. Default: only for a new revision, whose progress is shown.",
    ),
]


def report_incident(
    client: Client, incident: IncidentView, *, wait: bool | None, json: bool
) -> None:
    """Say what was begun, or how it goes until it ended. Raises CommandFailedError when it did not recover."""
    if wait is not False and _rolls_out(incident):
        ended = _told_as_it_goes(client, incident, json=json)
    elif wait:
        ended = _ended(client, incident, json=json)
    else:
        _begun(incident, json=json)
        return
    if ended.state is not IncidentState.RESOLVED:
        raise CommandFailedError(
            f"{incident.service} has not recovered: the incident is {ended.state.value}"
        )


def _rolls_out(incident: IncidentView) -> bool:
    return any(
        attempt.outcome is Outcome.PENDING and attempt.roll_out is not None
        for attempt in incident.attempts
    )


def _begun(incident: IncidentView, *, json: bool) -> None:
    if json:
        screen.show_json(incident)
        return
    screen.show_line(
        Cell(incident.service, "strong"),
        f": begun as incident {incident.id}; `tagent incidents {incident.id}` shows how it goes",
    )


def _ended(client: Client, incident: IncidentView, *, json: bool) -> IncidentView:
    for ended in _looks(client, incident, LOOK_EVERY_S, WAIT_S_MAX):
        incident = ended
    if json:
        screen.show_json(incident)
        return incident
    for line in views.incident_lines(incident, now()):
        screen.show_line(*line)
    screen.show_sheet(views.timeline_sheet(incident.timeline))
    return incident


def _told_as_it_goes(client: Client, incident: IncidentView, *, json: bool) -> IncidentView:
    """Write each line of the timeline when it comes, and how many instances of which revision are how; as JSON, each change on a line."""
    told: set[TimelineEntry] = set(incident.timeline[:-1])
    instances, latest = "", incident
    for seen in _looks(client, incident, LOOK_AT_ROLL_OUT_EVERY_S, ROLL_OUT_S_MAX):
        if json and seen != latest:
            screen.show_json_line(seen)
        latest = seen
        if json:
            continue
        for entry in seen.timeline:
            if entry not in told:
                told.add(entry)
                screen.show_line(*views.timeline_line(entry))
        line = revisions_line(client.service(incident.service))
        if line and line != instances:
            instances = line
            screen.show_line(Cell(f"{'':10}instances      ", "dim"), line)
    return latest


def _looks(
    client: Client, incident: IncidentView, every_s: float, at_most_s: float
) -> Iterator[IncidentView]:
    """Yield the incident again and again until it is over, or it took too long."""
    deadline = time.monotonic() + at_most_s
    while True:
        incident = client.incident(incident.id)
        yield incident
        over = incident.state in (IncidentState.RESOLVED, IncidentState.ESCALATED)
        if over or time.monotonic() > deadline:
            return
        time.sleep(every_s)
