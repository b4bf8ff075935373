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

LAST_READS_MAX = 64
LEASH = str(Path(__file__).with_name("leash.py"))


@dataclass(frozen=True, slots=True)
class Command:
    """What to start. `passes_output` leaves standard output to the person's terminal; the log has the rest."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    stop_grace_s: float = 5.0
    passes_output: bool = False
    leash_signal: signal.Signals = signal.SIGKILL
    """What it gets when this process ends without having ended it."""


class _Output:
    """What a process writes, on its way from the pipe to the log."""

    def __init__(self, pipe: int, log: BoundedLog) -> None:
        self._pipe: int | None = pipe
        self._log = log
        os.set_blocking(pipe, False)
        asyncio.get_running_loop().add_reader(pipe, self._take)

    def _take(self) -> bool:
        """Move what is there now; false when there is nothing, or nothing more to come."""
        if self._pipe is None:
            return False
        try:
            data = os.read(self._pipe, 65_536)
        except BlockingIOError:
            return False
        if data:
            self._log.write(data)
        else:
            asyncio.get_running_loop().remove_reader(self._pipe)
        return bool(data)

    def close(self) -> None:
        """Take the last words; a descendant that still holds the pipe is not waited for. May be called again."""
        if self._pipe is None:
            return
        for _ in range(LAST_READS_MAX):
            if not self._take():
                break
        asyncio.get_running_loop().remove_reader(self._pipe)
        os.close(self._pipe)
        self._pipe = None
        self._log.close()


class Child:
    """A started command."""

    def __init__(
        self, command: Command, process: asyncio.subprocess.Process, output: _Output
    ) -> None:
        self._command = command
        self._process = process
        self._output = output

    @classmethod
    async def start(cls, command: Command, log: BoundedLog) -> Child:
        """Start it. Ctrl-C at the terminal does not reach it: whoever started it ends it, in order."""
        # A pipe of our own: with asyncio's, the wait for a process lasts until its descendants too have closed the pipe.
        reading, writing = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                LEASH,
                str(os.getpid()),
                str(int(command.leash_signal)),
                *command.arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=None if command.passes_output else writing,
                stderr=writing,
                env=command.environment,
                process_group=0,
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        return cls(command, process, _Output(reading, log))

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
        self._output.close()
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
