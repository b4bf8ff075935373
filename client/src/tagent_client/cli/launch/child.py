"""One child process: on a leash, in a process group of its own, its output in a bounded log."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tagent_client.cli.launch.bounded_log import BoundedLog

LEASH = str(Path(__file__).with_name("leash.py"))


@dataclass(frozen=True, slots=True)
class Command:
    """What to start. `passes_output` leaves standard output to the person's terminal; the log has the rest."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    stop_grace_s: float = 5.0
    passes_output: bool = False


class Child:
    """A started command."""

    def __init__(
        self, command: Command, process: asyncio.subprocess.Process, log: BoundedLog
    ) -> None:
        self._command = command
        self._process = process
        self._log = log
        self._pump: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, command: Command, log: BoundedLog) -> Child:
        """Start it. Ctrl-C at the terminal does not reach it: whoever started it ends it, in order."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            LEASH,
            str(os.getpid()),
            *command.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=None if command.passes_output else asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE if command.passes_output else asyncio.subprocess.STDOUT,
            env=command.environment,
            process_group=0,
        )
        child = cls(command, process, log)
        loop = asyncio.get_running_loop()
        child._pump = loop.create_task(child._keep_output(), name=f"output of {command.name}")
        return child

    @property
    def pid(self) -> int:
        """Return its process id, which is its group's too."""
        return self._process.pid

    @property
    def exit_status(self) -> str | None:
        """Return how it ended, such as `exit 1` or `signal KILL`; None while it runs."""
        code = self._process.returncode
        if code is None:
            return None
        if code >= 0:
            return f"exit {code}"
        try:
            return f"signal {signal.Signals(-code).name.removeprefix('SIG')}"
        except ValueError:
            return f"signal {-code}"

    async def wait(self) -> str:
        """Wait until it has ended and its output is in the log; return how it ended."""
        await self._process.wait()
        if self._pump is not None:
            # A grandchild may hold the pipe open; its last words are not worth waiting for.
            await asyncio.wait([self._pump], timeout=0.5)
            self._pump.cancel()
        self._log.close()
        return self.exit_status or "gone"

    async def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL when its grace is over."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self._command.stop_grace_s):
                await self.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)
        await self.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _keep_output(self) -> None:
        stream = self._process.stderr if self._command.passes_output else self._process.stdout
        while stream is not None and (data := await stream.read(65_536)):
            self._log.write(data)
