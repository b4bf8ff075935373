"""Starts the small programs of `beside/` and waits until they say that they are ready."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tagent_sidecar.supervisor.command import CommandError
from tagent_sidecar.supervisor.effects import EffectError
from tagent_sidecar.supervisor.exit_status import describe_exit
from tagent_sidecar.supervisor.processes import OwnProcess, Processes

READY_WITHIN_S = 30.0
"""Touching many GiB of memory takes seconds."""


class BesideProcess:
    """One program of ours in force; an `Effect`."""

    def __init__(self, process: OwnProcess, name: str) -> None:
        self.process = process
        self._name = name

    async def broke(self) -> str:
        """Wait for an end that nobody asked for."""
        await self.process.ended.wait()
        return f"{self._name} ended with {describe_exit(self.process.code or 0)}"

    def end(self) -> None:
        """Kill it."""
        self.process.signal_group(signal.SIGKILL)


async def start_beside(
    name: str,
    words: Sequence[str],
    processes: Processes,
    environment: Mapping[str, str],
) -> BesideProcess:
    """Start `beside/<name>.py` and return once its effect is in force. Raises EffectError."""
    reading_end, writing_end = os.pipe()
    try:
        process = start_program(name, words, processes, environment, stdout=writing_end)
    except BaseException:
        os.close(reading_end)
        raise
    finally:
        os.close(writing_end)
    beside = BesideProcess(process, name)
    try:
        await wait_ready(reading_end, beside)
    except BaseException:
        beside.end()
        raise
    finally:
        os.close(reading_end)
    return beside


def start_program(  # noqa: PLR0913 - what a process is made of
    name: str,
    words: Sequence[str],
    processes: Processes,
    environment: Mapping[str, str],
    *,
    stdout: int,
    stdin: int = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
    leashed: bool = True,
) -> OwnProcess:
    """Start `beside/<name>.py` by the Python that runs us. Raises EffectError."""
    program = Path(__file__).with_name("beside") / f"{name}.py"
    try:
        return processes.start(
            [sys.executable, "-I", "-S", str(program), *words],
            lambda _code: None,
            environment=environment,
            stdin=stdin,
            stdout=stdout,
            pass_fds=pass_fds,
            leashed=leashed,
        )
    except CommandError as error:
        raise EffectError(str(error)) from error


async def wait_ready(reading_end: int, beside: BesideProcess) -> None:
    """Wait for the program's `ready`. Raises EffectError when it ends before, or takes too long."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()

    def said_something() -> None:
        loop.remove_reader(reading_end)
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(reading_end, said_something)
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            await readable
            if os.read(reading_end, 64) == b"ready\n":
                return
            raise EffectError(await beside.broke())
    except TimeoutError as error:
        raise EffectError(f"not in force within {READY_WITHIN_S:g} s") from error
    finally:
        with suppress(OSError, ValueError):
            loop.remove_reader(reading_end)
