"""`tagent watch`: the services, redrawn in place."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.session import JsonOption, now, open_client
from tagent_client.cli.views import services as views
from tagent_client.cli.views.sheet import Cell
from tagent_client.cli.views.words import duration, sentence
from tagent_client.client import Client
from tagent_client.errors import UnreachableError
from tagent_contract.services import Halt, ServiceView

if TYPE_CHECKING:
    from rich.console import Group


def watch(
    interval_s: Annotated[
        float, typer.Option("--interval-s", min=0.1, max=3600, help="Seconds between two looks.")
    ] = 1.0,
    json: JsonOption = False,
) -> None:
    """Show every service, redrawn in place as it changes, until Ctrl-C.

    Without a terminal it writes one frame after the other; with --json one line each.
    """
    with open_client() as client:
        # Before anything is drawn, so that a wrong address is a plain error.
        services, halt = _look(client)
        if json:
            _write_lines(client, interval_s)
        elif sys.stdout.isatty():
            _redraw(client, interval_s, services, halt)
        else:
            _write_frames(client, interval_s)


def _look(client: Client) -> tuple[tuple[ServiceView, ...], Halt]:
    return client.services(), client.halt_state()


def frame(
    services: tuple[ServiceView, ...], halt: Halt, at: float, lost: tuple[float, str] | None
) -> Group:
    """Build one picture; `lost` is since when and why the platform does not answer."""
    from rich.console import Group

    sheet = views.services_sheet(services, at)
    parts: list[object] = [screen.table(sheet) if sheet.rows else screen.text([sheet.empty])]
    lines = [screen.text(line) for line in views.remarks(services, halt, at)]
    if lines:
        parts += [screen.text([""]), *lines]
    clock = time.strftime("%H:%M:%S", time.localtime(at))
    foot: list[Cell | str] = [Cell(f"{clock}  Ctrl-C ends", "dim")]
    if lost is not None:
        since, why = lost
        foot = [Cell(f"{clock}  no answer for {duration(at - since)}: {sentence(why)}", "bad")]
    return Group(*parts, screen.text([""]), screen.text(foot))  # type: ignore[arg-type]


def _redraw(
    client: Client, interval_s: float, services: tuple[ServiceView, ...], halt: Halt
) -> None:
    from rich.live import Live

    lost: tuple[float, str] | None = None
    with Live(console=screen.console(), screen=True, auto_refresh=False) as live:
        while True:
            live.update(frame(services, halt, now(), lost), refresh=True)
            time.sleep(interval_s)
            try:
                services, halt = _look(client)
                lost = None
            except UnreachableError as error:
                lost = (lost[0] if lost else now(), str(error))


def _write_frames(client: Client, interval_s: float) -> None:
    while True:
        services, halt = _look(client)
        screen.console().print(frame(services, halt, now(), None))
        time.sleep(interval_s)


def _write_lines(client: Client, interval_s: float) -> None:
    while True:
        services, halt = _look(client)
        screen.show_json_line({"halt": halt, "services": services})
        time.sleep(interval_s)
