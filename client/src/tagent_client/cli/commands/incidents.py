"""`tagent incidents` and `tagent ack`."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.session import JsonOption, known_services, now, open_client
from tagent_client.cli.views import incidents as views
from tagent_client.cli.views.sheet import Cell

LIMIT = 20


def incidents(
    incident_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Only this one, with its timeline.")
    ] = None,
    service: Annotated[
        str | None,
        typer.Option("--service", help="Only this service's.", autocompletion=known_services),
    ] = None,
    unresolved: Annotated[
        bool, typer.Option("--open", help="Only those that are not resolved.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many.")] = LIMIT,
    json: JsonOption = False,
) -> None:
    """List incidents, the newest first, or show one with its timeline and attempts."""
    with open_client() as client:
        if incident_id is not None:
            view = client.incident(incident_id)
            if json:
                screen.show_json(view)
                return
            for line in views.incident_lines(view, now()):
                screen.show_line(*line)
            screen.show_line()
            screen.show_sheet(views.timeline_sheet(view.timeline))
            if view.attempts:
                screen.show_line()
                screen.show_sheet(views.attempts_sheet(view.attempts))
            return
        found = list(islice(client.incidents(service=service, unresolved=unresolved), limit))
    if json:
        screen.show_json({"items": found})
        return
    screen.show_sheet(views.incidents_sheet(found, now()))


def ack(
    incident_id: Annotated[str, typer.Argument(metavar="ID", help="The incident's id.")],
    note: Annotated[str, typer.Option("--note", help="Add this to its timeline.")] = "",
    json: JsonOption = False,
) -> None:
    """Say that an incident is yours, so that others need not look."""
    with open_client() as client:
        view = client.acknowledge(incident_id)
        if note:
            view = client.note(incident_id, note)
    if json:
        screen.show_json(view)
        return
    screen.show_line(
        Cell(view.service, "strong"),
        f": incident {view.id} is acknowledged by {view.acknowledged_by or 'you'}",
    )
