"""`tagent halt` and `tagent release`."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.failures import CommandFailedError
from tagent_client.cli.session import JsonOption, ReasonOption, open_client
from tagent_client.cli.views.services import halt_line
from tagent_client.cli.views.sheet import Cell
from tagent_client.cli.views.words import count
from tagent_client.client import Client
from tagent_contract.services import Halt

CONFIRMED_WITHIN_S = 20.0
"""Past the sidecars' lease of 15 s every fault has ended, confirmed or not."""


def halt(
    reason: Annotated[str, typer.Option("--reason", help="Why; everyone will read it.")],
    wait: Annotated[
        bool, typer.Option(help="Wait until every sidecar has confirmed that it stopped.")
    ] = True,
    json: JsonOption = False,
) -> None:
    """End all faults everywhere and refuse new ones until `tagent release`."""
    with open_client() as client:
        state = client.halt(reason)
        if wait:
            state = _confirmed(client, state)
    if json:
        screen.show_json(state)
    else:
        screen.show_line(*halt_line(state))
    if wait and state.faults_ending:
        raise CommandFailedError(
            f"{count(state.faults_ending, 'fault')} did not confirm its end within {CONFIRMED_WITHIN_S:g} s",
            "A sidecar that cannot be reached ends its faults by itself when its lease of 15 s is over.",
        )


def _confirmed(client: Client, state: Halt) -> Halt:
    deadline = time.monotonic() + CONFIRMED_WITHIN_S
    while state.faults_ending and time.monotonic() < deadline:
        time.sleep(0.1)
        state = client.halt_state()
    return state


def release(reason: ReasonOption = "", json: JsonOption = False) -> None:
    """Accept faults again. What the halt ended stays ended."""
    with open_client() as client:
        state = client.release(reason)
    if json:
        screen.show_json(state)
    else:
        screen.show_line(Cell("Released", "good"), ": faults are accepted again")
