"""The exec check: a command that ends with 0 within the time-out passes."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from tagent_sidecar.checks.conversation import CheckFailedError
from tagent_sidecar.checks.looking import look_within
from tagent_sidecar.health.check_result import CheckOutcome, CheckResult, Side
from tagent_sidecar.supervisor.command import CommandError, find_command
from tagent_sidecar.supervisor.exit_status import describe_exit
from tagent_sidecar.supervisor.processes import Processes

READ_BYTES = 64 * 1024
SAID_BYTES_MAX = 4096
DETAIL_LENGTH_MAX = 200


class ExecCheck:
    """Runs a command in a group of its own, which is killed with all it started when the time is over."""

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str], processes: Processes
    ) -> None:
        self._argv = tuple(argv)
        self._environment = environment
        self._processes = processes

    async def look(self, timeout_s: float) -> CheckResult:
        """Ask once."""
        return await look_within(Side.INSIDE, timeout_s, self._ask)

    async def _ask(self, started_at: float, timeout_s: float) -> float:
        said = _Said()
        try:
            async with asyncio.timeout(timeout_s):
                code = await self._run(said.writing_end)
        finally:
            said.close()
        if code != 0:
            raise CheckFailedError(CheckOutcome.BAD_ANSWER, _describe(code, said.begin))
        return time.monotonic() - started_at

    async def _run(self, writing_end: int) -> int:
        try:
            process = self._processes.start(
                find_command(self._argv, self._environment),
                lambda _code: None,
                environment=self._environment,
                stdout=writing_end,
                stderr=writing_end,
            )
        except CommandError as error:
            raise CheckFailedError(CheckOutcome.BROKEN, str(error)) from error
        try:
            await process.ended.wait()
        finally:
            process.signal_group(signal.SIGKILL)
        return process.code or 0


class _Said:
    """What the command says: the begin is kept, the rest read and forgotten, so that it never waits for room."""

    def __init__(self) -> None:
        self.begin = b""
        self._reading_end, self.writing_end = os.pipe()
        os.set_blocking(self._reading_end, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._reading_end, self._read)

    def close(self) -> None:
        """Read what is there, and stop. Once."""
        os.close(self.writing_end)
        self._read()
        self._loop.remove_reader(self._reading_end)
        os.close(self._reading_end)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            said = os.read(self._reading_end, READ_BYTES)
            self.begin += said[: SAID_BYTES_MAX - len(self.begin)]


def _describe(code: int, said: bytes) -> str:
    lines = said.decode("utf-8", "replace").split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    status = describe_exit(code)
    return f"{status}: {first[:DETAIL_LENGTH_MAX]}" if first else status
