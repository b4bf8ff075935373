"""Crash, hang, cpu and memory on real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from tagent_contract.faults import Cpu, Crash, Hang, Memory
from tagent_contract.policy import RestartPolicy
from tagent_sidecar.supervisor.output import Output
from tagent_sidecar.supervisor.proc import read_stat
from tagent_sidecar.supervisor.process_faults import ProcessFaults, capabilities
from tagent_sidecar.supervisor.process_figures import memory_free_bytes
from tagent_sidecar.supervisor.processes import OwnProcess, Processes
from tagent_sidecar.supervisor.service import Service
from tagent_sidecar.supervisor.supervised import SupervisedService
from tagent_sidecar.supervisor.watched import WatchedService
from tests.fakes.service_listener import RecordingListener, eventually, state_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="process faults need Linux"),
]
ENVIRONMENT = {"PATH": os.defpath}
LONG_S = 1000.0
MIB = 2**20
FAST = RestartPolicy(intensity=100, backoff_first_s=0)


class KeptProcesses(Processes):
    """Remembers what it started, so that a test can look at it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[OwnProcess] = []

    def start(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        process = super().start(*args, **kwargs)
        self.kept.append(process)
        return process


@asynccontextmanager
async def faults_on(
    service: Service, listener: RecordingListener, processes: Processes
) -> AsyncIterator[ProcessFaults]:
    await service.start()
    faults = ProcessFaults(service, processes, listener, ENVIRONMENT)
    try:
        yield faults
    finally:
        await faults.close()
        await service.stop()


@asynccontextmanager
async def child(
    *argv: str,
    policy: RestartPolicy = FAST,
) -> AsyncIterator[tuple[ProcessFaults, RecordingListener, SupervisedService, KeptProcesses]]:
    listener, processes = RecordingListener(), KeptProcesses()
    with Path(os.devnull).open("wb") as quiet:
        service = SupervisedService(
            argv or ("sleep", "1000"),
            ENVIRONMENT,
            listener,
            processes,
            policy=policy,
            output=Output(quiet.fileno()),
        )
        async with faults_on(service, listener, processes) as faults:
            yield faults, listener, service, processes


@contextmanager
def foreign(*argv: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(argv, start_new_session=True) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@asynccontextmanager
async def beside(
    process: subprocess.Popen[bytes], folder: Path
) -> AsyncIterator[tuple[ProcessFaults, RecordingListener, WatchedService, KeptProcesses]]:
    pid_file = folder / "service.pid"
    pid_file.write_text(f"{process.pid}\n")
    listener, processes = RecordingListener(), KeptProcesses()
    service = WatchedService(listener, pid_file=pid_file, interval_s=0.02)
    async with faults_on(service, listener, processes) as faults:
        yield faults, listener, service, processes


def later(seconds: float = LONG_S) -> float:
    return time.monotonic() + seconds


async def test_crashes_by_faults_use_up_none_of_the_budget_for_real_ones() -> None:
    policy = RestartPolicy(intensity=1, backoff_first_s=LONG_S)
    async with child(policy=policy) as (faults, _, service, _):
        for number in range(1, 4):
            faults.start(f"f{number}", Crash(), time.monotonic() + LONG_S)
            await eventually(lambda: service.incarnation == str(number + 1))  # noqa: B023 - awaited here
            await eventually(lambda: service.target is not None)
        assert service.target is not None
        os.kill(service.target.pid, signal.SIGKILL)
        await eventually(lambda: service.incarnation == "5")


async def test_a_crash_kills_the_child_which_is_restarted() -> None:
    async with child() as (faults, listener, service, _):
        faults.start("f", Crash(signal="ABRT"), later())
        await eventually(lambda: service.incarnation == "2")
        assert "done f" in listener.heard
        assert service.exits(time.monotonic())[0].status == "signal ABRT"


async def test_a_crash_kills_a_foreign_process(tmp_path: Path) -> None:
    with foreign("sleep", "1000") as process:
        async with beside(process, tmp_path) as (faults, listener, _, _):
            faults.start("f", Crash(), later())
            await eventually(lambda: "done f" in listener.heard)
            await eventually(lambda: process.poll() == -signal.SIGKILL)


async def test_without_a_running_process_a_crash_and_a_hang_fail_with_the_reason() -> None:
    listener = RecordingListener()
    async with faults_on(WatchedService(listener), listener, Processes()) as faults:
        for fault in (Crash(), Hang()):
            listener.heard.clear()
            faults.start("f", fault, later())
            await eventually(lambda: len(listener.heard) == 1)
            assert listener.heard == [
                "failed f: the service's process is not running, or nobody knows which it is"
            ]


async def test_a_hang_stops_the_child_and_its_end_continues_it() -> None:
    async with child("sh", "-c", "sleep 1000 & echo $!; wait") as (faults, listener, service, _):
        await eventually(lambda: len(listener.lines) == 1)
        assert service.target is not None
        pids = [service.target.pid, int(listener.lines[0][1])]
        faults.start("f", Hang(), later())
        await eventually(lambda: [state_of(pid) for pid in pids] == ["T", "T"])
        assert "done f" in listener.heard
        faults.stop("f")
        await eventually(lambda: [state_of(pid) for pid in pids] == ["S", "S"])


async def test_a_hang_ends_by_itself_when_its_time_is_over() -> None:
    async with child() as (faults, _, service, _):
        assert service.target is not None
        pid = service.target.pid
        faults.start("f", Hang(), later(0.3))
        await eventually(lambda: state_of(pid) == "T")
        await eventually(lambda: state_of(pid) == "S")


async def test_ending_a_hang_does_not_touch_the_next_incarnation() -> None:
    async with child() as (faults, listener, service, _):
        faults.start("f", Hang(), later())
        await eventually(lambda: "done f" in listener.heard)
        assert service.target is not None
        os.kill(service.target.pid, signal.SIGKILL)
        await eventually(lambda: service.incarnation == "2")
        assert service.target is not None
        os.kill(service.target.pid, signal.SIGSTOP)
        await eventually(lambda: state_of(service.target.pid) == "T")  # type: ignore[union-attr]
        faults.stop("f")
        await faults.close()
        assert state_of(service.target.pid) == "T"


async def test_a_foreign_process_is_stopped_with_its_children_and_continued(
    tmp_path: Path,
) -> None:
    pids_file = tmp_path / "pids"
    with foreign("sh", "-c", f"sleep 1000 & echo $! > {pids_file}; wait") as process:
        await eventually(lambda: pids_file.exists() and pids_file.read_text().endswith("\n"))
        pids = [process.pid, int(pids_file.read_text())]
        async with beside(process, tmp_path) as (faults, listener, _, _):
            faults.start("f", Hang(), later())
            await eventually(lambda: "done f" in listener.heard)
            await eventually(lambda: [state_of(pid) for pid in pids] == ["T", "T"])
            faults.stop("f")
            await eventually(lambda: [state_of(pid) for pid in pids] == ["S", "S"])


async def test_a_guard_that_is_killed_leaves_nobody_stopped(tmp_path: Path) -> None:
    with foreign("sleep", "1000") as process:
        async with beside(process, tmp_path) as (faults, listener, _, processes):
            faults.start("f", Hang(), later())
            await eventually(lambda: "done f" in listener.heard)
            await eventually(lambda: state_of(process.pid) == "T")
            processes.kept[0].signal(signal.SIGKILL)
            await eventually(lambda: state_of(process.pid) == "S")
            await eventually(lambda: "failed f: guard ended with signal KILL" in listener.heard)


async def test_the_guard_continues_them_by_itself_when_the_time_is_over(tmp_path: Path) -> None:
    guard = Path("sidecar/src/tagent_sidecar/supervisor/beside/guard.py").resolve()
    with foreign("sleep", "1000") as process:
        pidfd = os.pidfd_open(process.pid)
        given_end, held_end = os.pipe()
        try:
            with subprocess.Popen(
                [sys.executable, "-I", "-S", str(guard), "0.3", str(pidfd)],
                pass_fds=[pidfd],
                stdin=given_end,
                stdout=subprocess.DEVNULL,
            ):
                await eventually(lambda: state_of(process.pid) == "T")
                await eventually(lambda: state_of(process.pid) == "S")
        finally:
            for descriptor in (pidfd, given_end, held_end):
                os.close(descriptor)


async def test_cpu_burns_what_was_asked_for_and_ends_with_the_fault() -> None:
    async with child() as (faults, listener, _, processes):
        faults.start("f", Cpu(load_ratio=0.5), later())
        await eventually(lambda: "done f" in listener.heard)
        (burner,) = processes.kept[1:]
        before, begun = cpu_s(burner.pid), time.monotonic()
        await asyncio.sleep(1.0)
        used = (cpu_s(burner.pid) - before) / (time.monotonic() - begun)
        # A busy machine may give it less than half of a core, but never much more.
        assert 0.01 < used < 0.7
        faults.stop("f")
        async with asyncio.timeout(5):
            await burner.ended.wait()


async def test_no_more_burners_than_cores() -> None:
    async with child() as (faults, listener, _, processes):
        faults.start("f", Cpu(load_ratio=0.01, workers=1000), later())
        await eventually(lambda: "done f" in listener.heard)
        assert len(processes.kept) - 1 == len(os.sched_getaffinity(0))


async def test_memory_is_really_held_and_given_back() -> None:
    async with child() as (faults, listener, _, processes):
        faults.start("f", Memory(bytes=64 * MIB + 1), later())
        await eventually(lambda: "done f" in listener.heard)
        (holder,) = processes.kept[1:]
        stat = read_stat(holder.pid)
        assert stat is not None
        assert stat.rss_pages * os.sysconf("SC_PAGE_SIZE") > 64 * MIB
        assert Path(f"/proc/{holder.pid}/oom_score_adj").read_text() == "1000\n"
        faults.stop("f")
        async with asyncio.timeout(5):
            await holder.ended.wait()


async def test_more_than_half_of_the_free_memory_is_refused_with_the_figures() -> None:
    free = memory_free_bytes()
    assert free is not None
    async with child() as (faults, listener, _, processes):
        faults.start("f", Memory(bytes=free), later())
        await eventually(lambda: len(listener.heard) == 2)
        assert listener.heard[1].startswith(f"failed f: {free // MIB} MiB is more than half of")
        assert len(processes.kept) == 1


@pytest.mark.parametrize("program", ["burn_cpu", "hold_memory"])
async def test_they_end_by_themselves_when_their_time_is_over(program: str) -> None:
    path = Path(f"sidecar/src/tagent_sidecar/supervisor/beside/{program}.py").resolve()
    first = "0.1" if program == "burn_cpu" else "1048576"
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(path), first, "0.2"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert await asyncio.to_thread(process.wait, 20) == -signal.SIGALRM


async def test_a_burner_that_is_killed_is_a_failed_fault() -> None:
    async with child() as (faults, listener, _, processes):
        faults.start("f", Cpu(load_ratio=0.01), later())
        await eventually(lambda: "done f" in listener.heard)
        processes.kept[1].signal(signal.SIGKILL)
        await eventually(lambda: "failed f: burn_cpu ended with signal KILL" in listener.heard)


async def test_a_second_start_replaces_what_the_first_did() -> None:
    async with child() as (faults, listener, _, processes):
        for _ in range(2):
            listener.heard.clear()
            faults.start("f", Cpu(load_ratio=0.01), later())
            await eventually(lambda: "done f" in listener.heard)
        first, second = processes.kept[1:]
        async with asyncio.timeout(5):
            await first.ended.wait()
        assert second.code is None


async def test_stopping_what_was_never_started_is_harmless() -> None:
    async with child() as (faults, listener, _, _):
        faults.stop("unknown")
        await faults.close()
        await faults.close()
        assert listener.heard == ["started 1"]


def test_this_machine_can_apply_all_to_a_child() -> None:
    able, missing = capabilities(is_child=True, has_pid_file=False)
    assert able == ("cpu", "crash", "hang", "memory")
    assert missing == {}


def cpu_s(pid: int) -> float:
    stat = read_stat(pid)
    assert stat is not None
    return stat.cpu_ticks / os.sysconf("SC_CLK_TCK")
