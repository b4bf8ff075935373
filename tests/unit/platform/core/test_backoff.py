"""How often something may be restarted."""

from __future__ import annotations

import pytest

from tagent_contract.policy import RestartPolicy
from tagent_platform.core.backoff import (
    RESTARTS_KEPT,
    Allowed,
    BackingOff,
    UsedUp,
    budget_key,
    may_restart,
    observe_health,
    spend,
    wait_before_s,
)
from tagent_platform.core.records import BudgetRecord

DEFAULT = RestartPolicy()
PATIENT = RestartPolicy(intensity=1000)


def spent(*restarts: float, healthy_since: float | None = None) -> BudgetRecord:
    return BudgetRecord(
        service="chat",
        instance="chat-1",
        cause_key="organic",
        restarts=restarts,
        healthy_since=healthy_since,
    )


@pytest.mark.parametrize(
    ("number", "wait_s"),
    [
        (0, 0),
        (1, 0),
        (2, 10),
        (3, 20),
        (4, 40),
        (5, 80),
        (6, 160),
        (7, 300),
        (8, 300),
        (10_000, 300),
    ],
)
def test_the_first_restart_is_immediate_and_the_waits_double_up_to_five_minutes(
    number: int, wait_s: float
) -> None:
    assert wait_before_s(number, DEFAULT) == wait_s


@pytest.mark.parametrize(
    ("budget", "now", "verdict"),
    [
        (None, 0.0, Allowed(1)),
        (spent(), 0.0, Allowed(1)),
        (spent(100.0), 100.0, BackingOff(2, 110.0)),
        (spent(100.0), 109.9, BackingOff(2, 110.0)),
        (spent(100.0), 110.0, Allowed(2)),
        (spent(100.0, 110.0), 129.9, BackingOff(3, 130.0)),
        (spent(100.0, 110.0), 130.0, Allowed(3)),
        (spent(100.0, 110.0, 130.0), 130.0, UsedUp(3, 1900.0)),
        (spent(100.0, 110.0, 130.0), 1899.9, UsedUp(3, 1900.0)),
        (spent(100.0, 110.0, 130.0), 1900.0, Allowed(4)),
        (spent(100.0, 1890.0, 1895.0), 1900.0, BackingOff(4, 1935.0)),
    ],
)
def test_verdicts(budget: BudgetRecord | None, now: float, verdict: object) -> None:
    assert may_restart(budget, DEFAULT, now) == verdict


def test_more_restarts_than_the_intensity_free_up_one_by_one() -> None:
    generous, strict = RestartPolicy(intensity=4), RestartPolicy(intensity=2)
    budget = spent(0.0, 100.0, 200.0, 300.0)
    assert may_restart(budget, generous, 300.0) == UsedUp(4, 1800.0)
    assert may_restart(budget, strict, 300.0) == UsedUp(4, 2000.0)


def test_an_intensity_beyond_what_is_kept_counts_as_what_is_kept() -> None:
    budget = spent(*(float(n) for n in range(RESTARTS_KEPT)))
    assert isinstance(may_restart(budget, PATIENT, 64.0), UsedUp)


def test_spending_counts_and_keeps_a_bounded_number() -> None:
    budget = None
    for n in range(RESTARTS_KEPT + 5):
        budget = spend(budget, service="chat", instance="chat-1", cause_key="organic", now=float(n))
    assert budget is not None
    assert len(budget.restarts) == RESTARTS_KEPT
    assert budget.restarts[-1] == RESTARTS_KEPT + 4


def test_a_restart_interrupts_the_healthy_time() -> None:
    budget = spent(1.0, healthy_since=5.0)
    assert (
        spend(budget, service="chat", instance="chat-1", cause_key="organic", now=9.0).healthy_since
        is None
    )


def test_healthy_time_is_counted_from_its_beginning() -> None:
    started = observe_health(spent(1.0), is_healthy=True, policy=DEFAULT, now=50.0)
    assert started == spent(1.0, healthy_since=50.0)
    assert observe_health(started, is_healthy=True, policy=DEFAULT, now=649.9) is started
    assert observe_health(started, is_healthy=True, policy=DEFAULT, now=650.0) is None


def test_sickness_starts_the_healthy_time_over() -> None:
    budget = spent(1.0, healthy_since=50.0)
    assert observe_health(budget, is_healthy=False, policy=DEFAULT, now=600.0) == spent(1.0)


def test_a_sick_target_changes_nothing() -> None:
    budget = spent(1.0)
    assert observe_health(budget, is_healthy=False, policy=DEFAULT, now=600.0) is budget


def test_budgets_are_kept_per_target_and_cause() -> None:
    keys = {
        budget_key("chat", "chat-1", "organic"),
        budget_key("chat", "chat-2", "organic"),
        budget_key("chat", None, "organic"),
        budget_key("chat", "chat-1", "f1"),
    }
    assert keys == {
        "chat/chat-1|organic",
        "chat/chat-2|organic",
        "chat|organic",
        "chat/chat-1|f1",
    }
