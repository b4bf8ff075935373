"""The service as our child, with real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tagent_contract.plan import RestartOrder
from tagent_contract.policy import Mode, RestartPolicy
from tagent_contract.reports import AttemptState, RestartCause
from tagent_sidecar.supervisor.output import Output
from tagent_sidecar.supervisor.proc import family_of
from tagent_sidecar.supervisor.processes import Processes
from tagent_sidecar.supervisor.supervised import SupervisedService
from tests.fakes.service_listener import RecordingListener, eventually, state_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
ENVIRONMENT = {"PATH": os.defpath, "WHO": "the child"}
FAST = RestartPolicy(backoff_first_s=0.1, intensity=100, stop_grace_s=5)
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.05; done"


@asynccontextmanager
async def service(
    *argv: str,
    policy: RestartPolicy = FAST,
    mode: Mode = Mode.HEAL,
    output: Output | None = None,
) -> AsyncIterator[tuple[SupervisedService, RecordingListener]]:
    listener = RecordingListener()
    quiet = os.open(os.devnull, os.O_WRONLY)
    made = SupervisedService(
        argv,
        ENVIRONMENT,
        listener,
        Processes(),
        policy=policy,
        mode=mode,
        output=output or Output(quiet),
    )
    await made.start()
    try:
        yield made, listener
    finally:
        await made.stop()
        os.close(quiet)


def pid_of(made: SupervisedService) -> int:
    assert made.target is not None
    return made.target.pid


async def test_a_killed_service_is_back_at_once() -> None:
    async with service("sleep", "1000") as (made, listener):
        first = pid_of(made)
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: made.incarnation == "2")
        made.answered()
        assert listener.heard == [
            "started 1",
            "ended 1",
            "down: ended with signal KILL",
            "started 2: ended with signal KILL; incarnation 2 is starting",
        ]
        assert state_of(pid_of(made)) != ""
        assert made.restarts == 1
        (seen,) = made.exits(time.monotonic())
        assert (seen.number, seen.incarnation, seen.status, seen.cause, seen.restarted_as) == (
            1,
            "1",
            "signal KILL",
            RestartCause.EXIT,
            "2",
        )
        assert seen.back_ms is not None
    assert state_of(first) == ""


async def test_a_crash_loop_backs_off_and_then_gives_up() -> None:
    policy = RestartPolicy(backoff_first_s=0.2, intensity=3, intensity_window_s=1000)
    async with service("sh", "-c", "exit 7", policy=policy) as (made, listener):
        await eventually(lambda: any(heard.startswith("gave up") for heard in listener.heard))
        assert made.incarnation == "4"
        assert made.target is None
        downs = [heard for heard in listener.heard if not heard.startswith(("started", "ended"))]
        assert downs[:-1] == [
            "down: ended with exit 7",
            "down: ended with exit 7; next start in 0.2 s",
            "down: ended with exit 7; next start in 0.4 s",
        ]
        assert downs[-1].startswith(
            "gave up: ended with exit 7; gave up after 3 restarts in 1000 s"
        )
        last = made.exits(time.monotonic())[-1]
        assert (last.number, last.restarted_as) == (4, None)
        assert last.held_until_s is not None
        assert 900 < last.held_until_s <= 1000


async def test_what_gave_up_tries_again_when_the_window_has_passed() -> None:
    policy = RestartPolicy(backoff_first_s=0, intensity=2, intensity_window_s=0.3)
    async with service("false", policy=policy) as (made, listener):
        await eventually(lambda: any(heard.startswith("gave up") for heard in listener.heard))
        await eventually(lambda: made.restarts >= 4)


async def test_an_order_restarts_a_service_that_gave_up() -> None:
    policy = RestartPolicy(backoff_first_s=1000, intensity=1)
    async with service("sh", "-c", "sleep 0.1; exit 1", policy=policy) as (made, listener):
        await eventually(lambda: any(heard.startswith("gave up") for heard in listener.heard))
        made.order_restart(RestartOrder(incarnation=made.incarnation, attempt_id="a"))
        await eventually(lambda: made.target is not None)
        assert made.incarnation == "3"
        assert made.exits(time.monotonic())[-1].restarted_as == "3"
        (attempt,) = made.attempts(time.monotonic())
        assert (attempt.state, attempt.incarnation) == (AttemptState.STARTED, "3")


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.CHECK])
async def test_mode_off_and_check_leave_it_down_and_report_it(mode: Mode) -> None:
    async with service("sleep", "1000", mode=mode) as (made, listener):
        os.kill(pid_of(made), signal.SIGKILL)
        await eventually(lambda: len(listener.heard) == 3)
        assert listener.heard[-1] == (
            f"down: ended with signal KILL; mode {mode.value} leaves it down"
        )
        await asyncio.sleep(0.1)
        assert made.target is None
        (seen,) = made.exits(time.monotonic())
        assert (seen.restarted_as, seen.held_until_s) == (None, None)
        made.apply_policy(FAST, Mode.HEAL)
        await eventually(lambda: made.incarnation == "2")


async def test_a_mode_that_changes_during_back_off_holds_the_restart() -> None:
    policy = RestartPolicy(backoff_first_s=0.2)
    async with service("false", policy=policy) as (made, listener):
        await eventually(lambda: made.restarts == 1 and made.target is None)
        made.apply_policy(policy, Mode.CHECK)
        await asyncio.sleep(0.4)
        assert made.restarts == 1
        assert listener.heard[-1] == "down: ended with exit 1; mode check leaves it down"


async def test_an_order_is_carried_out_once_however_often_it_is_read() -> None:
    async with service("sleep", "1000") as (made, listener):
        order = RestartOrder(incarnation="1", attempt_id="a")
        for _ in range(3):
            made.order_restart(order)
        await eventually(lambda: made.incarnation == "2")
        made.order_restart(order)
        await asyncio.sleep(0.1)
        assert listener.heard == ["started 1", "ended 1", "started 2"]
        (seen,) = made.exits(time.monotonic())
        assert (seen.cause, seen.status, seen.restarted_as) == (
            RestartCause.ORDER,
            "signal TERM",
            "2",
        )
        made.answered()
        (attempt,) = made.attempts(time.monotonic())
        assert (attempt.state, attempt.incarnation) == (AttemptState.ANSWERED, "2")


async def test_an_order_for_an_old_incarnation_does_nothing() -> None:
    async with service("sleep", "1000") as (made, _):
        os.kill(pid_of(made), signal.SIGKILL)
        await eventually(lambda: made.incarnation == "2")
        second = pid_of(made)
        made.order_restart(RestartOrder(incarnation="1", attempt_id="a"))
        await asyncio.sleep(0.1)
        assert pid_of(made) == second
        (attempt,) = made.attempts(time.monotonic())
        assert attempt.state is AttemptState.NOT_THAT_INCARNATION


async def test_ordered_restarts_do_not_use_the_exit_budget() -> None:
    policy = RestartPolicy(backoff_first_s=1000, intensity=1)
    async with service("sleep", "1000", policy=policy) as (made, _):
        for number in range(1, 4):
            made.order_restart(RestartOrder(incarnation=str(number), attempt_id=f"a{number}"))
            await eventually(lambda: made.incarnation == str(number + 1))  # noqa: B023 - awaited here
        os.kill(pid_of(made), signal.SIGKILL)
        await eventually(lambda: made.incarnation == "5")


async def test_a_stopped_service_is_killed_and_restarted_by_order_without_waiting_for_grace() -> (
    None
):
    policy = RestartPolicy(stop_grace_s=1000)
    async with service("sleep", "1000", policy=policy) as (made, _):
        os.kill(pid_of(made), signal.SIGSTOP)
        await eventually(lambda: state_of(pid_of(made)) == "T")
        made.order_restart(RestartOrder(incarnation="1", attempt_id="a"))
        await eventually(lambda: made.incarnation == "2")
        assert made.exits(time.monotonic())[-1].status == "signal KILL"


async def test_a_service_that_ignores_sigterm_is_killed_after_the_grace() -> None:
    policy = RestartPolicy(stop_grace_s=0.2)
    async with service("sh", "-c", STUBBORN, policy=policy) as (made, listener):
        await eventually(lambda: ("stdout", "ready") in listener.lines)
        made.order_restart(RestartOrder(incarnation="1", attempt_id="a"))
        await eventually(lambda: made.incarnation == "2")
        assert made.exits(time.monotonic())[-1].status == "signal KILL"


async def test_stopping_lets_the_service_end_in_its_own_way(tmp_path: Path) -> None:
    said = tmp_path / "goodbye"
    script = f"trap 'echo bye > {said}; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
    async with service("sh", "-c", script) as (made, listener):
        await eventually(lambda: ("stdout", "ready") in listener.lines)
        pid = pid_of(made)
        await made.stop()
        await made.stop()
        assert said.read_text() == "bye\n"
        assert state_of(pid) == ""
        assert listener.heard == ["started 1", "ended 1"], "our own stop is no exit"
        assert made.exits(time.monotonic()) == ()


async def test_what_the_service_started_dies_with_it() -> None:
    script = "sleep 1000 & echo $!; sleep 1000"
    async with service("sh", "-c", script) as (made, listener):
        await eventually(lambda: len(listener.lines) == 1)
        grandchild = int(listener.lines[0][1])
        os.kill(pid_of(made), signal.SIGKILL)
        await eventually(lambda: made.incarnation == "2")
        await eventually(lambda: state_of(grandchild) == "")


async def test_the_next_incarnation_starts_when_the_last_ones_workers_are_gone() -> None:
    # Workers share their parent's port: as long as one of them is dying, the next incarnation cannot bind.
    async with service("sh", "-c", "sleep 1000 & sleep 1000 & wait") as (made, listener):
        found: list[str] = []
        for number in range(1, 4):
            last = pid_of(made)
            await eventually(lambda: len(family_of(last)) == 3)  # noqa: B023 - awaited here
            family = family_of(last)
            listener.on_start = lambda: found.extend(map(state_of, family))  # noqa: B023
            os.kill(last, signal.SIGKILL)
            await eventually(lambda: made.incarnation == str(number + 1))  # noqa: B023 - awaited here
        assert found == [""] * 9


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("no-such-command-here", "The command 'no-such-command-here' was not found in PATH"),
        ("./no/such/file", "The command './no/such/file' does not exist"),
        ("/etc/passwd", "The command '/etc/passwd' is not executable"),
        ("/tmp/", "The command '/tmp/' is a folder"),
    ],
)
async def test_a_command_that_cannot_start_is_one_sentence_and_counts_as_exit(
    command: str, sentence: str
) -> None:
    policy = RestartPolicy(backoff_first_s=200)
    async with service(command, policy=policy) as (made, listener):
        await eventually(lambda: len(listener.heard) == 2)
        assert listener.heard == [f"down: {sentence}", f"down: {sentence}; next start in 200.0 s"]
        assert [exit_.status for exit_ in made.exits(time.monotonic())] == ["could not start"] * 2
        made.order_restart(RestartOrder(incarnation=made.incarnation, attempt_id="a"))
        await eventually(lambda: made.attempts(0)[0].state is AttemptState.FAILED)
        (attempt,) = made.attempts(time.monotonic())
        assert (attempt.state, attempt.detail) == (AttemptState.FAILED, f"{sentence}.")


async def test_the_child_gets_the_environment_it_is_given_and_no_input() -> None:
    async with service("sh", "-c", 'cat; echo "$WHO"; env | wc -l; sleep 1000') as (_, listener):
        await eventually(lambda: len(listener.lines) == 2)
        assert listener.lines[0] == ("stdout", "the child")
        # PATH, WHO, and what the shell adds itself.
        assert int(listener.lines[1][1]) <= 5


async def test_no_zombie_and_no_descriptor_is_left_by_many_restarts() -> None:
    policy = RestartPolicy(backoff_first_s=0, intensity=1_000_000)
    zombies_before = zombies_of_ours()
    async with service("true", policy=policy) as (made, _):
        await eventually(lambda: made.restarts >= 5)
        before = len(list(Path("/proc/self/fd").iterdir()))
        await eventually(lambda: made.restarts >= 40)
        assert len(list(Path("/proc/self/fd").iterdir())) <= before + 8
    assert zombies_of_ours() <= zombies_before


def zombies_of_ours() -> set[int]:
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())
    return {pid for pid in pids if is_zombie_of_ours(pid)}


def is_zombie_of_ours(pid: int) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] == "Z" and int(fields[1]) == os.getpid()


async def test_output_is_passed_on_and_told_line_by_line(tmp_path: Path) -> None:
    passed_on = tmp_path / "out"
    descriptor = os.open(passed_on, os.O_WRONLY | os.O_CREAT)
    try:
        script = "printf 'one\\ntwo \\033[31m\\000\\377\\n'; echo oops >&2; printf last; sleep 1000"
        async with service("sh", "-c", script, output=Output(descriptor)) as (made, listener):
            await eventually(lambda: len(listener.lines) == 3)
            await made.stop()
    finally:
        os.close(descriptor)
    assert sorted(listener.lines) == [
        ("stderr", "oops"),
        ("stdout", "last"),
        ("stdout", "one"),
        ("stdout", "two \x1b[31m\x00�"),
    ]
    written = passed_on.read_bytes()
    assert b"one\ntwo \x1b[31m\x00\xff\n" in written
    assert b"oops\n" in written


async def test_a_line_of_a_megabyte_and_a_reader_that_sleeps_hurt_nobody() -> None:
    reading_end, writing_end = os.pipe()
    try:
        output = Output(writing_end, kept_bytes_max=100_000)
        script = "head -c 1000000 /dev/zero | tr '\\0' x; echo; echo after; sleep 1000"
        async with service("sh", "-c", script, output=output) as (_, listener):
            await eventually(lambda: len(listener.lines) == 2)
            assert listener.lines[0][1].endswith("x [cut]")
            assert len(listener.lines[0][1]) < 5000
            assert listener.lines[1] == ("stdout", "after")
            assert output.bytes_dropped > 500_000
    finally:
        os.close(reading_end)
        os.close(writing_end)


async def test_a_flood_of_lines_is_counted_and_the_service_goes_on() -> None:
    script = "seq 1 50000; echo done >&2; sleep 1000"
    async with service("sh", "-c", script) as (made, listener):
        await eventually(lambda: made.log_lines_dropped > 0)
        await eventually(lambda: made.log_lines_dropped + len(listener.lines) >= 50_000)
        assert listener.lines[0] == ("stdout", "1")
        assert len(listener.lines) < 20_000
        assert made.target is not None


async def test_when_nobody_reads_our_output_any_more_the_service_goes_on() -> None:
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    try:
        script = "for n in 1 2 3; do echo $n; sleep 0.02; done; sleep 1000"
        async with service("sh", "-c", script, output=Output(writing_end)) as (_, listener):
            await eventually(lambda: len(listener.lines) == 3)
    finally:
        os.close(writing_end)
