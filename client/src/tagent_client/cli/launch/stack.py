"""The platform, the dashboard, the samples behind their sidecars, the traffic and the runner: started in order, kept running, ended in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from tagent_client.cli.launch.bounded_log import BoundedLog
from tagent_client.cli.launch.child import Command
from tagent_client.cli.launch.keeper import Keeper
from tagent_client.cli.launch.ports import HOST
from tagent_client.cli.launch.sidecar_log import readable
from tagent_client.cli.launch.stack_plan import Sample, StackPlan
from tagent_client.cli.launch.token_files import token_file
from tagent_client.client import Client
from tagent_client.errors import TagentError
from tagent_client.settings import ClientSettings
from tagent_contract.health import HealthReason

T = TypeVar("T")
READY_WITHIN_S = 30.0
QUIET_S = 2.0
"""What takes longer than this says so."""
LOOK_EVERY_S = 0.05
LOOK_AT_HEALTH_EVERY_S = 0.2


class StartFailedError(Exception):
    """A part did not come up; the text has the end of its log."""


class Stack:
    """What `up` runs. `tell` gets a line for people whenever something happens that they should know."""

    def __init__(self, plan: StackPlan, tell: Callable[[str], None]) -> None:
        self.plan = plan
        self._tell = tell
        self._keepers: list[Keeper] = []

    @property
    def settings(self) -> ClientSettings:
        """Return how to reach the platform as admin, once it is ready."""
        token = (self.plan.home / "tokens" / "admin").read_text(encoding="ascii").strip()
        return ClientSettings(self.plan.url, token, self.plan.home)

    def pid_of(self, name: str) -> int | None:
        """Return the process id of a part: `platform`, `dashboard`, a service's sidecar by the service, `traffic`, `runner`."""
        keeper = self._keeper_of(name)
        return keeper.pid if keeper else None

    def _keeper_of(self, name: str) -> Keeper | None:
        return next((one for one in self._keepers if one.command.name == name), None)

    async def start(self) -> None:
        """Start everything and return when callers can reach it; the dashboard may take longer. Raises StartFailedError."""
        platform = await self._launch(self.plan.platform())
        await self._noticed(
            self._until(self._platform_is_ready, platform), "waiting for the platform"
        )
        dashboard = self.plan.dashboard()
        if dashboard is not None:
            await self._launch(dashboard)
        tokens = await asyncio.to_thread(self._token_files)
        sidecars = [
            await self._launch(self.plan.sidecar(sample, tokens[sample.service]))
            for sample in self.plan.samples
        ]
        waits = [
            self._until(partial(_answers, sample.port), sidecar)
            for sample, sidecar in zip(self.plan.samples, sidecars, strict=True)
        ]
        await self._noticed(asyncio.gather(*waits), "waiting for the sidecars")
        own = [
            self._until(partial(self._sample_answers, sample, sidecar), sidecar)
            for sample, sidecar in zip(self.plan.samples, sidecars, strict=True)
        ]
        await self._noticed(asyncio.gather(*own), "waiting for the samples")
        traffic = self.plan.traffic()
        for late in (traffic, self.plan.runner()):
            if late is not None:
                await self._launch(late)

    async def dashboard_is_ready(self) -> bool:
        """Tell whether the dashboard takes connections now."""
        port = self.plan.dashboard_port
        return port is not None and await _answers(port)

    async def wait_for_dashboard(self) -> None:
        """Return when the dashboard takes connections. Raises StartFailedError; the rest does not need it, and goes on."""
        keeper = self._keeper_of("dashboard")
        if keeper is not None:
            await self._until(self.dashboard_is_ready, keeper)

    async def stop(self) -> None:
        """End everything: first who breaks, then who asks, then who answers, last who is reported to. Never raises; bounded."""
        platform, others = self._keepers[:1], self._keepers[1:]
        runner = [one for one in others if one.command.name == "runner"]
        traffic = [one for one in others if one.command.name == "traffic"]
        between = [one for one in others if one not in traffic + runner]
        for group in (runner, traffic, between, platform):
            await asyncio.gather(*(one.stop() for one in group), return_exceptions=True)

    async def kill(self) -> None:
        """End everything at once."""
        await asyncio.gather(*(one.kill() for one in self._keepers), return_exceptions=True)

    async def _launch(self, command: Command) -> Keeper:
        path: Path = self.plan.home / "logs" / f"{command.name}.log"
        keeper = Keeper(command, BoundedLog(path), self._tell)
        self._keepers.append(keeper)
        await keeper.start()
        return keeper

    def _token_files(self) -> dict[str, Path]:
        with Client(self.settings) as client:
            return {
                sample.service: token_file(client, sample.service) for sample in self.plan.samples
            }

    async def _platform_is_ready(self) -> bool:
        with suppress(TagentError, OSError):
            return await asyncio.to_thread(self._ask_platform)
        return False

    def _ask_platform(self) -> bool:
        with Client(self.settings) as client:
            return client.is_ready() and bool(client.whoami())

    async def _sample_answers(self, sample: Sample, sidecar: Keeper) -> bool:
        """Tell whether the sample itself takes connections. Raises StartFailedError once it has ended instead."""
        if await _answers(sample.own_port):
            return True
        if await asyncio.to_thread(self._has_exited, sample.service):
            raise StartFailedError(_last_words(sidecar, "does not stay up"))
        await asyncio.sleep(LOOK_AT_HEALTH_EVERY_S)
        return False

    def _has_exited(self, service: str) -> bool:
        with suppress(TagentError), Client(self.settings) as client:
            return client.service(service).reason in (HealthReason.EXITED, HealthReason.GAVE_UP)
        return False

    async def _until(self, holds: Callable[[], Awaitable[bool]], keeper: Keeper) -> None:
        """Wait until that holds; fail when the part ends instead, or takes too long."""
        deadline = time.monotonic() + READY_WITHIN_S
        first = keeper.pid
        while not await holds():
            if keeper.pid != first or keeper.exit_status is not None:
                raise StartFailedError(_last_words(keeper, "ended while it started"))
            if time.monotonic() > deadline:
                raise StartFailedError(
                    _last_words(keeper, f"was not ready within {READY_WITHIN_S:g} s")
                )
            await asyncio.sleep(LOOK_EVERY_S)

    async def _noticed(self, waiting: Awaitable[T], what: str) -> T:
        """Wait, and say what for once it takes long."""
        task = asyncio.ensure_future(waiting)
        started = time.monotonic()
        while not (await asyncio.wait([task], timeout=QUIET_S))[0]:
            self._tell(f"{what} ({time.monotonic() - started:.0f} s) ...")
        return await task


async def _answers(port: int) -> bool:
    try:
        _reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


def _last_words(keeper: Keeper, what: str) -> str:
    tail = "\n".join(f"  {readable(line)}" for line in keeper.log.tail(5))
    return f"{keeper.command.name} {what}; the end of {keeper.log.path}:\n{tail}"
