"""`tagent up`: everything on this machine, in one terminal."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.commands.version import installed_parts
from tagent_client.cli.failures import CommandFailedError, WrongUsageError
from tagent_client.cli.launch.home import Home, HomeTakenError
from tagent_client.cli.launch.ports import PortTakenError, check_free, free_ports
from tagent_client.cli.launch.signals import EndOfRun
from tagent_client.cli.launch.stack import Stack, StartFailedError
from tagent_client.cli.launch.stack_plan import (
    DASHBOARD_PORT,
    PLATFORM_PORT,
    SAMPLES,
    Sample,
    StackPlan,
)
from tagent_client.cli.session import JsonOption
from tagent_client.cli.views.sheet import Cell
from tagent_client.settings import HOME_DEFAULT, UpFile, home_of

PORTS = "Ports"
PortOption = int | None
SHORT_NAMES = [sample.short for sample in SAMPLES]


def _port(what: str, default: int) -> typer.models.OptionInfo:
    info: typer.models.OptionInfo = typer.Option(
        min=1,
        max=65_535,
        show_default=False,
        rich_help_panel=PORTS,
        help=f"{what} ({default}).",
    )
    return info


def _without(option: str, text: str) -> typer.models.OptionInfo:
    info: typer.models.OptionInfo = typer.Option(option, help=text)
    return info


def up(  # noqa: PLR0913 — a command's parameters are its options
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="NAME",
            help=f"Only this sample: {', '.join(SHORT_NAMES)}. May be repeated.",
        ),
    ] = None,
    no_samples: Annotated[bool, _without("--no-samples", "No sample services.")] = False,
    no_traffic: Annotated[bool, _without("--no-traffic", "Send the samples nothing.")] = False,
    no_dashboard: Annotated[bool, _without("--no-dashboard", "No dashboard.")] = False,
    no_runner: Annotated[bool, _without("--no-runner", "No runner of experiments.")] = False,
    rate_per_s: Annotated[
        float, typer.Option(min=0.1, max=1000, help="Requests a second, for all samples together.")
    ] = 4.0,
    port_base: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65_000,
            show_default=False,
            rich_help_panel=PORTS,
            help="Take this port and those after it for everything; 0 takes any that are free.",
        ),
    ] = None,
    platform_port: Annotated[PortOption, _port("The platform", PLATFORM_PORT)] = None,
    dashboard_port: Annotated[PortOption, _port("The dashboard", DASHBOARD_PORT)] = None,
    chat_port: Annotated[PortOption, _port("chat-service, through its sidecar", 9001)] = None,
    summary_port: Annotated[PortOption, _port("summary-service, through its sidecar", 9002)] = None,
    demo_port: Annotated[PortOption, _port("demo-service, through its sidecar", 9003)] = None,
    chat_own_port: Annotated[PortOption, _port("chat-service itself", 8101)] = None,
    summary_own_port: Annotated[PortOption, _port("summary-service itself", 8102)] = None,
    demo_own_port: Annotated[PortOption, _port("demo-service itself", 8103)] = None,
    json: JsonOption = False,
) -> None:
    """Run the platform, the dashboard and the samples behind their sidecars, with gentle traffic, until Ctrl-C.

    Several can run side by side, each with a TAGENT_HOME of its own and other ports.
    """
    chosen = _chosen(only or [], no_samples=no_samples)
    given = {
        "platform": platform_port,
        "dashboard": dashboard_port,
        "chat-service": chat_port,
        "summary-service": summary_port,
        "demo-service": demo_port,
        "chat-service itself": chat_own_port,
        "summary-service itself": summary_own_port,
        "demo-service itself": demo_own_port,
    }
    plan = make_plan(
        chosen,
        given,
        port_base,
        traffic_per_s=0.0 if no_traffic else rate_per_s,
        has_dashboard=_has_dashboard(wanted=not no_dashboard),
    )
    sys.exit(run_up(replace(plan, has_runner=_has_runner(wanted=not no_runner)), json=json))


def _chosen(only: list[str], *, no_samples: bool) -> tuple[Sample, ...]:
    unknown = [name for name in only if name.removesuffix("-service") not in SHORT_NAMES]
    if unknown:
        raise WrongUsageError(
            f"there is no sample {unknown[0]}", f"One of {', '.join(SHORT_NAMES)}."
        )
    if no_samples:
        return ()
    wanted = {name.removesuffix("-service") for name in only}
    return tuple(sample for sample in SAMPLES if not wanted or sample.short in wanted)


def _has_dashboard(*, wanted: bool) -> bool:
    if wanted and installed_parts()["tagent-dashboard"] is None:
        _tell("going on without the dashboard: tagent-dashboard is not installed")
        return False
    return wanted


def _has_runner(*, wanted: bool) -> bool:
    return wanted and installed_parts()["chaostoolkit-tagent"] is not None


def make_plan(
    samples: tuple[Sample, ...],
    given: dict[str, int | None],
    port_base: int | None,
    *,
    traffic_per_s: float,
    has_dashboard: bool,
) -> StackPlan:
    """Settle every port: the one given by its own option, else one after the base, else the default.

    From a base on come the platform, the samples' sidecars, the samples themselves, and the dashboard.
    """
    count = 1 + 2 * len(samples) + has_dashboard
    if port_base is None:
        based: list[int] | None = None
    else:
        based = free_ports(count) if port_base == 0 else list(range(port_base, port_base + count))

    def port(name: str, default: int, place: int) -> int:
        return given.get(name) or (based[place] if based else default)

    placed = tuple(
        replace(
            sample,
            port=port(sample.service, sample.port, 1 + i),
            own_port=port(f"{sample.service} itself", sample.own_port, 1 + len(samples) + i),
        )
        for i, sample in enumerate(samples)
    )
    return StackPlan(
        home=home_of(os.environ).resolve(),  # noqa: TID251 — the command line reads it, as settings.py does
        environment=dict(os.environ),  # noqa: TID251 — likewise
        platform_port=port("platform", PLATFORM_PORT, 0),
        samples=placed,
        traffic_per_s=traffic_per_s,
        dashboard_port=port("dashboard", DASHBOARD_PORT, count - 1) if has_dashboard else None,
    )


def run_up(plan: StackPlan, *, json: bool) -> int:
    """Run it until a signal, and return the exit code. Raises CommandFailedError before anything is started."""
    try:
        with Home(plan.home) as home:
            check_free(plan.wanted_ports())
            return asyncio.run(_run(plan, home, json=json))
    except HomeTakenError as error:
        raise CommandFailedError(
            str(error), "Use it as it is, end it, or set TAGENT_HOME to another folder."
        ) from error
    except (PortTakenError, StartFailedError) as error:
        raise CommandFailedError(str(error)) from error


async def _run(plan: StackPlan, home: Home, *, json: bool) -> int:
    started = time.monotonic()
    end = EndOfRun()
    end.listen()
    stack = Stack(plan, _tell)
    samples = {sample.service: sample.own_url for sample in plan.samples}
    home.tell_others(
        UpFile(pid=os.getpid(), url=plan.url, samples=samples, dashboard=plan.dashboard_url)
    )
    try:
        starting = asyncio.create_task(stack.start(), name="start")  # noqa: TID251 — awaited right here
        asked = asyncio.create_task(end.asked.wait(), name="end asked")  # noqa: TID251
        await asyncio.wait([starting, asked], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            is_ready = await stack.dashboard_is_ready()
            _announce(plan, time.monotonic() - started, json=json, dashboard_is_ready=is_ready)
            await _tell_of_dashboard(stack, started, asked, is_ready=is_ready)
            await asked
        else:
            starting.cancel()
            with suppress(asyncio.CancelledError):
                await starting
    finally:
        await _end(stack, end)
    return end.exit_code


async def _tell_of_dashboard(
    stack: Stack, started: float, asked: asyncio.Task[bool], *, is_ready: bool
) -> None:
    """Say when the dashboard is there, or why it is not; until the end of all is asked for."""
    if is_ready or stack.plan.dashboard_url is None:
        return
    waiting = asyncio.ensure_future(stack.wait_for_dashboard())
    await asyncio.wait([waiting, asked], return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
    elif (error := waiting.exception()) is not None:
        for line in str(error).splitlines():
            _tell(line)
    else:
        _tell(f"the dashboard is ready after {time.monotonic() - started:.1f} s")


async def _end(stack: Stack, end: EndOfRun) -> None:
    _tell("ending everything; Ctrl-C again ends it at once")
    stopping = asyncio.ensure_future(stack.stop())
    hurried = asyncio.ensure_future(end.hurried.wait())
    await asyncio.wait([stopping, hurried], return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        await stack.kill()
    await stopping
    hurried.cancel()


def _tell(line: str) -> None:
    screen.notice(Cell(line, "dim"))


def _announce(
    plan: StackPlan, took_s: float, *, json: bool, dashboard_is_ready: bool = False
) -> None:
    if json:
        told = {
            "platform": plan.url,
            "dashboard": plan.dashboard_url,
            "services": {sample.service: sample.url for sample in plan.samples},
            "home": str(plan.home),
        }
        screen.show_json_line(told)
        return
    screen.show_line(Cell("Tagent is up", "good"), f" after {took_s:.1f} s.")
    if plan.dashboard_url is not None:
        soon = "" if dashboard_is_ready else "   in a moment"
        screen.show_line(
            "  dashboard        ", Cell(plan.dashboard_url, "strong"), Cell(soon, "dim")
        )
    screen.show_line(
        "  platform         ", Cell(plan.url, "strong"), Cell("   API at /docs", "dim")
    )
    for sample in plan.samples:
        screen.show_line(
            f"  {sample.service:<16} ",
            Cell(sample.url, "strong"),
            Cell(f"   {sample.try_path}", "dim"),
        )
    screen.show_line(f"  logs, state      {_short(plan.home)}")
    screen.show_line("In another terminal:")
    for line in ("watch", "inject chat-service error", "incidents"):
        screen.show_line("  ", Cell(f"{_program(plan.home)} {line}", "strong"))
    screen.show_line("Ctrl-C ends all.")


def _program(home: Path) -> str:
    """Return how to call us from another terminal in the same folder."""
    program = Path(sys.argv[0])
    found = shutil.which("tagent")
    name = "tagent" if found and Path(found).resolve() == program.resolve() else _short(program)
    return name if home == Path(HOME_DEFAULT).resolve() else f"TAGENT_HOME={_short(home)} {name}"


def _short(path: Path) -> str:
    resolved = path.absolute()
    with suppress(ValueError):
        return str(resolved.relative_to(Path.cwd()))
    return str(resolved)
