from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tagent_sidecar.checks.exec_check import ExecCheck
from tagent_sidecar.health.check_result import CheckOutcome, CheckResult
from tagent_sidecar.supervisor.processes import Processes

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="process groups as Linux has them"),
]
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


async def look(*argv: str, timeout_s: float = 10.0) -> CheckResult:
    return await ExecCheck(argv, ENVIRONMENT, Processes()).look(timeout_s)


async def test_an_exit_of_0_passes() -> None:
    result = await look("true")
    assert result.passed
    assert result.latency_s is not None


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("exit 3", "exit 3"),
        ("echo; echo disk is full >&2; exit 1", "exit 1: disk is full"),
        ("kill -9 $$", "signal KILL"),
    ],
)
async def test_any_other_end_fails_with_what_it_said(script: str, detail: str) -> None:
    result = await look("sh", "-c", script)
    assert (result.outcome, result.detail) == (CheckOutcome.BAD_ANSWER, detail)


async def test_a_command_that_is_not_there_is_told() -> None:
    result = await look("no-such-command-here")
    assert result.outcome is CheckOutcome.BROKEN
    assert result.detail == "The command 'no-such-command-here' was not found in PATH."


async def test_a_flood_of_output_hangs_nobody() -> None:
    result = await look("sh", "-c", "yes | head -c 3000000; exit 2")
    assert (result.outcome, result.detail) == (CheckOutcome.BAD_ANSWER, "exit 2: y")


async def test_after_the_time_out_nothing_it_started_is_left(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    result = await look("sh", "-c", f"sleep 1000 & echo $! $$ > {pids}; wait", timeout_s=0.5)
    assert result.outcome is CheckOutcome.TIMED_OUT
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 2
    async with asyncio.timeout(5):
        while any(is_alive(pid) for pid in started):
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
