"""Runs the checks in their rhythm, feeds what they and the recorder say to the instance's health, and tells of changes."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Protocol

from tagent_contract.health import Health, InstanceState
from tagent_contract.policy import HealthPolicy
from tagent_contract.reports import CheckFigures
from tagent_sidecar.checks.check import Check
from tagent_sidecar.health.check_result import CheckResult, Side
from tagent_sidecar.health.instance_health import InstanceHealth
from tagent_sidecar.telemetry.recorder import Recorder

FIRST_WAIT_S = 0.005
"""After a start: the wait before the second look. Each further one waits longer, up to the checks' rhythm."""
WAIT_GROWTH = 1.25


class HealthListener(Protocol):
    """Who is told how the instance is. Called on the event loop; must not block or raise."""

    def health_changed(self, state: InstanceState) -> None:
        """Take in that health or its reason is another one now."""

    def service_answered(self) -> None:
        """Take in that the present incarnation passed its first inside check."""

    def callers_answered(self) -> None:
        """Take in that just now enough outside checks in a row passed to prove that callers are answered."""


class _SideFigures:
    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        self.latency_ms: float | None = None

    def add(self, result: CheckResult) -> None:
        if result.passed:
            self.passed += 1
        else:
            self.failed += 1
        if result.latency_s is not None:
            self.latency_ms = max(self.latency_ms or 0.0, result.latency_s * 1000)

    def figures(self) -> CheckFigures:
        return CheckFigures(passed=self.passed, failed=self.failed, latency_ms=self.latency_ms)


class HealthWatch:
    """Watches one instance. `run` is one task of the sidecar; the rest is called by it on the same loop."""

    def __init__(
        self,
        policy: HealthPolicy,
        recorder: Recorder,
        listener: HealthListener,
        *,
        inside: Check,
        outside: Check | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._policy = policy
        self._recorder = recorder
        self._listener = listener
        self._inside = inside
        self._outside = outside
        self._clock = clock
        self._health = InstanceHealth(policy, clock())
        self._figures = {side: _SideFigures() for side in Side}
        self._wait_s = FIRST_WAIT_S
        self._inside_due = asyncio.Event()
        self._outside_due = asyncio.Event()
        self._outside_at = -math.inf

    @property
    def health(self) -> Health:
        """Return the instance's health in one word."""
        return self._health.health

    @property
    def outside_passed_in_row(self) -> int:
        """Return the report's `checks_passed_in_row`."""
        return self._health.outside_passed_in_row

    def state(self) -> InstanceState:
        """Return the report's `state`."""
        return self._health.state(self._clock())

    def take_check_figures(self) -> tuple[CheckFigures, CheckFigures]:
        """Return what the inside and the outside checks found since the last call."""
        taken, self._figures = self._figures, {side: _SideFigures() for side in Side}
        return taken[Side.INSIDE].figures(), taken[Side.OUTSIDE].figures()

    def apply_policy(self, policy: HealthPolicy) -> None:
        """Follow these limits and this rhythm from now on."""
        self._policy = policy
        self._tell(self._health.apply_policy(policy, self._clock()))
        self._inside_due.set()

    def incarnation_started(self, detail: str) -> None:
        """Look at once, and often until the new incarnation has answered."""
        self._wait_s = FIRST_WAIT_S
        self._tell(self._health.started(self._clock(), detail))
        self._inside_due.set()

    def service_down(self, detail: str, *, gave_up: bool) -> None:
        """Take in that the process is gone, or what will follow of it has changed."""
        self._tell(self._health.exited(detail, self._clock(), gave_up=gave_up))

    async def run(self) -> None:
        """Check until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run_inside(), name="inside checks")
            if self._outside is not None:
                group.create_task(self._run_outside(self._outside), name="outside checks")

    async def _run_inside(self) -> None:
        while True:
            started_at = self._clock()
            self._inside_due.clear()
            had_answered = self._health.has_answered
            result = await self._inside.look(self._policy.inside_timeout_s)
            self._take(result)
            if self._health.has_answered and not had_answered:
                self._first_answer()
            self._ask_outside()
            now = self._clock()
            recent = self._recorder.recent(now, self._policy.window_s)
            self._tell(self._health.traffic(recent, now))
            await self._wait(self._inside_due, started_at + self._next_wait_s() - now)

    async def _run_outside(self, check: Check) -> None:
        # Asked right after the inside check, since one waking costs less than two.
        while True:
            await self._outside_due.wait()
            self._outside_due.clear()
            self._outside_at = self._clock()
            self._take(await check.look(self._policy.outside_timeout_s))

    def _ask_outside(self) -> None:
        # The inside check may be asked more often while a service starts; a little early is on time.
        since_s = self._clock() - self._outside_at
        if self._health.has_answered and since_s > 0.9 * self._policy.check_interval_s:
            self._outside_due.set()

    def _next_wait_s(self) -> float:
        if self._health.is_settled:
            return self._policy.check_interval_s
        wait_s = min(self._wait_s, self._policy.check_interval_s)
        self._wait_s = wait_s * WAIT_GROWTH
        return wait_s

    async def _wait(self, due: asyncio.Event, wait_s: float) -> None:
        # Even a check that takes longer than its rhythm leaves the loop to others in between.
        if wait_s <= 0:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(wait_s, due.set)
        try:
            await due.wait()
        finally:
            timer.cancel()

    def _first_answer(self) -> None:
        # What callers suffered while the last incarnation was dying says nothing about this one.
        self._recorder.forget_recent(self._clock())
        self._outside_at = -math.inf
        self._listener.service_answered()

    def _take(self, result: CheckResult) -> None:
        self._figures[result.side].add(result)
        passed_before = self._health.outside_passed_in_row
        self._tell(self._health.checked(result, self._clock()))
        if passed_before < self._health.outside_passed_in_row == self._policy.success_threshold:
            self._listener.callers_answered()

    def _tell(self, changed: bool) -> None:
        if changed:
            self._listener.health_changed(self.state())
