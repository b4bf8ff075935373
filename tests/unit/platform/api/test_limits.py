from __future__ import annotations

import pytest

from tagent_platform.api.limits import BUCKETS_MAX, RateLimit


def test_a_burst_is_let_through_and_then_the_average_holds() -> None:
    rate = RateLimit(per_s=2.0, burst=3.0)
    assert [rate.wait_s("ada", 0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert rate.wait_s("ada", 0.0) == pytest.approx(0.5)
    assert rate.wait_s("ada", 0.4) > 0
    assert rate.wait_s("ada", 0.5) == 0.0
    assert rate.wait_s("ada", 0.5) > 0


def test_being_refused_costs_nothing() -> None:
    rate = RateLimit(per_s=1.0, burst=1.0)
    rate.wait_s("ada", 0.0)
    for _ in range(100):
        rate.wait_s("ada", 0.5)
    assert rate.wait_s("ada", 1.0) == 0.0


def test_one_does_not_use_up_what_is_anothers() -> None:
    rate = RateLimit(per_s=1.0, burst=1.0)
    rate.wait_s("ada", 0.0)
    assert rate.wait_s("ben", 0.0) == 0.0


def test_rest_never_saves_up_more_than_a_burst() -> None:
    rate = RateLimit(per_s=10.0, burst=2.0)
    rate.wait_s("ada", 0.0)
    assert [rate.wait_s("ada", 1000.0) > 0 for _ in range(3)] == [False, False, True]


def test_names_without_end_are_forgotten_the_longest_unseen_first() -> None:
    rate = RateLimit(per_s=0.001, burst=1.0)
    rate.wait_s("first", 0.0)
    for number in range(BUCKETS_MAX - 1):
        rate.wait_s(f"guess {number}", 0.0)
    assert rate.wait_s("first", 0.0) > 0
    rate.wait_s("one more", 0.0)
    assert rate.wait_s("first", 0.0) > 0
    assert rate.wait_s("guess 0", 0.0) == 0.0
