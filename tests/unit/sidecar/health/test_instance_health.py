"""Table: every state an instance can be in, and what each event makes of it."""

from __future__ import annotations

import pytest

from tagent_contract.health import Health, HealthReason
from tagent_contract.policy import HealthPolicy
from tagent_sidecar.health.check_result import CheckOutcome, CheckResult, Side
from tagent_sidecar.health.instance_health import InstanceHealth
from tagent_sidecar.telemetry.recorder import RecentFigures

POLICY = HealthPolicy()
CALM = RecentFigures(0, 0, None)
SLOW = RecentFigures(37, 0, 2512.0)
FAILING_SOME = RecentFigures(100, 10, 5.0)
FAILING_MOST = RecentFigures(100, 60, 5.0)


class Instance:
    """An instance whose time passes by half a second an event."""

    def __init__(self, policy: HealthPolicy = POLICY) -> None:
        self.now = 100.0
        self.health = InstanceHealth(policy, self.now)
        self.changes: list[str] = []

    def do(self, *events: str) -> Instance:
        for event in events:
            self.now += 0.0 if event.startswith("wait") else 0.5
            if self._take(event):
                self.changes.append(self.reason)
        return self

    def _take(self, event: str) -> bool:
        match event.split():
            case ["inside", outcome]:
                return self._check(Side.INSIDE, outcome)
            case ["outside", outcome]:
                return self._check(Side.OUTSIDE, outcome)
            case ["traffic", kind]:
                figures = {
                    "calm": CALM,
                    "slow": SLOW,
                    "failing_some": FAILING_SOME,
                    "failing_most": FAILING_MOST,
                }[kind]
                return self.health.traffic(figures, self.now)
            case ["exit"]:
                return self.health.exited("ended with signal KILL", self.now)
            case ["gave_up"]:
                return self.health.exited("ended; gave up", self.now, gave_up=True)
            case ["start"]:
                return self.health.started(self.now, "incarnation 2 is starting")
            case ["wait", seconds]:
                self.now += float(seconds)
                return False
        raise AssertionError(event)

    def _check(self, side: Side, outcome: str) -> bool:
        slow = outcome == "slow"
        kind = CheckOutcome.PASSED if slow else CheckOutcome(outcome)
        latency_s = (2.5 if slow else 0.003) if kind is CheckOutcome.PASSED else None
        result = CheckResult(side, kind, self.now, latency_s, f"was {outcome}")
        return self.health.checked(result, self.now)

    @property
    def reason(self) -> str:
        state = self.health.state(self.now)
        return f"{state.health.value} {state.reason.value}"


STATES = {
    "new": [],
    "answered": ["inside passed"],
    "inside refused": ["inside passed", "inside refused"],
    "inside failed": ["inside passed", *["inside timed_out"] * 3],
    "outside failed": ["inside passed", *["outside bad_answer"] * 3],
    "slow": ["inside passed", "traffic slow"],
    "failing some": ["inside passed", "traffic failing_some"],
    "failing most": ["inside passed", "traffic failing_most"],
    "exited": ["inside passed", "exit"],
    "exited before an answer": ["exit"],
    "gave up": ["inside passed", "exit", "gave_up"],
    "restarted": ["inside passed", "exit", "start"],
    "restarted, one answer": ["inside passed", "exit", "start", "inside passed"],
    "restarted by order": ["inside passed", *["inside timed_out"] * 3, "start"],
    "not started in time": ["wait 30", "inside refused"],
}
EVENTS = [
    "inside passed",
    "inside refused",
    "inside timed_out",
    "inside bad_answer",
    "inside broken",
    "outside passed",
    "outside slow",
    "outside timed_out",
    "traffic calm",
    "traffic slow",
    "traffic failing_some",
    "traffic failing_most",
    "exit",
    "gave_up",
    "start",
]
UNKNOWN, HEALTHY = "UNKNOWN starting", "HEALTHY healthy"
EXITED, GAVE_UP = "UNHEALTHY exited", "UNHEALTHY gave_up"
REFUSED, FAILED = "UNHEALTHY inside_check_refused", "UNHEALTHY inside_check_failed"
OUTSIDE, TIMEOUT = "UNHEALTHY outside_check_failed", "UNHEALTHY startup_timeout"
SLOW_STATE, SOME, MOST = "DEGRADED latency", "DEGRADED error_ratio", "UNHEALTHY error_ratio"

STAYS = {
    "new": UNKNOWN,
    "answered": HEALTHY,
    "inside refused": REFUSED,
    "inside failed": FAILED,
    "outside failed": OUTSIDE,
    "slow": SLOW_STATE,
    "failing some": SOME,
    "failing most": MOST,
    "exited": EXITED,
    "exited before an answer": EXITED,
    "gave up": GAVE_UP,
    "restarted": EXITED,
    "restarted, one answer": EXITED,
    "restarted by order": UNKNOWN,
    "not started in time": TIMEOUT,
}
MOVES = {
    # Only what changes something; every other pair of state and event stays as it is.
    "new": {"inside passed": HEALTHY, "exit": EXITED, "gave_up": GAVE_UP},
    "answered": {
        "inside refused": REFUSED,
        "traffic slow": SLOW_STATE,
        "traffic failing_some": SOME,
        "traffic failing_most": MOST,
        "exit": EXITED,
        "gave_up": GAVE_UP,
        "start": UNKNOWN,
    },
    "inside refused": {"exit": EXITED, "gave_up": GAVE_UP, "start": UNKNOWN},
    "inside failed": {
        "inside refused": REFUSED,
        "exit": EXITED,
        "gave_up": GAVE_UP,
        "start": UNKNOWN,
    },
    "outside failed": {
        "inside refused": REFUSED,
        "exit": EXITED,
        "gave_up": GAVE_UP,
        "start": UNKNOWN,
    },
    "slow": {
        "inside refused": REFUSED,
        "traffic failing_some": SOME,
        "traffic failing_most": MOST,
        "exit": EXITED,
        "gave_up": GAVE_UP,
        "start": UNKNOWN,
    },
    "failing some": {
        "inside refused": REFUSED,
        "traffic slow": SLOW_STATE,
        "traffic failing_most": MOST,
        "exit": EXITED,
        "gave_up": GAVE_UP,
        "start": UNKNOWN,
    },
    "failing most": {
        "inside refused": REFUSED,
        "traffic slow": SLOW_STATE,
        "traffic failing_some": SOME,
        "exit": EXITED,
        "gave_up": GAVE_UP,
        "start": UNKNOWN,
    },
    "exited": {"gave_up": GAVE_UP},
    "exited before an answer": {"gave_up": GAVE_UP},
    "gave up": {"exit": EXITED, "start": EXITED},
    "restarted": {"gave_up": GAVE_UP},
    "restarted, one answer": {
        "inside passed": HEALTHY,
        "inside refused": REFUSED,
        "gave_up": GAVE_UP,
    },
    "restarted by order": {"inside passed": HEALTHY, "exit": EXITED, "gave_up": GAVE_UP},
    "not started in time": {"exit": EXITED, "gave_up": GAVE_UP, "start": UNKNOWN},
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", list(STATES))
def test_each_state_takes_each_event(state: str, event: str) -> None:
    instance = Instance().do(*STATES[state])
    assert instance.reason == STAYS[state]
    assert instance.do(event).reason == MOVES[state].get(event, STAYS[state])


def test_changes_are_told_once() -> None:
    instance = Instance().do("inside refused", "inside passed", "inside passed")
    instance.do("inside refused", "inside refused", "inside passed", "inside passed")
    assert instance.changes == [HEALTHY, REFUSED, HEALTHY]


def test_a_slow_starter_is_unknown_until_its_time_is_over() -> None:
    instance = Instance().do("wait 28", "inside timed_out", "inside bad_answer")
    assert instance.reason == UNKNOWN
    # Failures count from here on: two are below the threshold of three, a refusal is not.
    instance.do("wait 2", "inside timed_out", "inside timed_out")
    assert instance.reason == UNKNOWN
    assert instance.do("inside timed_out").reason == TIMEOUT
    state = instance.health.state(instance.now)
    assert state.detail == "no answer within 30 s of its start: was timed_out"


def test_a_late_starter_comes_back_by_two_answers() -> None:
    instance = Instance().do("wait 30", "inside refused", "inside passed")
    assert instance.reason == TIMEOUT
    assert instance.do("inside passed").reason == HEALTHY


def test_a_restarted_slow_starter_is_not_called_late_before_its_time() -> None:
    instance = Instance().do("inside passed", "wait 100", "exit", "start", "wait 27")
    assert instance.do(*["inside refused"] * 5).reason == EXITED
    assert instance.do("wait 2", "inside refused").reason == TIMEOUT


def test_a_successor_that_never_answers_twice_in_a_row_is_judged_by_its_own_failures() -> None:
    instance = Instance().do("inside passed", "exit", "start", "inside passed")
    assert instance.do(*["inside timed_out"] * 3).reason == FAILED


def test_a_flapping_successor_does_not_stay_exited() -> None:
    instance = Instance().do("inside passed", "exit", "start", "inside passed", "inside timed_out")
    assert instance.do("inside passed").reason == HEALTHY


@pytest.mark.parametrize("sick", ["slow", "failing some", "failing most"])
def test_traffic_has_to_be_calm_twice(sick: str) -> None:
    instance = Instance().do(*STATES[sick], "traffic calm")
    assert instance.reason == STAYS[sick]
    assert instance.do("traffic calm").reason == HEALTHY


@pytest.mark.parametrize("sick", ["inside refused", "inside failed"])
def test_the_inside_check_has_to_pass_twice(sick: str) -> None:
    instance = Instance().do(*STATES[sick], "inside passed")
    assert instance.reason == STAYS[sick]
    assert instance.do("inside passed").reason == HEALTHY


def test_the_outside_check_has_to_pass_twice() -> None:
    instance = Instance().do(*STATES["outside failed"], "outside passed")
    assert instance.reason == OUTSIDE
    assert instance.health.outside_passed_in_row == 1
    assert instance.do("outside passed").reason == HEALTHY
    assert instance.health.outside_passed_in_row == 2


def test_a_slow_outside_check_is_slowness_and_no_failure() -> None:
    instance = Instance().do("inside passed", *["outside slow"] * 9)
    assert instance.reason == HEALTHY
    assert instance.do("traffic calm").reason == SLOW_STATE
    state = instance.health.state(instance.now)
    assert state.detail == "outside check took 2500 ms, over the limit of 1000 ms"


def test_two_failed_outside_checks_of_an_idle_instance_degrade_it_and_three_fell_it() -> None:
    instance = Instance().do("inside passed", *["outside timed_out"] * 2, "traffic calm")
    assert instance.reason == SOME
    assert instance.do("outside timed_out").reason == OUTSIDE


def test_old_outside_checks_are_forgotten() -> None:
    instance = Instance().do("inside passed", "outside slow", "traffic calm", "wait 11")
    assert instance.do("traffic calm", "traffic calm").reason == HEALTHY


def test_what_a_check_saw_of_the_last_incarnation_does_not_count() -> None:
    instance = Instance().do("inside passed")
    begun = instance.now
    instance.do("exit", "start")
    late = CheckResult(Side.INSIDE, CheckOutcome.PASSED, begun, 0.4)
    assert not instance.health.checked(late, instance.now)
    assert not instance.health.has_answered
    instance.do("inside passed", "inside passed")
    for _ in range(5):
        hung = CheckResult(Side.OUTSIDE, CheckOutcome.TIMED_OUT, begun, None, "no answer")
        assert not instance.health.checked(hung, instance.now)
    assert instance.do("traffic calm").reason == HEALTHY


def test_outside_failures_of_a_dead_service_do_not_count_against_its_successor() -> None:
    instance = Instance().do("inside passed", "exit", *["outside broken"] * 5, "start")
    instance.do(*["outside broken"] * 5, "inside passed", "inside passed", "traffic calm")
    assert instance.reason == HEALTHY


def test_since_counts_from_the_change_of_health_not_of_its_reason() -> None:
    instance = Instance().do("inside passed", "exit")
    instance.do("wait 4", "gave_up")
    assert instance.health.state(instance.now).since_age_s == 4.5


def test_the_exits_line_is_what_people_read() -> None:
    instance = Instance().do("inside passed", "exit")
    assert instance.health.state(instance.now).detail == "ended with signal KILL"
    instance.do("start")
    assert instance.health.state(instance.now).detail == "incarnation 2 is starting"


def test_other_limits_hold_at_once_for_what_comes() -> None:
    instance = Instance().do("inside passed", "inside timed_out")
    instance.health.apply_policy(HealthPolicy(failure_threshold=2), instance.now)
    assert instance.do("inside timed_out").reason == FAILED
    instance.health.apply_policy(HealthPolicy(success_threshold=1), instance.now)
    assert instance.do("inside passed").reason == HEALTHY


def test_settled_is_what_has_answered_and_got_over_its_exit() -> None:
    instance = Instance()
    assert not instance.health.is_settled
    assert instance.do("inside passed").health.is_settled
    assert not instance.do("exit", "start", "inside passed").health.is_settled
    assert instance.do("inside passed").health.is_settled
    assert instance.health.health is Health.HEALTHY
    assert instance.health.state(instance.now).reason is HealthReason.HEALTHY
