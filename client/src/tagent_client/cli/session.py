"""What commands share: the client, the clock, and the options that all of them take."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from tagent_client.client import Client

JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON instead of tables.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for the event log.")]


def open_client() -> Client:
    """Return a client of the platform that the environment or the home names. Raises SettingsError."""
    return Client()


def now() -> float:
    """Return the time of this machine, to tell ages."""
    return time.time()  # noqa: TID251 — a command's edge; views take it as an argument


def known_services(incomplete: str) -> list[str]:
    """Complete a service's name; silent when the platform is not there."""
    from tagent_client.errors import TagentError

    try:
        with open_client() as client:
            return [view.name for view in client.services() if view.name.startswith(incomplete)]
    except TagentError:
        return []


ServiceArgument = Annotated[
    str, typer.Argument(metavar="SERVICE", help="Its name.", autocompletion=known_services)
]
