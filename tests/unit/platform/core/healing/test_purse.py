"""Budgets during one look."""

from __future__ import annotations

from tagent_contract.health import Health
from tagent_contract.policy import RestartPolicy
from tagent_platform.core.backoff import Allowed, BackingOff
from tagent_platform.core.healing.purse import Purse
from tagent_platform.core.records import BudgetRecord
from tests.fakes.clinic import NOW, instance

POLICY = RestartPolicy()
MINE, WHOLE = "chat/chat-1|organic", "chat|organic"
SPENT = BudgetRecord(service="chat", instance="chat-1", cause_key="organic", restarts=(NOW,))
SPENT_BY_ALL = BudgetRecord(service="chat", instance=None, cause_key="organic", restarts=(NOW,))


def test_spending_shows_at_once_and_is_written() -> None:
    purse = Purse({}, POLICY)
    assert purse.verdict("chat", "chat-1", "organic", NOW) == Allowed(1)
    purse.spend("chat", "chat-1", "organic", NOW)
    assert purse.verdict("chat", "chat-1", "organic", NOW) == BackingOff(2, NOW + 10)
    assert purse.verdict("chat", "chat-1", "f1", NOW) == Allowed(1)
    assert purse.changed == {MINE: SPENT}


def test_a_person_clears_it() -> None:
    purse = Purse({MINE: SPENT, WHOLE: SPENT_BY_ALL}, POLICY)
    purse.clear()
    assert purse.changed == {MINE: None, WHOLE: None}
    assert purse.verdict("chat", "chat-1", "organic", NOW) == Allowed(1)


def test_what_stays_as_it_is_is_not_written() -> None:
    purse = Purse({MINE: SPENT}, POLICY)
    purse.follow_health({"chat-1": instance(Health.UNHEALTHY)}, NOW)
    assert purse.changed == {}


def test_healthy_time_begins_and_forgives() -> None:
    well = {"chat-1": instance(Health.HEALTHY)}
    purse = Purse({MINE: SPENT}, POLICY)
    purse.follow_health(well, NOW)
    begun = purse.changed[MINE]
    assert begun is not None
    assert begun.healthy_since == NOW
    later = Purse({MINE: begun}, POLICY)
    later.follow_health(well, NOW + 600)
    assert later.changed == {MINE: None}
    assert later.verdict("chat", "chat-1", "organic", NOW + 600) == Allowed(1)


def test_a_service_is_healthy_when_all_its_instances_are() -> None:
    purse = Purse({WHOLE: SPENT_BY_ALL}, POLICY)
    purse.follow_health(
        {"chat-1": instance(Health.HEALTHY), "chat-2": instance(Health.DEGRADED, "chat-2")}, NOW
    )
    assert purse.changed == {}


def test_the_budget_of_one_that_is_gone_runs_out_too() -> None:
    purse = Purse({MINE: SPENT}, POLICY)
    purse.follow_health({}, NOW)
    assert purse.changed[MINE] is not None
