"""`tagent faults` and `tagent clear`."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.failures import WrongUsageError
from tagent_client.cli.session import JsonOption, ReasonOption, known_services, now, open_client
from tagent_client.cli.views import faults as views
from tagent_contract.faults import FaultView

LIMIT = 50


def faults(
    fault_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Only this one, with its targets.")
    ] = None,
    service: Annotated[
        str | None,
        typer.Option("--service", help="Only this service's.", autocompletion=known_services),
    ] = None,
    all_faults: Annotated[bool, typer.Option("--all", help="Also those that ended.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many.")] = LIMIT,
    json: JsonOption = False,
) -> None:
    """List the faults that act now, or show one with its targets."""
    with open_client() as client:
        if fault_id is not None:
            view = client.fault(fault_id)
            if json:
                screen.show_json(view)
                return
            screen.show_sheet(views.faults_sheet([view], now()))
            screen.show_line()
            screen.show_sheet(views.targets_sheet(view.targets))
            return
        found = list(islice(client.faults(service=service, active=not all_faults), limit))
    if json:
        screen.show_json({"items": found})
        return
    screen.show_sheet(views.faults_sheet(found, now()))


def clear(
    service: Annotated[
        str | None,
        typer.Argument(
            metavar="SERVICE", help="The service whose faults end.", autocompletion=known_services
        ),
    ] = None,
    fault: Annotated[str | None, typer.Option("--fault", help="End only this fault.")] = None,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """End all faults of a service, or one fault by its id."""
    if (service is None) == (fault is None):
        raise WrongUsageError("name a service, or a fault with --fault", "tagent clear --help")
    with open_client() as client:
        if fault is not None:
            ended: tuple[FaultView, ...] = (client.end_fault(fault, reason),)
        else:
            ended = client.clear(service or "", reason)
    if json:
        screen.show_json({"items": ended})
        return
    screen.show_line(*views.cleared_line(ended, service or ended[0].service))
