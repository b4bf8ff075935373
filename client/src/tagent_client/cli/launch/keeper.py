"""Keeps a command running: starts it again when it ends by itself, ever later when it keeps ending."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tagent_client.cli.launch.bounded_log import BoundedLog
from tagent_client.cli.launch.child import Child, Command

STEADY_S = 30.0
"""One that ran for so long had a good start; its next end is again a first one."""
DELAY_FIRST_S = 0.5
DELAY_MAX_S = 30.0


def restart_delay_s(ends_in_row: int) -> float:
    """Return how long to wait after so many quick ends in a row: none after the first, then doubling."""
    if ends_in_row <= 1:
        return 0.0
    return min(DELAY_MAX_S, DELAY_FIRST_S * 2.0 ** min(ends_in_row - 2, 16))


class Keeper:
    """One command and its present process."""

    def __init__(self, command: Command, log: BoundedLog, tell: Callable[[str], None]) -> None:
        self.command = command
        self.log = log
        self._tell = tell
        self._child: Child | None = None
        self._stopping = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Return the present process's id."""
        return self._child.pid if self._child else None

    @property
    def exit_status(self) -> str | None:
        """Return how the present process ended; None while it runs."""
        return self._child.exit_status if self._child else None

    async def start(self) -> None:
        """Start it once, and keep it running from then on."""
        self._child = await Child.start(self.command, self.log)
        loop = asyncio.get_running_loop()
        self._running = loop.create_task(self._keep(), name=f"keeper of {self.command.name}")

    async def _keep(self) -> None:
        ends_in_row = 0
        while self._child is not None:
            started = time.monotonic()
            status = await self._child.wait()
            if self._stopping.is_set():
                return
            ends_in_row = 1 if time.monotonic() - started >= STEADY_S else ends_in_row + 1
            delay_s = restart_delay_s(ends_in_row)
            again = f"in {delay_s:g} s" if delay_s else "now"
            self._tell(f"{self.command.name} ended ({status}); starting it again {again}")
            if await self._told_to_stop_within(delay_s):
                return
            self._child = await Child.start(self.command, self.log)

    async def _told_to_stop_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    async def stop(self) -> None:
        """End it for good; a process that is just being started is ended too."""
        self._stopping.set()
        if self._child is not None:
            await self._child.stop()
        if self._running is not None:
            await self._running
        # The keeper may have been about to start another when it was told.
        if self._child is not None and self._child.exit_status is None:
            await self._child.kill()

    async def kill(self) -> None:
        """End it at once."""
        self._stopping.set()
        if self._child is not None:
            await self._child.kill()
