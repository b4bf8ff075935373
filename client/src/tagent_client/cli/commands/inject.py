"""`tagent inject SERVICE TYPE`: a subcommand for each fault type, made from the contract."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand
from typing_extensions import override

from tagent_client.cli import screen
from tagent_client.cli.failures import CommandFailedError, WrongUsageError
from tagent_client.cli.fault_options import (
    FaultOption,
    FaultOptionError,
    build_fault,
    fault_options,
)
from tagent_client.cli.quick_commands import Command, CommandGroup, metavar
from tagent_client.cli.session import JsonOption, known_services, now, open_client
from tagent_client.cli.views.faults import armed_line, next_line
from tagent_client.client import Client
from tagent_contract.faults import FAULT_KINDS, FaultState, FaultView

ACKNOWLEDGED_WITHIN_S = 2.0
"""How long to wait for the sidecars' word; without it the fault goes on by itself."""
OWN_PANEL = "Parameters"
SHARED_PANEL = "Which requests, how long, and what healing does"


class FaultTypeGroup(CommandGroup):
    """Lists the fault types, and builds the command of the one that is named."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "subcommand_metavar": "TYPE [OPTIONS]"})
        for name in FAULT_KINDS:
            self.commands[name] = TyperCommand(
                name, help=summary(name), rich_help_panel="Types", rich_markup_mode="rich"
            )

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the type; `inject TYPE --help` and swapped words are understood."""
        service = ctx.params.get("service")
        if service in FAULT_KINDS and args[0] in ("--help", "-h"):
            return service, fault_command(service), ["--help"]
        if service in FAULT_KINDS and args[0] not in FAULT_KINDS:
            raise WrongUsageError(
                f"`{service}` is a fault type; the service comes first",
                f"tagent inject {args[0]} {service}",
            )
        name, _listed, rest = super().resolve_command(ctx, args)
        return name, fault_command(name) if name in FAULT_KINDS else _listed, rest


def summary(name: str) -> str:
    """Return the first line of what the contract says of a type."""
    return (FAULT_KINDS[name].__doc__ or "").strip().splitlines()[0]


app = typer.Typer(cls=FaultTypeGroup, add_completion=False, rich_markup_mode="rich")


@app.callback(invoke_without_command=True, no_args_is_help=True)
def _inject(
    context: typer.Context,
    service: Annotated[
        str, typer.Argument(metavar="SERVICE", help="Its name.", autocompletion=known_services)
    ],
) -> None:
    """Break a service on purpose, for a limited time.

    Every fault ends by itself, at the latest after its --ttl-s; `tagent clear SERVICE` ends it before.
    The options of a type: `tagent inject SERVICE TYPE --help`.
    """
    if context.invoked_subcommand is None:
        raise WrongUsageError(f"which fault on {service}?", f"One of {', '.join(FAULT_KINDS)}.")


def fault_command(name: str) -> Any:
    """Return the command that injects one type."""
    options = fault_options(name)
    single = typer.Typer(add_completion=False, rich_markup_mode="rich")
    single.command(
        name=name,
        cls=Command,
        help=summary(name),
    )(_with_options(_injection(name, options), options))
    return typer.main.get_command(single)


def _injection(name: str, options: list[FaultOption]) -> Callable[..., None]:
    def inject(context: typer.Context, **values: Any) -> None:
        service = (context.parent.params if context.parent else {}).get("service", "")
        given = {
            option: values[parameter_name(option)]
            for option in options
            if values[parameter_name(option)] not in (None, [])
        }
        try:
            fault = build_fault(name, given)
        except FaultOptionError as error:
            raise WrongUsageError(str(error), f"tagent inject {service} {name} --help") from error
        with open_client() as client:
            view = client.inject(service, fault, force=values["force"])
            if values["wait"]:
                view = _acknowledged(client, view)
        _report(view, values["json"])

    return inject


def parameter_name(option: FaultOption) -> str:
    """Return the name a value is handed over by; it does not clash with our own."""
    return "fault_" + "_".join(option.path)


def _with_options(function: Callable[..., None], options: list[FaultOption]) -> Callable[..., None]:
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter(
            "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
        )
    ]
    parameters += [
        inspect.Parameter(
            parameter_name(option), keyword, default=None, annotation=_annotation(option)
        )
        for option in options
    ]
    force = Annotated[
        bool, typer.Option("--force", help="Take even the service's last healthy instance.")
    ]
    wait = Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait a moment until the sidecars say it acts.")
    ]
    parameters += [
        inspect.Parameter("force", keyword, default=False, annotation=force),
        inspect.Parameter("wait", keyword, default=True, annotation=wait),
        inspect.Parameter("json", keyword, default=False, annotation=JsonOption),
    ]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {}
    return function


def _annotation(option: FaultOption) -> Any:
    kind: Any = option.kind
    if option.choices:
        kind = Literal[option.choices]
    if option.many or option.pairs:
        kind = list[str]
    value = "NAME:VALUE" if option.pairs else "NAME" if option.many else None
    if value is None and not option.choices:
        value = metavar(option.path[-1], option.kind)
    info = typer.Option(
        option.flag,
        help=option.help.replace("[", r"\["),
        show_default=False,
        metavar=value,
        rich_help_panel=OWN_PANEL if option.own else SHARED_PANEL,
    )
    return Annotated[kind | None, info]


def _acknowledged(client: Client, view: FaultView) -> FaultView:
    deadline = time.monotonic() + ACKNOWLEDGED_WITHIN_S
    while view.state is FaultState.PENDING and time.monotonic() < deadline:
        time.sleep(0.05)
        view = client.fault(view.id)
    return view


def _report(view: FaultView, json: bool) -> None:
    if json:
        screen.show_json(view)
    else:
        screen.show_line(*armed_line(view, now()))
        screen.show_line(*next_line(view))
    if view.state is FaultState.FAILED:
        details = {target.detail for target in view.targets if target.detail}
        raise CommandFailedError(
            f"the fault failed: {'; '.join(sorted(details)) or view.end_reason}"
        )


command = app
