"""The service as a neighbour that a pid file names."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tagent_contract.plan import RestartOrder
from tagent_contract.reports import AttemptState
from tagent_sidecar.supervisor.watched import WatchedService
from tests.fakes.service_listener import RecordingListener, eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
GONE = "down: the process in the pid file is gone; something else has to start it"


@asynccontextmanager
async def watching(
    pid_file: Path | None, interval_s: float = 0.02
) -> AsyncIterator[tuple[WatchedService, RecordingListener]]:
    listener = RecordingListener()
    service = WatchedService(listener, pid_file=pid_file, interval_s=interval_s)
    await service.start()
    try:
        yield service, listener
    finally:
        await service.stop()


async def test_without_a_pid_file_there_is_one_incarnation_of_which_nothing_is_known() -> None:
    async with watching(None) as (service, listener):
        assert listener.heard == ["started 1"]
        assert (service.incarnation, service.target, service.supervised) == ("1", None, False)


async def test_a_new_process_in_the_pid_file_is_a_new_incarnation(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with subprocess.Popen(["sleep", "1000"]) as first, subprocess.Popen(["sleep", "1000"]) as next_:
        try:
            pid_file.write_text(f"{first.pid}\n")
            async with watching(pid_file) as (service, listener):
                assert service.target is not None
                assert service.target.pid == first.pid
                pid_file.write_text(f"{next_.pid}\n")
                await eventually(lambda: service.incarnation == "2")
                assert service.target.pid == next_.pid
                assert listener.heard == [
                    "started 1",
                    "ended 1",
                    GONE,
                    f"started 2: ended; process {next_.pid} took its place",
                ]
        finally:
            first.kill()
            next_.kill()


async def test_an_exit_is_seen_without_waiting_for_the_next_look(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with subprocess.Popen(["sleep", "1000"]) as process:
        pid_file.write_text(str(process.pid))
        async with watching(pid_file, interval_s=1000) as (service, listener):
            process.kill()
            await eventually(lambda: listener.heard == ["started 1", "ended 1", GONE])
            assert service.target is None
            (seen,) = service.exits(time.monotonic())
            assert (seen.incarnation, seen.status, seen.restarted_as) == ("1", "gone", None)


async def test_a_pid_file_that_comes_later_is_found(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    async with watching(pid_file) as (service, listener):
        assert listener.heard == []
        pid_file.write_text(str(os.getpid()))
        await eventually(lambda: service.target is not None)
        assert listener.heard == ["started 1"]


@pytest.mark.parametrize("text", ["", "rubbish", "0", "-1", "999999999", "9" * 1000])
async def test_a_pid_file_with_rubbish_names_nobody(tmp_path: Path, text: str) -> None:
    pid_file = tmp_path / "pid"
    pid_file.write_text(text)
    async with watching(pid_file) as (service, listener):
        assert service.target is None
        assert listener.heard == []


async def test_a_restart_cannot_be_ordered() -> None:
    async with watching(None) as (service, _):
        for _ in range(2):
            service.order_restart(RestartOrder(incarnation="1", attempt_id="a"))
        (attempt,) = service.attempts(time.monotonic())
        assert attempt.state is AttemptState.UNSUPPORTED
        assert attempt.detail == "the sidecar is not the service's parent"
