"""What is decided for each instance of a service."""

from __future__ import annotations

from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, Refusal, Remedy
from tagent_platform.core.backoff import UsedUp
from tagent_platform.core.healing.deciding import case_of, decide_all
from tagent_platform.core.incidents.attempts import Order, intent
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.policy import Act, Escalate, Hold, Nothing
from tagent_platform.core.records import BudgetRecord
from tests.fakes.clinic import NOW, facts, fault, incident, instance


def budget(instance_name: str | None, cause: str = "organic") -> BudgetRecord:
    return BudgetRecord(
        service="chat",
        instance=instance_name,
        cause_key=cause,
        restarts=(NOW - 9, NOW - 6, NOW - 3),
    )


def test_each_sick_instance_is_decided_for_the_worst_first() -> None:
    found = decide_all(
        facts(
            instance(Health.HEALTHY, "a"),
            instance(Health.DEGRADED, "b"),
            instance(Health.UNHEALTHY, "c"),
            instance(Health.UNHEALTHY, "d"),
            instance(Health.OFFLINE, "e"),
        ),
        NOW,
    )
    assert [(each.instance, type(each.decision)) for each in found] == [
        ("e", Escalate),
        ("c", Act),
        ("d", Act),
        ("b", Hold),
        ("a", Nothing),
    ]


def test_budgets_are_those_of_the_cause() -> None:
    used_up = {"chat/chat-1|organic": budget("chat-1")}
    organic, cause = case_of(facts(instance(), budgets=used_up), instance(), NOW)
    assert isinstance(organic.rungs[0].verdict, UsedUp)
    assert cause == "organic"
    injected, cause = case_of(
        facts(instance(), budgets=used_up, faults=(fault(),)), instance(), NOW
    )
    assert not isinstance(injected.rungs[0].verdict, UsedUp)
    assert cause == "f1"
    assert not injected.is_organic


def test_a_restart_of_the_whole_service_takes_all_in_hand() -> None:
    both = (instance(name="chat-1"), instance(name="chat-2"))
    used_up = {f"chat/{each.name}|organic": budget(each.name) for each in both}
    first, second = decide_all(facts(*both, budgets=used_up), NOW)
    assert isinstance(first.decision, Act)
    assert first.decision.rung.remedy is Remedy.RESTART_SERVICE
    assert isinstance(second.decision, Hold)
    assert second.decision.reason is Refusal.TARGET_LOCKED


def test_the_whole_service_is_not_restarted_while_one_of_it_is() -> None:
    both = (instance(name="chat-1"), instance(name="chat-2"))
    used_up = {"chat/chat-2|organic": budget("chat-2")}
    first, second = decide_all(facts(*both, budgets=used_up), NOW)
    assert isinstance(first.decision, Act)
    assert first.decision.rung.remedy is Remedy.RESTART_INSTANCE
    assert isinstance(second.decision, Hold)
    assert second.decision.reason is Refusal.TARGET_LOCKED
    order = Order(
        remedy=Remedy.RESTART_INSTANCE,
        targets={"chat-1": both[0]},
        cause_key="organic",
        by="healing",
        text="restart",
    )
    under_way = intent(Step(incident()), order, NOW).incident
    found = decide_all(facts(*both, budgets=used_up, incident=under_way), NOW)
    assert [type(each.decision) for each in found] == [Hold, Hold]


def test_who_was_not_heard_is_left_alone() -> None:
    (found,) = decide_all(facts(instance(), heard=set()), NOW)
    assert isinstance(found.decision, Nothing)


def test_who_has_a_closed_incident_is_left_alone() -> None:
    closed = incident(IncidentState.RESOLVED, resolved_at=NOW, closed_by="olga")
    (found,) = decide_all(facts(instance(), latest=closed), NOW)
    assert isinstance(found.decision, Nothing)
    assert "closed" in found.decision.text


def test_an_attempt_under_way_locks_its_target() -> None:
    order = Order(
        remedy=Remedy.RESTART_INSTANCE,
        targets={"chat-1": instance()},
        cause_key="organic",
        by="healing",
        text="restart",
    )
    step = intent(Step(incident()), order, NOW)
    case, _ = case_of(facts(instance(), incident=step.incident), instance(), NOW)
    assert case.locked_by == "i1-1"


def test_what_was_given_up_for_good_stays_so_and_the_rest_does_not() -> None:
    for reason, is_given_up in ((Refusal.INTENSITY, True), (Refusal.SIDECAR_UNREACHABLE, False)):
        known = incident(IncidentState.ESCALATED, escalated={"chat-1": reason})
        case, _ = case_of(facts(instance(), incident=known), instance(), NOW)
        assert case.is_given_up is is_given_up
