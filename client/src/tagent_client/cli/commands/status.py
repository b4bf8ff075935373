"""`tagent status`: how everything is now."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from tagent_client.cli import screen
from tagent_client.cli.sample_providers import ask_providers
from tagent_client.cli.session import JsonOption, known_services, now, open_client
from tagent_client.cli.views import faults as fault_views
from tagent_client.cli.views import services as views
from tagent_client.client import Client
from tagent_contract.services import Halt, ServiceView


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What `status --json` writes."""

    halt: Halt
    services: tuple[ServiceView, ...]
    providers: dict[str, str | None]
    """Sample → who answers it; None when it does not say."""


def status(
    service: Annotated[
        str | None,
        typer.Argument(
            metavar="SERVICE", help="Only this one, in detail.", autocompletion=known_services
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show every service, or one in detail.

    Also says what is halted, why something is sick, what healing waits for, and who answers the samples.
    """
    with open_client() as client:
        if service is not None:
            _show_one(client, service, json)
            return
        overview = Overview(
            halt=client.halt_state(),
            services=client.services(),
            providers=ask_providers(client.settings),
        )
    if json:
        screen.show_json(overview)
        return
    screen.show_sheet(views.services_sheet(overview.services, now()))
    lines = views.remarks(overview.services, overview.halt, now())
    providers = views.providers_line(overview.providers)
    if providers:
        lines.append(providers)
    if lines:
        screen.show_line()
    for line in lines:
        screen.show_line(*line)


def _show_one(client: Client, name: str, json: bool) -> None:
    view = client.service(name)
    if json:
        screen.show_json(view)
        return
    faults = list(client.faults(service=name, active=True))
    screen.show_line(*views.service_head(view, now()))
    screen.show_line(views.figures_line(view.figures))
    screen.show_line()
    screen.show_sheet(views.instances_sheet(view.instances, now()))
    for line in views.instance_remarks(view.instances):
        screen.show_line(*line)
    if faults:
        screen.show_line()
        screen.show_sheet(fault_views.faults_sheet(faults, now()))
    halted = client.halt_state()
    lines = views.remarks([view], halted, now())
    if lines:
        screen.show_line()
    for line in lines:
        screen.show_line(*line)
