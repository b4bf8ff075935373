"""Children: on a leash, kept running, with a bounded log."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tagent_client.cli.launch.bounded_log import BoundedLog
from tagent_client.cli.launch.child import Child, Command
from tagent_client.cli.launch.keeper import Keeper
from tagent_client.cli.launch.sidecar_log import SidecarLog
from tests.fakes.processes import wait_until

pytestmark = pytest.mark.integration


def alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def python(code: str, name: str = "child", grace_s: float = 5.0) -> Command:
    return Command(name, [sys.executable, "-c", code], dict(os.environ), stop_grace_s=grace_s)


async def eventually(holds: object, what: str) -> None:
    async with asyncio.timeout(20):
        while not holds():  # type: ignore[operator]
            await asyncio.sleep(0.02)
    assert what


async def test_its_output_is_in_the_log_and_how_it_ended_is_known(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "log")
    child = await Child.start(
        python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"), log
    )
    assert await child.wait() == "exit 3"
    assert sorted(log.tail(5)) == ["err", "out"]


async def test_a_command_that_is_not_there_says_so_in_the_log(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "log")
    child = await Child.start(Command("x", ["/no/such/program"], {}), log)
    assert await child.wait() == "exit 127"
    assert log.tail(1) == ["/no/such/program: No such file or directory"]


async def test_one_that_does_not_end_when_asked_is_killed(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    log = BoundedLog(tmp_path / "log")
    child = await Child.start(python(code, grace_s=0.2), log)
    await eventually(lambda: log.tail(1) == ["up"], "it ignores SIGTERM")
    await child.stop()
    assert child.exit_status == "signal KILL"


async def test_a_grandchild_that_keeps_the_output_open_does_not_hold_up_the_end(
    tmp_path: Path,
) -> None:
    code = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)"
    log = BoundedLog(tmp_path / "log")
    child = await Child.start(python(code), log)
    async with asyncio.timeout(20):
        await child.wait()
    os.kill(int(log.tail(1)[0]), signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_child_ends_with_whoever_started_it_even_by_kill_9(tmp_path: Path) -> None:
    code = """
import asyncio, os, sys
from pathlib import Path
from tagent_client.cli.launch.bounded_log import BoundedLog
from tagent_client.cli.launch.child import Child, Command
async def main():
    command = Command("child", [sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ))
    child = await Child.start(command, BoundedLog(Path(sys.argv[1])))
    print(child.pid, flush=True)
    await child.wait()
asyncio.run(main())
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    # Past the leash: the child has become the command.
    wait_until(
        lambda: b"leash" not in Path(f"/proc/{pid}/cmdline").read_bytes(), "it became the command"
    )
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not alive(pid), "the child ended too")


async def test_a_keeper_starts_again_what_ends_and_ends_it_for_good_when_told(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    keeper = Keeper(
        python("import time; time.sleep(60)"), BoundedLog(tmp_path / "log"), told.append
    )
    await keeper.start()
    first = keeper.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: keeper.pid not in (None, first), "another was started")
    assert told == ["child ended (signal KILL); starting it again now"]
    second = keeper.pid
    assert second is not None
    await keeper.stop()
    assert not alive(second)
    assert len(told) == 1


async def test_a_keeper_that_waits_to_start_again_can_be_told_to_end(tmp_path: Path) -> None:
    told: list[str] = []
    keeper = Keeper(python("pass"), BoundedLog(tmp_path / "log"), told.append)
    await keeper.start()
    await eventually(lambda: len(told) >= 4, "it ended again and again")
    started = time.monotonic()
    await keeper.stop()
    assert time.monotonic() - started < 5
    assert told[1].endswith("again in 0.5 s")


def test_a_log_does_not_grow_without_end(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "log", bytes_max=1000)
    for number in range(100):
        log.write(b"%099d\n" % number)
    assert log.tail(1) == [f"{99:099d}"]
    log.close()
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes == {"log": 1000, "log.1": 1000}


def test_a_log_goes_on_where_an_earlier_run_ended(tmp_path: Path) -> None:
    first, second = BoundedLog(tmp_path / "log"), BoundedLog(tmp_path / "log")
    first.write(b"one\n")
    first.close()
    second.write(b"two\n")
    second.close()
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"


def test_a_log_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "missing" / "log")
    log.write(b"lost\n")
    assert log.tail(3) == []


def test_warnings_of_a_sidecar_are_told_however_their_bytes_arrive(tmp_path: Path) -> None:
    told: list[str] = []
    log = SidecarLog(tmp_path / "log", told.append)
    line = b'{"level": "warning", "text": "the service is down"}\n'
    for at in range(len(line)):
        log.write(line[at : at + 1])
    log.write(line + line)
    log.close()
    assert told == ["the service is down"] * 3
    assert (tmp_path / "log").read_bytes() == line * 3
