"""When the sidecar is killed -9, nothing of it stays: no child, no helper, no stopped stranger."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tagent_sidecar.supervisor.command import death_wish
from tests.fakes.service_listener import eventually, state_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="leashes and parent-death signals"),
]
PROGRAM = Path(__file__).resolve().parents[3] / "fakes" / "sidecar_like.py"


@contextmanager
def sidecar_like(pid_file: Path | None, script: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(pid_file or ""), script],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until_in_force(process: subprocess.Popen[str]) -> tuple[list[int], list[str]]:
    """Return the pids it started, and what its service said."""
    assert process.stdout is not None
    pids, said = [], []
    for line in process.stdout:
        words = line.split()
        if words == ["all", "in", "force"]:
            return pids, said
        if words[0] == "started":
            pids.append(int(words[1]))
        else:
            said.append(line.strip())
    raise AssertionError("it ended before everything was in force")


async def test_child_grandchildren_and_helpers_die_with_it() -> None:
    # One grandchild in its group, and one that closes descriptors it does not know.
    script = "sleep 1000 & echo $!; bash -c 'exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; exec sleep 1000' & echo $!; wait"
    with sidecar_like(None, script) as process:
        pids, said = read_until_in_force(process)
        assert len(pids) == 3
        assert len(said) == 2
        everybody = [*pids, *map(int, said)]
        assert all(state_of(pid) for pid in everybody)
        process.kill()
        await eventually(lambda: not any(state_of(pid) for pid in everybody))


async def test_a_child_that_closes_every_descriptor_dies_too() -> None:
    script = "exec bash -c 'for n in 3 4 5 6 7 8 9 10 11 12 13 14 15; do eval \"exec $n<&-\"; done; echo closed; exec sleep 1000'"
    with sidecar_like(None, script) as process:
        pids, said = read_until_in_force(process)
        assert said == ["closed"]
        process.kill()
        await eventually(lambda: not any(state_of(pid) for pid in pids))


async def test_a_stopped_child_dies_with_it() -> None:
    with sidecar_like(None, "exec sleep 1000") as process:
        pids, _ = read_until_in_force(process)
        os.kill(pids[0], signal.SIGSTOP)
        await eventually(lambda: state_of(pids[0]) == "T")
        process.kill()
        await eventually(lambda: not any(state_of(pid) for pid in pids))


async def test_a_stopped_stranger_is_continued(tmp_path: Path) -> None:
    pid_file = tmp_path / "stranger.pid"
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        try:
            pid_file.write_text(str(stranger.pid))
            with sidecar_like(pid_file, "exec sleep 1000") as process:
                pids, _ = read_until_in_force(process)
                await eventually(lambda: state_of(stranger.pid) == "T")
                process.kill()
                await eventually(lambda: state_of(stranger.pid) == "S")
                await eventually(lambda: not any(state_of(pid) for pid in pids))
        finally:
            stranger.kill()


async def test_a_command_that_starts_after_its_parent_is_gone_does_not_start(
    tmp_path: Path,
) -> None:
    wish = death_wish(os.getpid())
    started = tmp_path / "started"
    assert subprocess.run([*wish, "touch", str(started)], check=False).returncode == 0
    assert started.exists()
    started.unlink()
    gone = death_wish(2**22 + 1)
    assert subprocess.run([*gone, "touch", str(started)], check=False).returncode != 0
    assert not started.exists()


async def test_orphans_that_left_the_group_end_with_the_incarnation() -> None:
    script = "setsid sh -c 'sleep 1000 & echo $! $$; wait' & sleep 1000"
    with sidecar_like(None, script) as process:
        pids, said = read_until_in_force(process)
        orphans = [int(word) for word in said[0].split()]
        try:
            assert all(state_of(pid) for pid in orphans)
            os.kill(pids[0], signal.SIGKILL)
            await eventually(lambda: not any(state_of(pid) for pid in orphans))
            # They are reaped too: no zombie with this number is left.
            await eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in orphans))
        finally:
            for pid in orphans:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
