from __future__ import annotations

import pytest

from tagent_contract.policy import RestartPolicy
from tagent_sidecar.supervisor.restarts import (
    FAULTS_KEPT,
    GaveUp,
    RestartAt,
    RestartBudget,
    RestartBudgets,
)

MANY = RestartPolicy(intensity=1000)


def exits(budget: RestartBudget, times: list[float]) -> None:
    """Exits that were each followed by a restart at once."""
    for at in times:
        budget.restarted(at)


def test_the_first_restart_is_immediate() -> None:
    assert RestartBudget(RestartPolicy()).decide(50.0) == RestartAt(50.0)


@pytest.mark.parametrize(
    ("restarts", "wait_s"),
    [(0, 0), (1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 300), (7, 300), (900, 300)],
)
def test_before_restart_n_it_waits_twice_as_long_up_to_a_limit(
    restarts: int, wait_s: float
) -> None:
    budget = RestartBudget(MANY)
    exits(budget, [0.0] * restarts)
    assert budget.decide(100.0) == RestartAt(100.0 + wait_s)


def test_after_three_restarts_in_half_an_hour_it_gives_up_until_the_first_is_that_old() -> None:
    budget = RestartBudget(RestartPolicy())
    exits(budget, [100.0, 200.0, 300.0])
    assert budget.decide(400.0) == GaveUp(1900.0)


def test_it_does_not_give_up_when_back_off_outlasts_the_window() -> None:
    budget = RestartBudget(RestartPolicy())
    exits(budget, [100.0, 200.0, 300.0])
    assert budget.decide(1899.0) == RestartAt(1899.0 + 40)
    exits(budget, [1940.0])
    assert budget.decide(1950.0) == RestartAt(2030.0)


def test_slow_crashes_trip_the_intensity_too() -> None:
    budget = RestartBudget(RestartPolicy(reset_after_s=900))
    for at in (0.0, 800.0, 1600.0):
        assert isinstance(budget.decide(at), RestartAt)
        budget.restarted(at)
    assert budget.decide(1700.0) == GaveUp(1800.0)


def test_deciding_changes_nothing() -> None:
    budget = RestartBudget(RestartPolicy())
    budget.restarted(0.0)
    assert budget.decide(5.0) == budget.decide(5.0) == RestartAt(15.0)


def test_ten_minutes_of_health_set_all_back() -> None:
    budget = RestartBudget(RestartPolicy())
    exits(budget, [0.0, 10.0, 30.0])
    budget.health(True, 40.0)
    budget.health(False, 640.0)
    assert budget.decide(640.0) == RestartAt(640.0)


def test_health_that_does_not_last_sets_nothing_back() -> None:
    budget = RestartBudget(RestartPolicy())
    exits(budget, [0.0, 10.0, 30.0])
    budget.health(True, 40.0)
    budget.health(False, 639.0)
    budget.health(True, 640.0)
    budget.health(False, 1239.0)
    assert isinstance(budget.decide(1239.0), GaveUp)


def test_health_that_lasted_sets_back_though_it_was_told_more_than_once() -> None:
    budget = RestartBudget(RestartPolicy())
    exits(budget, [0.0])
    for at in (10.0, 300.0, 610.0):
        budget.health(True, at)
    assert budget.decide(611.0) == RestartAt(611.0)


def test_another_policy_holds_for_the_next_decision() -> None:
    budget = RestartBudget(RestartPolicy())
    exits(budget, [0.0, 1.0, 2.0])
    budget.policy = RestartPolicy(intensity=5, backoff_first_s=1)
    assert budget.decide(3.0) == RestartAt(7.0)


def test_what_drills_use_up_is_not_missing_when_there_is_real_trouble() -> None:
    budgets = RestartBudgets(RestartPolicy())
    for number in range(5):
        budget = budgets.of(f"fault-{number}")
        assert budget.decide(100.0) == RestartAt(100.0)
        budget.restarted(100.0)
    assert budgets.of(None).decide(200.0) == RestartAt(200.0)


def test_one_fault_that_kills_each_incarnation_uses_up_its_own() -> None:
    budgets = RestartBudgets(RestartPolicy())
    for at in (100.0, 110.0, 130.0):
        budgets.of("f").restarted(at)
    assert budgets.of("f").decide(170.0) == GaveUp(1900.0)
    budgets.follow(MANY)
    assert budgets.of("f").decide(170.0) == RestartAt(210.0)
    budgets.health(True, 200.0)
    budgets.health(False, 200.0 + MANY.reset_after_s)
    assert budgets.of("f").decide(900.0) == RestartAt(900.0)


def test_the_budgets_of_many_faults_are_bounded() -> None:
    budgets = RestartBudgets(RestartPolicy())
    budgets.of("first").restarted(1.0)
    for number in range(FAULTS_KEPT):
        budgets.of(f"fault-{number}")
    assert budgets.of("first").decide(2.0) == RestartAt(2.0)
