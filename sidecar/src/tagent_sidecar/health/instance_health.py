"""The sidecar's judgement of its instance: facts come in, one health with its reason comes out.

Theory. An incarnation *starts*, may *answer* (its first passed inside check), may *exit*. Until the first incarnation
answers, nothing is known: UNKNOWN. The first that matches decides:

1. not answered, `startup_timeout_s` over, and a check refused or failed to the threshold since: UNHEALTHY;
2. inside check refused, or failed to the threshold: UNHEALTHY;
3. exited: UNHEALTHY, until an incarnation has answered `success_threshold` times; not answered: UNKNOWN;
4. outside check failed to the threshold: UNHEALTHY;
5. the latest requests (when idle: outside checks) fail too often or are too slow: UNHEALTHY or DEGRADED;
6. HEALTHY.

What 2, 4 and 5 found holds until `success_threshold` looks in a row found it gone. A new incarnation is judged by what
happened after its first answer alone.
"""

from __future__ import annotations

from tagent_contract.health import Health, HealthReason, InstanceState
from tagent_contract.policy import HealthPolicy
from tagent_sidecar.health.check_result import CheckOutcome, CheckResult, Side
from tagent_sidecar.health.check_streak import CheckStreak
from tagent_sidecar.health.idle_window import IdleWindow
from tagent_sidecar.health.traffic_verdict import Verdict, judge_traffic
from tagent_sidecar.telemetry.recorder import RecentFigures

_STARTING = Verdict(Health.UNKNOWN, HealthReason.STARTING, "has not answered yet")
_HEALTHY = Verdict(Health.HEALTHY, HealthReason.HEALTHY)


class InstanceHealth:
    """One instance's health. Each method that takes a fact in returns True when health or reason changed by it."""

    def __init__(self, policy: HealthPolicy, now: float) -> None:
        self._policy = policy
        self._inside = CheckStreak()
        self._outside = CheckStreak()
        self._idle = IdleWindow()
        self._traffic: Verdict | None = None
        self._traffic_calm = 0
        self._inside_reason = HealthReason.INSIDE_CHECK_FAILED
        self._exit: Verdict | None = None
        self._is_running = True
        self._started_at = now
        self._answered_at: float | None = None
        self._passes = 0
        self._verdict = _STARTING
        self._since = now

    @property
    def health(self) -> Health:
        """Return the health in one word."""
        return self._verdict.health

    @property
    def is_settled(self) -> bool:
        """Return whether it is HEALTHY or sick after having answered; while it is not, looking often pays."""
        return self._answered_at is not None and self._exit is None

    @property
    def has_answered(self) -> bool:
        """Return whether the present incarnation ever passed its inside check."""
        return self._answered_at is not None

    @property
    def outside_passed_in_row(self) -> int:
        """Return how many outside checks were answered in a row."""
        return self._outside.passed_in_row

    def state(self, now: float) -> InstanceState:
        """Return the judgement as it is reported."""
        return InstanceState(
            health=self._verdict.health,
            reason=self._verdict.reason,
            since_age_s=max(0.0, now - self._since),
            detail=self._verdict.detail,
        )

    def apply_policy(self, policy: HealthPolicy, now: float) -> bool:
        """Judge by other limits from now on; failures counted so far stay counted."""
        self._policy = policy
        return self._conclude(now)

    def started(self, now: float, detail: str = "") -> bool:
        """Begin a new incarnation: nothing the last one did counts against it, but its exit until this one answers.

        `detail` replaces the exit's line while this one starts.
        """
        if self._exit is not None and detail:
            self._exit = Verdict(Health.UNHEALTHY, HealthReason.EXITED, detail)
        self._is_running = True
        self._started_at = now
        self._answered_at = None
        self._passes = 0
        self._inside = CheckStreak()
        self._forget_the_way_in()
        return self._conclude(now)

    def exited(self, detail: str, now: float, *, gave_up: bool = False) -> bool:
        """Take in that the process is gone, or that no start of it will be tried any more (`gave_up`)."""
        self._is_running = False
        self._answered_at = None
        self._exit = Verdict(
            Health.UNHEALTHY, HealthReason.GAVE_UP if gave_up else HealthReason.EXITED, detail
        )
        return self._conclude(now)

    def checked(self, result: CheckResult, now: float) -> bool:
        """Take in a check's result. One that began before what it would tell of is ignored."""
        if result.side is Side.INSIDE:
            self._checked_inside(result, now)
        elif self._answered_at is not None and result.started_at >= self._answered_at:
            self._checked_outside(result, now)
        return self._conclude(now)

    def traffic(self, recent: RecentFigures, now: float) -> bool:
        """Take in the requests of the last `window_s`; to be called in the rhythm of the checks."""
        self._idle.prune(now, self._policy.window_s)
        if self._answered_at is None:
            return False
        found = judge_traffic(self._policy, recent, self._idle)
        self._traffic_calm = 0 if found else self._traffic_calm + 1
        if found or self._traffic_calm >= self._policy.success_threshold:
            self._traffic = found
        return self._conclude(now)

    def _checked_inside(self, result: CheckResult, now: float) -> None:
        if not self._is_running or result.started_at < self._started_at:
            return
        if result.passed:
            self._inside_passed(now)
        elif self._answered_at is None and now - self._started_at < self._policy.startup_timeout_s:
            self._inside.passed_in_row = 0
        else:
            self._inside_failed(result)

    def _inside_passed(self, now: float) -> None:
        if self._answered_at is None:
            self._answered_at = now
            self._forget_the_way_in()
        self._inside.passed(self._policy.success_threshold)
        self._passes += 1
        if self._passes >= self._policy.success_threshold:
            self._exit = None

    def _inside_failed(self, result: CheckResult) -> None:
        refused = result.outcome is CheckOutcome.REFUSED
        was_failing = self._inside.is_failing
        self._inside.failed(result.detail, 1 if refused else self._policy.failure_threshold)
        if self._answered_at is None:
            self._inside_reason = HealthReason.STARTUP_TIMEOUT
        elif refused:
            self._inside_reason = HealthReason.INSIDE_CHECK_REFUSED
        elif not was_failing:
            self._inside_reason = HealthReason.INSIDE_CHECK_FAILED

    def _checked_outside(self, result: CheckResult, now: float) -> None:
        self._idle.add(now, result.latency_s if result.passed else None)
        if result.passed:
            self._outside.passed(self._policy.success_threshold)
        else:
            self._outside.failed(result.detail, self._policy.failure_threshold)

    def _forget_the_way_in(self) -> None:
        self._outside = CheckStreak()
        self._idle.forget()
        self._traffic = None
        self._traffic_calm = 0

    def _conclude(self, now: float) -> bool:
        before, self._verdict = self._verdict, self._judge()
        if before.health is not self._verdict.health:
            self._since = now
        return (before.health, before.reason) != (self._verdict.health, self._verdict.reason)

    def _judge(self) -> Verdict:
        if self._inside.is_failing and self._answered_at is None and self._is_running:
            timeout_s = self._policy.startup_timeout_s
            return Verdict(
                Health.UNHEALTHY,
                HealthReason.STARTUP_TIMEOUT,
                f"no answer within {timeout_s:g} s of its start: {self._inside.detail}",
            )
        if self._answered_at is not None and self._inside.is_failing:
            return Verdict(
                Health.UNHEALTHY, self._inside_reason, f"inside check: {self._inside.detail}"
            )
        if self._exit is not None:
            return self._exit
        if self._answered_at is None:
            return _STARTING
        if self._outside.is_failing:
            return Verdict(
                Health.UNHEALTHY,
                HealthReason.OUTSIDE_CHECK_FAILED,
                f"outside check: {self._outside.detail}",
            )
        return self._traffic or _HEALTHY
