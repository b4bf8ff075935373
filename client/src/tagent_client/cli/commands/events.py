"""`tagent events`: what happened, in order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.session import JsonOption, known_services, open_client
from tagent_client.cli.views.activity import event_line
from tagent_client.client import Client
from tagent_contract.events import Event

LIMIT = 30
PAGE = 500


@dataclass(frozen=True, slots=True)
class _Filter:
    service: str | None
    type_prefix: str | None
    actor: str | None

    def matches(self, event: Event) -> bool:
        """Return whether an event that is followed is to be shown."""
        return (
            self.service in (None, event.service)
            and event.type.startswith(self.type_prefix or "")
            and self.actor in (None, event.actor)
        )


def events(  # noqa: PLR0913 - a command's parameters are its options
    service: Annotated[
        str | None,
        typer.Option("--service", help="Only this service's.", autocompletion=known_services),
    ] = None,
    type_prefix: Annotated[
        str | None,
        typer.Option(
            "--type", metavar="TYPE", help="Only types that begin with this: `incident.`."
        ),
    ] = None,
    actor: Annotated[
        str | None, typer.Option("--actor", help="Only what this actor brought about.")
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
    wanted = _Filter(service, type_prefix, actor)
    with open_client() as client:
        newest = _newest(client) if after is None else after
        shown = (
            _latest(client, wanted, limit) if after is None else _all_since(client, wanted, after)
        )
        if json and not follow:
            screen.show_json({"items": shown, "next": shown[-1].cursor if shown else newest})
            return
        for event in shown:
            _show(event, json)
        if follow:
            _follow(client, wanted, newest, shown, json)
        elif not shown:
            screen.show_line("No events.")


def _newest(client: Client) -> str | None:
    """Return where the log ends now. Asked for before anything is listed, so that following from here leaves nothing out."""
    found, _ = client.latest_events(limit=1)
    return found[0].cursor if found else None


def _latest(client: Client, wanted: _Filter, limit: int) -> list[Event]:
    """Return the latest events, oldest first."""
    found: list[Event] = []
    before: str | None = None
    while len(found) < limit:
        page, before = client.latest_events(
            before=before,
            service=wanted.service,
            type_prefix=wanted.type_prefix,
            actor=wanted.actor,
            limit=min(PAGE, limit - len(found)),
        )
        found += page
        if before is None:
            break
    return found[::-1]


def _all_since(client: Client, wanted: _Filter, after: str) -> list[Event]:
    found: list[Event] = []
    following: str | None = after
    while following is not None:
        page, following = client.events(
            after=following,
            service=wanted.service,
            type_prefix=wanted.type_prefix,
            actor=wanted.actor,
            limit=PAGE,
        )
        found += page
    return found


def _follow(
    client: Client, wanted: _Filter, after: str | None, shown: Collection[Event], json: bool
) -> None:
    known = {event.cursor for event in shown}
    for event in client.follow_events(after=after):
        if wanted.matches(event) and event.cursor not in known:
            _show(event, json)


def _show(event: Event, json: bool) -> None:
    if json:
        screen.show_json_line(event)
    else:
        screen.show_line(*event_line(event))
