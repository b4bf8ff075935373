"""The watch: its rhythm, what it feeds to health, and whom it tells; with checks that answer as a test says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tagent_contract.health import Health, InstanceState
from tagent_contract.policy import HealthPolicy
from tagent_contract.reports import ErrorClass
from tagent_sidecar.checks.health_watch import HealthWatch
from tagent_sidecar.health.check_result import CheckOutcome, CheckResult, Side
from tagent_sidecar.telemetry.recorder import Recorder
from tests.fakes.service_listener import eventually

pytestmark = pytest.mark.integration
OFTEN = HealthPolicy(check_interval_s=0.02)
SELDOM = HealthPolicy(check_interval_s=1000)


class ScriptedCheck:
    """Says what it is told to say, and counts how often, and how many at once, it was asked."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.outcome = CheckOutcome.PASSED
        self.takes_s = 0.0
        self.looks = 0
        self.at_once = 0
        self.at_once_max = 0

    async def look(self, timeout_s: float) -> CheckResult:
        self.looks += 1
        self.at_once += 1
        self.at_once_max = max(self.at_once_max, self.at_once)
        started_at = time.monotonic()
        await asyncio.sleep(self.takes_s)
        self.at_once -= 1
        latency_s = time.monotonic() - started_at
        passed = self.outcome is CheckOutcome.PASSED
        return CheckResult(
            self.side, self.outcome, started_at, latency_s if passed else None, "as told"
        )


class Hearer:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.proofs = 0

    def health_changed(self, state: InstanceState) -> None:
        self.heard.append(f"{state.health.value} {state.reason.value}")

    def service_answered(self) -> None:
        self.heard.append("answered")

    def callers_answered(self) -> None:
        self.proofs += 1


class Watched:
    def __init__(self, policy: HealthPolicy) -> None:
        self.inside, self.outside = ScriptedCheck(Side.INSIDE), ScriptedCheck(Side.OUTSIDE)
        self.recorder = Recorder(time.monotonic())
        self.hearer = Hearer()
        self.watch = HealthWatch(
            policy, self.recorder, self.hearer, inside=self.inside, outside=self.outside
        )

    @property
    def health(self) -> Health:
        return self.watch.health


@asynccontextmanager
async def watching(
    policy: HealthPolicy = OFTEN, *, inside: CheckOutcome = CheckOutcome.PASSED
) -> AsyncIterator[Watched]:
    watched = Watched(policy)
    watched.inside.outcome = inside
    task = asyncio.ensure_future(watched.watch.run())
    try:
        yield watched
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_the_first_answer_makes_it_healthy_and_is_told() -> None:
    async with watching() as watched:
        await eventually(lambda: watched.health is Health.HEALTHY)
        assert watched.hearer.heard == ["HEALTHY healthy", "answered"]
        await eventually(lambda: watched.watch.outside_passed_in_row >= 2)


async def test_the_proof_that_callers_are_answered_is_told_once() -> None:
    async with watching() as watched:
        await eventually(lambda: watched.watch.outside_passed_in_row >= 5)
        assert watched.hearer.proofs == 1
        watched.outside.outcome = CheckOutcome.TIMED_OUT
        await eventually(lambda: watched.watch.outside_passed_in_row == 0)
        watched.outside.outcome = CheckOutcome.PASSED
        await eventually(lambda: watched.hearer.proofs == 2)


async def test_a_starting_service_is_looked_at_often_though_checks_are_seldom() -> None:
    async with watching(SELDOM, inside=CheckOutcome.REFUSED) as watched:
        await eventually(lambda: watched.inside.looks >= 5)
        watched.inside.outcome = CheckOutcome.PASSED
        await eventually(lambda: watched.health is Health.HEALTHY)
        await eventually(lambda: watched.outside.looks == 1)
        looks = watched.inside.looks
        await asyncio.sleep(0.2)
        assert watched.inside.looks == looks


async def test_after_an_exit_it_is_unhealthy_until_the_successor_answered_twice() -> None:
    async with watching(SELDOM) as watched:
        await eventually(lambda: watched.health is Health.HEALTHY)
        watched.watch.service_down("ended with signal KILL", gave_up=False)
        assert watched.watch.state().detail == "ended with signal KILL"
        watched.inside.outcome = CheckOutcome.REFUSED
        watched.watch.incarnation_started("ended with signal KILL; incarnation 2 is starting")
        looks = watched.inside.looks
        await eventually(lambda: watched.inside.looks > looks + 3)
        assert watched.health is Health.UNHEALTHY
        watched.inside.outcome = CheckOutcome.PASSED
        await eventually(lambda: watched.health is Health.HEALTHY)
        assert watched.hearer.heard == [
            "HEALTHY healthy",
            "answered",
            "UNHEALTHY exited",
            "answered",
            "HEALTHY healthy",
        ]


async def test_errors_suffered_during_a_restart_do_not_count_against_the_successor() -> None:
    async with watching() as watched:
        await eventually(lambda: watched.health is Health.HEALTHY)
        for _ in range(50):
            watched.recorder.finished(0.001, ErrorClass.CONNECT)
        watched.watch.service_down("ended", gave_up=False)
        watched.watch.incarnation_started("")
        await eventually(lambda: watched.health is Health.HEALTHY)
        assert not any("error_ratio" in heard for heard in watched.hearer.heard)


async def test_traffic_that_fails_degrades_it() -> None:
    async with watching() as watched:
        await eventually(lambda: watched.health is Health.HEALTHY)
        for number in range(50):
            watched.recorder.finished(0.001, ErrorClass.STATUS_5XX if number % 5 == 0 else None)
        await eventually(lambda: watched.health is Health.DEGRADED)
        assert watched.watch.state().detail == "10 of 50 requests in 10 s failed (20%)"


async def test_slow_checks_never_pile_up() -> None:
    async with watching(HealthPolicy(check_interval_s=0.001)) as watched:
        watched.inside.takes_s = watched.outside.takes_s = 0.05
        await eventually(lambda: watched.inside.looks >= 4 and watched.outside.looks >= 4)
        assert (watched.inside.at_once_max, watched.outside.at_once_max) == (1, 1)


async def test_a_policy_holds_from_the_next_check_on() -> None:
    async with watching(SELDOM) as watched:
        await eventually(lambda: watched.health is Health.HEALTHY)
        watched.inside.outcome = CheckOutcome.TIMED_OUT
        watched.watch.apply_policy(HealthPolicy(check_interval_s=0.01, failure_threshold=2))
        await eventually(lambda: watched.health is Health.UNHEALTHY)


async def test_check_figures_are_taken_once() -> None:
    async with watching() as watched:
        watched.outside.takes_s = 0.03
        await eventually(lambda: watched.outside.looks >= 3)
        inside, outside = watched.watch.take_check_figures()
        assert inside.passed > 0
        assert outside.latency_ms is not None
        assert outside.latency_ms >= 25
        watched.inside.outcome = CheckOutcome.BROKEN
        watched.watch.take_check_figures()
        seen = watched.inside.looks
        await eventually(lambda: watched.inside.looks >= seen + 3)
        inside, _ = watched.watch.take_check_figures()
        assert inside.failed >= 2
        assert inside.passed <= 1


async def test_without_an_outside_check_the_inside_one_is_enough() -> None:
    inside, hearer = ScriptedCheck(Side.INSIDE), Hearer()
    watch = HealthWatch(OFTEN, Recorder(time.monotonic()), hearer, inside=inside, outside=None)
    task = asyncio.ensure_future(watch.run())
    try:
        await eventually(lambda: watch.health is Health.HEALTHY)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
