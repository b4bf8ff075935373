"""A run that is interrupted, wherever it is: no fault outlives it, and what it broke is well again."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tagent_client.errors import TagentError
from tagent_contract.experiments import RunState, Verdict
from tagent_contract.health import Health
from tests.e2e.callers import calling
from tests.e2e.experiments.toolkit import Carrying, action, begin, experiment, probe
from tests.e2e.processes import eventually
from tests.e2e.stack import Sidecar, Stack

POINTS = (
    "Validating the experiment",
    "has reserved",
    "Steady state hypothesis",
    "Playing your experiment's method now",
    "Action: break it",
    "is armed on",
    "Action: dwell",
    "Probe: it is healed",
    "Let's rollback",
    "Rollback: clear_faults",
)
"""What the log says when it is there; ten places, from before the run is known until its faults are being ended."""
ASKING = (signal.SIGINT, signal.SIGTERM)
FAULTS_GONE_WITHIN_S = 20.0
HEALTHY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.005


@dataclass
class Victim:
    """A service of its own, its experiment, and where that is to be interrupted."""

    point: str
    sidecar: Sidecar
    carrying: Carrying
    exit_code: int | None = None
    interrupted_at: float = 0.0

    @property
    def service(self) -> str:
        return self.sidecar.service


def content(service: str) -> dict[str, object]:
    return experiment(
        service,
        [
            action("inject_fault", "break it", service=service, type="error", ttl_s=300,
                   scope="service", healing="observe"),
            action("wait", "dwell", seconds=1),
            probe("recovered_within", "it is healed", service=service, timeout_s=3),
        ],
        declared={"experiment": f"interrupts-{service}"},
    )  # fmt: skip


@pytest.fixture
def victims(running: Stack, tmp_path: Path) -> Iterator[list[Victim]]:
    """Ten services, each of them called, and for each an experiment that has just begun."""
    sidecars = [running.start_sidecar(f"victim-{n}", wait=False) for n in range(len(POINTS))]
    for sidecar in sidecars:
        running.wait_for_health(sidecar.service, Health.HEALTHY)
    with calling(sidecars[0].url):
        yield [
            Victim(point, sidecar, begin(running, content(sidecar.service)))
            for point, sidecar in zip(POINTS, sidecars, strict=True)
        ]


@pytest.mark.parametrize("is_asked", [True, False])
def test_wherever_it_is_interrupted_nothing_is_left(
    running: Stack, victims: list[Victim], is_asked: bool
) -> None:
    """Asked to end, by Ctrl-C and by SIGTERM in turn, or killed."""
    _interrupt_each_at_its_point(victims, ASKING if is_asked else (signal.SIGKILL,))

    for victim in victims:
        victim.exit_code = victim.carrying.process.popen.wait(60)
    for victim in victims:
        left_s = FAULTS_GONE_WITHIN_S - (time.monotonic() - victim.interrupted_at)
        eventually(
            f"{victim.service}, interrupted at {victim.point!r}, to have no fault",
            lambda name=victim.service: _has_no_fault(running, name),
            max(left_s, 0.1),
        )
    for victim in victims:
        running.wait_for_health(victim.service, Health.HEALTHY, HEALTHY_WITHIN_S)
    _is_told_truly(running, victims, is_asked=is_asked)


def _interrupt_each_at_its_point(
    victims: list[Victim], numbers: tuple[signal.Signals, ...]
) -> None:
    number_of = dict(
        zip((each.service for each in victims), itertools.cycle(numbers), strict=False)
    )
    waiting = list(victims)
    deadline = time.monotonic() + 120
    while waiting:
        for victim in list(waiting):
            process = victim.carrying.process
            if victim.point in process.said():
                process.popen.send_signal(number_of[victim.service])
                victim.interrupted_at = time.monotonic()
                waiting.remove(victim)
            assert process.running or victim not in waiting, (
                f"{victim.service} ended before {victim.point!r}:\n{process.said()}"
            )
        assert time.monotonic() < deadline, [each.point for each in waiting]
        time.sleep(LOOK_EVERY_S)


def _has_no_fault(running: Stack, service: str) -> bool:
    try:
        with running.client() as client:
            return not list(client.faults(service=service, active=True))
    except TagentError:
        return False


def _is_told_truly(running: Stack, victims: list[Victim], *, is_asked: bool) -> None:
    """Check that no run goes on, and that none that was cut short is called anything but aborted."""
    with running.client() as client:
        runs = {run.targets[0]: run for run in client.experiments.runs()}
        eventually(
            "all runs to have ended",
            lambda: all(run.state is RunState.ENDED for run in client.experiments.runs()),
        )
        runs = {run.targets[0]: run for run in client.experiments.runs()}
    for victim in victims:
        run = runs.get(victim.service)
        is_late = victim.point in POINTS[-2:]
        if run is not None:
            allowed = {Verdict.ABORTED}
            if is_late and is_asked:
                # Its rollbacks are not interrupted, so that it is judged as if nobody had.
                allowed = {Verdict.DEVIATED, Verdict.INCONCLUSIVE, Verdict.ABORTED}
            assert run.verdict in allowed, (victim.point, run)
        assert victim.exit_code != 0, victim.point


def test_halfway_the_platform_may_die_and_the_run_still_tells_how_it_ended(running: Stack) -> None:
    sidecar = running.start_sidecar("shop")
    method = [
        action("inject_fault", service="shop", type="latency", ttl_s=60, healing="suppress",
               parameters={"latency_ms": 200}),
        action("wait", "dwell", seconds=4),
    ]  # fmt: skip
    with calling(sidecar.url):
        carrying = begin(running, experiment("shop", method, declared={"expects": "nothing"}))
        eventually("it to dwell", lambda: "Action: dwell" in carrying.process.said())
        running.kill_platform()
        eventually("its rollbacks", lambda: "Rollback" in carrying.process.said())
        running.start_platform()
        outcome = carrying.end()

    with running.client() as client:
        (run,) = client.experiments.runs()
        assert list(client.faults(active=True)) == []
    assert (run.state, run.verdict) == (RunState.ENDED, outcome.result.verdict), outcome.said
    assert outcome.journal["rollbacks"][0]["status"] == "succeeded"
