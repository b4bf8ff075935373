from __future__ import annotations

from tagent_contract.faults import RateLimit
from tagent_sidecar.faults.rate_limit import RateLimitRule
from tests.unit.sidecar.faults.strikes import strike


def test_the_quota_gets_by_and_the_rest_of_the_window_is_answered_429() -> None:
    rule = RateLimitRule("f", RateLimit(quota=2, window_s=10))
    effects = [rule.effect(strike(now)) for now in (0.0, 1.0, 2.0, 9.9)]
    assert effects[:2] == [None, None]
    assert [effect.http_status for effect in effects[2:] if effect] == [429, 429]


def test_retry_after_is_the_rest_of_the_window_in_whole_seconds_and_at_least_one() -> None:
    rule = RateLimitRule("f", RateLimit(quota=0, window_s=10))
    waits = [rule.effect(strike(now)) for now in (0.0, 2.5, 9.99)]
    assert [dict(wait.headers)["retry-after"] for wait in waits if wait] == ["10", "8", "1"]


def test_a_new_window_begins_with_the_first_request_after_the_old_one() -> None:
    rule = RateLimitRule("f", RateLimit(quota=1, window_s=10))
    assert rule.effect(strike(0.0)) is None
    assert rule.effect(strike(5.0)) is not None
    assert rule.effect(strike(25.0)) is None
    assert rule.effect(strike(34.9)) is not None
    assert rule.effect(strike(35.0)) is None


def test_a_check_uses_up_nothing_and_starts_no_window() -> None:
    rule = RateLimitRule("f", RateLimit(quota=1, window_s=10))
    for now in (0.0, 1.0, 2.0):
        assert rule.effect(strike(now, counted=False)) is None
    assert rule.effect(strike(3.0)) is None
    assert rule.effect(strike(4.0, counted=False)) is not None
    assert rule.effect(strike(12.9)) is not None
    assert rule.effect(strike(13.0)) is None


def test_a_quota_of_zero_refuses_a_check_too() -> None:
    assert RateLimitRule("f", RateLimit(quota=0)).effect(strike(counted=False)) is not None
