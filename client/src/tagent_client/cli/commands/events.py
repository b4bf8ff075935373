"""`tagent events`: what happened, in order."""

from __future__ import annotations

from collections import deque
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.session import JsonOption, known_services, open_client
from tagent_client.cli.views.activity import event_line
from tagent_client.client import Client
from tagent_contract.events import Event

LIMIT = 30
PAGE = 500


def events(
    service: Annotated[
        str | None,
        typer.Option("--service", help="Only this service's.", autocompletion=known_services),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="The latest so many.")] = LIMIT,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C with what happens.")
    ] = False,
    after: Annotated[
        str | None, typer.Option("--after", help="Begin after this cursor, and show all since.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show the latest events, and with --follow those to come."""
    with open_client() as client:
        shown, cursor = _read(client, service, after, None if after is not None else limit)
        if json and not follow:
            screen.show_json({"items": shown, "next": cursor})
            return
        for event in shown:
            _show(event, json)
        if not shown and not follow:
            screen.show_line("No events.")
        if follow:
            for event in client.follow_events(after=cursor):
                if service in (None, event.service):
                    _show(event, json)


def _read(
    client: Client, service: str | None, after: str | None, kept_max: int | None
) -> tuple[list[Event], str | None]:
    """Return the latest of the events since `after`, and the cursor to go on from."""
    kept: deque[Event] = deque(maxlen=kept_max)
    while True:
        page, following = client.events(after=after, service=service, limit=PAGE)
        kept += page
        after = page[-1].cursor if page else after
        if following is None:
            return list(kept), after
        after = following


def _show(event: Event, json: bool) -> None:
    if json:
        screen.show_json_line(event)
    else:
        screen.show_line(*event_line(event))
