"""The exec check: a command that ends with 0 within the time-out passes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from tagent_sidecar.checks.connection import CheckFailedError
from tagent_sidecar.checks.looking import look_within
from tagent_sidecar.health.check_result import CheckOutcome, CheckResult, Side
from tagent_sidecar.supervisor.command import CommandError, find_command
from tagent_sidecar.supervisor.exit_status import describe_exit
from tagent_sidecar.supervisor.processes import Processes

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

    async def _ask(self, started_at: float) -> float:
        reading_end, writing_end = os.pipe()
        os.set_blocking(reading_end, False)
        try:
            code = await self._run(writing_end)
            said = b""
            with suppress(BlockingIOError):
                said = os.read(reading_end, SAID_BYTES_MAX)
        finally:
            os.close(reading_end)
        if code != 0:
            raise CheckFailedError(CheckOutcome.BAD_ANSWER, _describe(code, said))
        return time.monotonic() - started_at

    async def _run(self, writing_end: int) -> int:
        # What the command says goes into a pipe that nobody empties meanwhile: its end must not wait for room.
        os.set_blocking(writing_end, False)
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
        finally:
            os.close(writing_end)
        try:
            await process.ended.wait()
        finally:
            process.signal_group(signal.SIGKILL)
        return process.code or 0


def _describe(code: int, said: bytes) -> str:
    lines = said.decode("utf-8", "replace").split("\n")
    first = next((line.strip() for line in lines if line.strip()), "")
    status = describe_exit(code)
    return f"{status}: {first[:DETAIL_LENGTH_MAX]}" if first else status
