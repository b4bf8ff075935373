"""`tagent attach`: a person's own service behind a sidecar."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from tagent_client.cli import screen
from tagent_client.cli.failures import CommandFailedError, WrongUsageError
from tagent_client.cli.launch.bounded_log import BoundedLog
from tagent_client.cli.launch.child import Child, Command
from tagent_client.cli.launch.ports import HOST, PortTakenError, WantedPort, check_free
from tagent_client.cli.launch.sidecar_log import SidecarLog, readable
from tagent_client.cli.launch.signals import EndOfRun
from tagent_client.cli.launch.stack_plan import own_environment, sidecar_command
from tagent_client.cli.launch.token_files import token_file
from tagent_client.cli.session import JsonOption, open_client
from tagent_client.cli.views.sheet import Cell
from tagent_client.client import Client
from tagent_contract.names import ServiceName
from tagent_contract.wire import WireError, convert

LISTEN_ABOVE = 1000
UP_WITHIN_S = 15.0


class Protocol(StrEnum):
    """What the service speaks."""

    HTTP = "http"
    TCP = "tcp"


class Check(StrEnum):
    """How health is checked: an answer to a request, or that it takes connections."""

    HTTP = "http"
    TCP = "tcp"


@dataclass(frozen=True, slots=True)
class Attachment:
    """What to attach."""

    service: str
    port: int
    listen: int
    sidecar_options: tuple[str, ...]
    command: tuple[str, ...]


CommandArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="-- CMD...",
        help="How to start it. Left out: something else runs it, and it cannot be restarted.",
    ),
]
ListenOption = Annotated[
    int | None,
    typer.Option(
        "--listen",
        min=1,
        max=65_535,
        show_default=False,
        help=f"Where its callers connect instead (the port plus {LISTEN_ABOVE}).",
    ),
]
SidecarOption = Annotated[
    list[str] | None,
    typer.Option(
        "--sidecar",
        metavar="NAME=VALUE",
        help="Any other option of the sidecar, such as check-interval-s=0.5. May be repeated.",
    ),
]


def attach(  # noqa: PLR0913 — a command's parameters are its options
    service: Annotated[str, typer.Option("--service", help="What to call it.")],
    port: Annotated[
        int, typer.Option("--port", min=1, max=65_535, help="Where it listens itself.")
    ],
    command: CommandArgument = None,
    listen: ListenOption = None,
    check_path: Annotated[
        str,
        typer.Option("--check-path", help="What a health check asks for; 2xx and 3xx are healthy."),
    ] = "/healthz",
    check: Annotated[
        Check | None,
        typer.Option(
            "--check",
            help="How health is checked; tcp needs no path (http, unless --protocol tcp).",
        ),
    ] = None,
    protocol: Annotated[
        Protocol, typer.Option("--protocol", help="tcp for what is not HTTP/1.1, such as gRPC.")
    ] = Protocol.HTTP,
    instance: Annotated[
        str | None, typer.Option("--instance", help="This copy's name, if there are several.")
    ] = None,
    option: SidecarOption = None,
    json: JsonOption = False,
) -> None:
    """Run your own service behind a sidecar, in any language, until Ctrl-C.

    Example: tagent attach --service my-agent --port 8080 -- node server.js

    Your command gets the variable PORT with the --port, unless PORT is set already. Its output goes through to this
    terminal. Callers use the address that is printed; that is where faults act and figures are taken.
    """
    attachment = Attachment(
        service=_checked_name(service),
        port=port,
        listen=_listen_port(port, listen),
        sidecar_options=(
            *("--check-path", check_path, "--protocol", protocol.value),
            *(("--check", check.value) if check else ()),
            *(("--instance", instance) if instance else ()),
            *_pairs(option or []),
        ),
        command=tuple(command or ()),
    )
    wanted = [WantedPort("callers", "--listen", attachment.listen)]
    if attachment.command:
        wanted.append(WantedPort("your service", "--port", port))
    try:
        check_free(wanted)
    except PortTakenError as error:
        raise CommandFailedError(str(error)) from error
    with open_client() as client:
        sys.exit(asyncio.run(_run(client, attachment, json=json)))


def _checked_name(service: str) -> str:
    try:
        return convert(service, ServiceName)
    except WireError as error:
        raise WrongUsageError(
            f"--service: {service!r} is not a name of 1 to 63 letters, digits, dots, dashes and underscores"
        ) from error


def _listen_port(port: int, listen: int | None) -> int:
    if listen is not None:
        return listen
    if port + LISTEN_ABOVE > 65_535:
        raise WrongUsageError(f"--listen is missing: {port} plus {LISTEN_ABOVE} is no port")
    return port + LISTEN_ABOVE


def _pairs(given: list[str]) -> list[str]:
    parts: list[str] = []
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise WrongUsageError(f"--sidecar: {text!r} must look like NAME=VALUE")
        parts += [f"--{name.removeprefix('--')}", value]
    return parts


def sidecar_of(attachment: Attachment, url: str, token: Path) -> Command:
    """Return the command of its sidecar."""
    environment = own_environment(os.environ)  # noqa: TID251 — the command line hands it on
    if attachment.command:
        environment.setdefault("PORT", str(attachment.port))
    return sidecar_command(
        attachment.service,
        [
            *("--listen", f"{HOST}:{attachment.listen}"),
            *("--target", f"{HOST}:{attachment.port}"),
            *("--platform-url", url),
            *("--token-file", str(token.resolve())),
            *attachment.sidecar_options,
            *(("--", *attachment.command) if attachment.command else ()),
        ],
        environment,
        passes_output=True,
    )


async def _run(client: Client, attachment: Attachment, *, json: bool) -> int:
    end = EndOfRun()
    end.listen()
    token = await asyncio.to_thread(token_file, client, attachment.service)
    logs = client.settings.home / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = SidecarLog(logs / f"attach-{attachment.service}-{attachment.listen}.log", _pass_on)
    child = await Child.start(sidecar_of(attachment, client.settings.url, token), log)
    ended = asyncio.ensure_future(child.wait())
    asked = asyncio.ensure_future(end.asked.wait())
    try:
        await _listening(attachment.listen, ended, asked)
        if not ended.done() and not asked.done():
            _announce(attachment, log.path, json=json)
        await asyncio.wait([ended, asked], return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not ended.done():
            await _stop(child, end)
        asked.cancel()
    status = await ended
    if end.by is None:
        raise CommandFailedError(_why_ended(status, log))
    return end.exit_code


async def _listening(
    port: int, ended: asyncio.Future[str], asked: asyncio.Future[Literal[True]]
) -> None:
    """Return when the sidecar takes connections, has ended, or is no longer wanted. Raises CommandFailedError after a while."""
    try:
        async with asyncio.timeout(UP_WITHIN_S):
            while not ended.done() and not asked.done():
                with suppress(OSError):
                    _reader, writer = await asyncio.open_connection(HOST, port)
                    writer.close()
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise CommandFailedError(f"the sidecar does not listen after {UP_WITHIN_S:g} s") from None


async def _stop(child: Child, end: EndOfRun) -> None:
    stopping = asyncio.ensure_future(child.stop())
    hurried = asyncio.ensure_future(end.hurried.wait())
    await asyncio.wait([stopping, hurried], return_when=asyncio.FIRST_COMPLETED)
    if not stopping.done():
        await child.kill()
    await stopping
    hurried.cancel()


def _pass_on(warning: str) -> None:
    screen.notice(Cell("sidecar: ", "warn"), warning)


def _announce(attachment: Attachment, log: Path, *, json: bool) -> None:
    url = f"http://{HOST}:{attachment.listen}"
    if json:
        screen.show_json_line({"service": attachment.service, "url": url, "log": str(log)})
        return
    # On standard error: standard output is the service's own.
    screen.notice(Cell(attachment.service, "strong"), " is reached at ", Cell(url, "good"))
    screen.notice(Cell(f"its sidecar writes to {log}; Ctrl-C ends both", "dim"))


def _why_ended(status: str, log: BoundedLog) -> str:
    tail = "\n".join(f"  {readable(line)}" for line in log.tail(5))
    return f"the sidecar ended by itself ({status}); the end of {log.path}:\n{tail}"
