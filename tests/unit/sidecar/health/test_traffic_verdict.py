from __future__ import annotations

import pytest

from tagent_contract.health import Health, HealthReason
from tagent_contract.policy import HealthPolicy
from tagent_sidecar.health.idle_window import IdleWindow
from tagent_sidecar.health.traffic_verdict import Verdict, judge_traffic
from tagent_sidecar.telemetry.recorder import RecentFigures

POLICY = HealthPolicy()


def checks(*latencies_s: float | None) -> IdleWindow:
    window = IdleWindow()
    for latency_s in latencies_s:
        window.add(0.0, latency_s)
    return window


def judge(
    requests: int = 0, errors: int = 0, p95_ms: float | None = 5.0, idle: IdleWindow | None = None
) -> Verdict | None:
    return judge_traffic(POLICY, RecentFigures(requests, errors, p95_ms), idle or checks())


@pytest.mark.parametrize(
    ("requests", "errors", "p95_ms", "health", "reason"),
    [
        (100, 0, 1000.0, None, None),
        (100, 0, 1000.1, Health.DEGRADED, HealthReason.LATENCY),
        (100, 5, 5.0, None, None),
        (100, 6, 5.0, Health.DEGRADED, HealthReason.ERROR_RATIO),
        (100, 50, 5.0, Health.DEGRADED, HealthReason.ERROR_RATIO),
        (100, 51, 5.0, Health.UNHEALTHY, HealthReason.ERROR_RATIO),
        (10, 10, None, Health.UNHEALTHY, HealthReason.ERROR_RATIO),
        (100, 6, 9999.0, Health.DEGRADED, HealthReason.ERROR_RATIO),
        (9, 9, 9999.0, None, None),
    ],
)
def test_enough_requests_are_judged_by_their_own_figures(
    requests: int,
    errors: int,
    p95_ms: float | None,
    health: Health | None,
    reason: HealthReason | None,
) -> None:
    found = judge(requests, errors, p95_ms)
    assert (found and found.health, found and found.reason) == (health, reason)


def test_enough_requests_make_the_outside_checks_irrelevant() -> None:
    assert judge(10, 0, 5.0, checks(None, None, None, 9.0)) is None


def test_the_line_for_people_has_the_figures() -> None:
    slow = judge(37, 0, 2512.3)
    assert slow is not None
    assert slow.detail == "p95 2512 ms over the limit of 1000 ms, 37 requests in 10 s"
    failing = judge(37, 22)
    assert failing is not None
    assert failing.detail == "22 of 37 requests in 10 s failed (59%)"


@pytest.mark.parametrize(
    ("idle", "health", "reason"),
    [
        (checks(), None, None),
        (checks(0.1, 0.2), None, None),
        (checks(0.1, 2.5), Health.DEGRADED, HealthReason.LATENCY),
        (checks(0.1, None), Health.DEGRADED, HealthReason.ERROR_RATIO),
        (checks(None), Health.DEGRADED, HealthReason.ERROR_RATIO),
        (checks(None, None), Health.DEGRADED, HealthReason.ERROR_RATIO),
        (checks(None, None, None), Health.UNHEALTHY, HealthReason.ERROR_RATIO),
        (checks(0.1, 0.1, 0.1, None, None, None), Health.DEGRADED, HealthReason.ERROR_RATIO),
        (checks(*[0.1] * 19, None), None, None),
    ],
)
def test_an_idle_instance_is_judged_by_its_outside_checks(
    idle: IdleWindow, health: Health | None, reason: HealthReason | None
) -> None:
    found = judge(idle=idle)
    assert (found and found.health, found and found.reason) == (health, reason)


def test_the_limits_are_the_policys() -> None:
    strict = HealthPolicy(requests_min=1, latency_limit_ms=1, error_ratio_degraded=0)
    found = judge_traffic(strict, RecentFigures(1, 0, 1.5), checks())
    assert found is not None
    assert found.reason is HealthReason.LATENCY
    found = judge_traffic(strict, RecentFigures(3, 1, 0.5), checks())
    assert found is not None
    assert found.reason is HealthReason.ERROR_RATIO
