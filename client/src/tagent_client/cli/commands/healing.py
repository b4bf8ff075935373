"""`tagent recover`, `restart` and `maintenance`: what a person does to a service."""

from __future__ import annotations

from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.failures import WrongUsageError
from tagent_client.cli.session import JsonOption, ReasonOption, ServiceArgument, now, open_client
from tagent_client.cli.views.sheet import Cell
from tagent_client.cli.views.words import left
from tagent_client.cli.wait_for_incident import WaitOption, report_incident


def recover(
    service: ServiceArgument,
    reason: ReasonOption = "",
    wait: WaitOption = None,
    json: JsonOption = False,
) -> None:
    """Clear a service's faults and restart it, whatever its mode and back-off say."""
    with open_client() as client:
        report_incident(client, client.recover(service, reason), wait=wait, json=json)


def restart(
    service: ServiceArgument,
    instance: Annotated[str | None, typer.Option("--instance", help="Only this instance.")] = None,
    reason: ReasonOption = "",
    wait: WaitOption = None,
    json: JsonOption = False,
) -> None:
    """Restart a service, or one of its instances. Faults outside the process stay."""
    with open_client() as client:
        report_incident(client, client.restart(service, reason, instance), wait=wait, json=json)


def maintenance(
    service: ServiceArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; everyone will read it.")] = "",
    minutes: Annotated[
        float, typer.Option("--for-min", min=0.01, max=7 * 24 * 60, help="How many minutes.")
    ] = 60.0,
    end: Annotated[bool, typer.Option("--end", help="End the maintenance now.")] = False,
    json: JsonOption = False,
) -> None:
    """Leave a service alone for a while: nothing is healed and no fault accepted."""
    if not end and not reason:
        raise WrongUsageError("--reason is missing: people will ask why nothing is healed")
    name = Cell(service, "strong")
    with open_client() as client:
        if end:
            client.end_maintenance(service)
            if json:
                screen.show_json({"service": service, "maintenance": None})
            else:
                screen.show_line(name, " is no longer in maintenance")
            return
        window = client.set_maintenance(service, reason, minutes * 60)
    if json:
        screen.show_json(window)
    else:
        screen.show_line(name, f" is in maintenance for {left(window.until, now())}: {reason}")
