"""`tagent check` and `tagent heal`: one pass of the platform's healing, or one each while it is watched."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.session import JsonOption, now, open_client
from tagent_client.cli.views.activity import decisions_sheet
from tagent_client.cli.views.sheet import Cell
from tagent_client.cli.views.words import plain, sentence, time_of_day
from tagent_client.client import Client
from tagent_client.errors import UnreachableError
from tagent_contract.policy import Mode

ContinuousOption = Annotated[
    bool, typer.Option("--continuous", help="Again and again until Ctrl-C.")
]
IntervalOption = Annotated[
    float, typer.Option("--interval-s", min=0.1, max=86_400, help="Seconds between two passes.")
]


def check(
    continuous: ContinuousOption = False,
    interval_s: IntervalOption = 30.0,
    json: JsonOption = False,
) -> None:
    """Say what healing would do now, and do nothing."""
    _passes(Mode.CHECK, continuous=continuous, interval_s=interval_s, json=json)


def heal(
    continuous: ContinuousOption = False,
    interval_s: IntervalOption = 30.0,
    json: JsonOption = False,
) -> None:
    """Let healing decide and act now, as it does by itself in mode heal."""
    _passes(Mode.HEAL, continuous=continuous, interval_s=interval_s, json=json)


def _passes(mode: Mode, *, continuous: bool, interval_s: float, json: bool) -> None:
    with open_client() as client:
        _one_pass(client, mode, json=json, stream=continuous)
        while continuous:
            time.sleep(interval_s)
            try:
                _one_pass(client, mode, json=json, stream=True)
            except UnreachableError as error:
                # Once it has worked, a platform that is away comes back.
                screen.error_line(sentence(plain(str(error))))


def _one_pass(client: Client, mode: Mode, *, json: bool, stream: bool) -> None:
    done = client.healing_pass(mode)
    if json:
        (screen.show_json_line if stream else screen.show_json)(done)
        return
    if stream:
        screen.show_line(Cell(time_of_day(done.at), "dim"))
    screen.show_sheet(decisions_sheet(done, now()))
