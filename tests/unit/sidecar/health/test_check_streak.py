from __future__ import annotations

import pytest

from tagent_sidecar.health.check_streak import CheckStreak


def after(looks: str, *, failures: int = 3, successes: int = 2) -> CheckStreak:
    """`.` is a pass, `x` a failure."""
    streak = CheckStreak()
    for number, look in enumerate(looks):
        if look == ".":
            streak.passed(successes)
        else:
            streak.failed(f"failure {number}", failures)
    return streak


@pytest.mark.parametrize(
    ("looks", "is_failing"),
    [
        ("", False),
        ("xx", False),
        ("xxx", True),
        ("xx.x", False),
        ("xx.xx.xx", False),
        ("xxx.", True),
        ("xxx..", False),
        ("xxx.x.", True),
        ("xxx.x..", False),
        ("xxx..xx", False),
    ],
)
def test_it_takes_failures_in_a_row_to_fail_and_passes_in_a_row_to_come_back(
    looks: str, is_failing: bool
) -> None:
    assert after(looks).is_failing is is_failing


def test_one_failure_is_enough_with_a_threshold_of_one() -> None:
    assert after("x", failures=1).is_failing


def test_it_counts_what_is_in_a_row_and_remembers_the_latest_failure() -> None:
    streak = after("..x..")
    assert (streak.passed_in_row, streak.failed_in_row, streak.detail) == (2, 0, "failure 2")
    streak = after("..xx")
    assert (streak.passed_in_row, streak.failed_in_row, streak.detail) == (0, 2, "failure 3")
