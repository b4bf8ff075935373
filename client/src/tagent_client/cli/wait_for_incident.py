"""Following one incident until it ends, for the commands that start something."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.failures import CommandFailedError
from tagent_client.cli.session import now
from tagent_client.cli.views import incidents as views
from tagent_client.cli.views.sheet import Cell
from tagent_client.client import Client
from tagent_contract.incidents import IncidentState, IncidentView

WAIT_S_MAX = 300.0

WaitOption = Annotated[
    bool, typer.Option("--wait", help="Wait until it is verified, or until a person is needed.")
]


def report_incident(client: Client, incident: IncidentView, *, wait: bool, json: bool) -> None:
    """Say what was begun, or with `wait` how it ended. Raises CommandFailedError when it did not recover."""
    if not wait:
        if json:
            screen.show_json(incident)
        else:
            screen.show_line(
                Cell(incident.service, "strong"),
                f": begun as incident {incident.id}; `tagent incidents {incident.id}` shows how it goes",
            )
        return
    ended = _ended(client, incident)
    if json:
        screen.show_json(ended)
    else:
        for line in views.incident_lines(ended, now()):
            screen.show_line(*line)
        screen.show_sheet(views.timeline_sheet(ended.timeline))
    if ended.state is not IncidentState.RESOLVED:
        raise CommandFailedError(
            f"{incident.service} has not recovered: the incident is {ended.state.value}"
        )


def _ended(client: Client, incident: IncidentView) -> IncidentView:
    deadline = time.monotonic() + WAIT_S_MAX
    while True:
        incident = client.incident(incident.id)
        over = incident.state in (IncidentState.RESOLVED, IncidentState.ESCALATED)
        if over or time.monotonic() > deadline:
            return incident
        time.sleep(0.25)
