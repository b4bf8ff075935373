"""`tagent logs`: a service's latest lines, as its sidecars sent them."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.session import JsonOption, ServiceArgument, open_client
from tagent_client.cli.views.activity import log_line
from tagent_contract.services import LogEntry

FOLLOW_EVERY_S = 1.0
FOLLOWED_MAX = 1000


def logs(
    service: ServiceArgument,
    query: Annotated[
        str | None, typer.Option("--query", "-q", help="Only lines with this.")
    ] = None,
    level: Annotated[
        str | None, typer.Option("--level", help="Only lines of this level, such as error.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most this many.")] = 50,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C with what comes.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show a service's latest log lines, the oldest first."""
    with open_client() as client:
        found = client.logs(service, query=query, level=level, limit=limit)
        if json and not follow:
            screen.show_json({"items": found})
            return
        if not found and not follow:
            screen.show_line("No log lines.")
        _show(found, json)
        while follow:
            time.sleep(FOLLOW_EVERY_S)
            latest = client.logs(service, query=query, level=level, limit=FOLLOWED_MAX)
            _show(_new_ones(found, latest), json)
            found = latest or found


def _new_ones(seen: tuple[LogEntry, ...], latest: tuple[LogEntry, ...]) -> tuple[LogEntry, ...]:
    """Return what came after the last seen; lines of one moment may come in two answers."""
    known = set(seen)
    return tuple(entry for entry in latest if entry not in known)


def _show(entries: tuple[LogEntry, ...], json: bool) -> None:
    several = len({entry.instance for entry in entries}) > 1
    for entry in entries:
        if json:
            screen.show_json_line(entry)
        else:
            screen.show_line(*log_line(entry, with_instance=several))
