"""What a person orders."""

from __future__ import annotations

from typing import Any

from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import Cause, IncidentState, Refusal, Severity
from tagent_platform.core.healing.facts import Review
from tagent_platform.core.healing.orders import Wish, needing_recovery, order_restart
from tagent_platform.core.policy import Hold
from tagent_platform.core.records import BudgetRecord, HaltRecord, InstanceRecord
from tests.fakes.clinic import NOW, facts, fault, incident, instance

BUDGET = BudgetRecord(
    service="chat", instance="chat-1", cause_key="organic", restarts=(NOW - 3, NOW - 2, NOW - 1)
)


def ordered(*live: InstanceRecord, wish: Wish | None = None, **said: Any) -> Review | Hold:
    names = tuple(each.name for each in live)
    wish = wish or Wish(names, "olga", "because")
    return order_restart(facts(*live, **said), wish, new_incident_id=lambda: "i9", now=NOW)


def done(*live: InstanceRecord, **said: Any) -> Review:
    found = ordered(*live, **said)
    assert isinstance(found, Review)
    return found


def test_whoever_is_not_healthy_needs_recovery() -> None:
    live = {
        "a": instance(Health.HEALTHY, "a"),
        "b": instance(Health.DEGRADED, "b"),
        "c": instance(Health.UNKNOWN, "c"),
    }
    assert needing_recovery(live) == ("b", "c")
    assert needing_recovery({"a": live["a"]}) == ("a",)


def test_a_restart_of_what_is_healthy_has_an_incident_of_its_own() -> None:
    found = done(instance(Health.HEALTHY))
    assert found.incident is not None
    assert (found.incident.id, found.incident.cause, found.incident.severity) == (
        "i9",
        Cause.MANUAL,
        Severity.INFO,
    )
    assert found.incident.state is IncidentState.REMEDIATING
    assert found.incident.summary == "olga restarts chat-1: because"
    assert list(found.incident.patients) == ["chat-1"]
    assert found.live["chat-1"].health is Health.RECOVERING
    (attempt,) = found.incident.attempts
    assert (attempt.by, attempt.cause_key) == ("olga", "manual")
    assert [h.type for h in found.happenings] == ["incident.opened", "incident.decided"]
    assert found.happenings[-1].text == "olga ordered: restart chat-1: because"


def test_the_incident_there_is_gets_a_fresh_start() -> None:
    known = incident(
        IncidentState.ESCALATED,
        reopened=3,
        escalated={"chat-1": Refusal.INTENSITY},
        verifying_since=NOW - 1,
    )
    found = done(instance(), incident=known, budgets={"chat/chat-1|organic": BUDGET})
    assert found.incident is not None
    assert (found.incident.id, found.incident.state, found.incident.reopened) == (
        "i1",
        IncidentState.REMEDIATING,
        0,
    )
    assert found.incident.escalated == {}
    assert found.budgets == {"chat/chat-1|organic": None}


def test_what_is_sick_without_an_incident_gets_the_one_it_deserves() -> None:
    found = done(instance(), faults=(fault(),))
    assert found.incident is not None
    assert (found.incident.cause, found.incident.faults) == (Cause.INJECTED, ("f1",))


def test_an_exited_or_given_up_process_may_be_restarted() -> None:
    for reason in (HealthReason.EXITED, HealthReason.GAVE_UP):
        assert isinstance(ordered(instance(reason=reason)), Review)


def test_who_cannot_be_restarted_is_passed_over_if_others_can() -> None:
    found = done(instance(Health.OFFLINE, "a"), instance(name="b"))
    assert found.incident is not None
    assert [attempt.instance for attempt in found.incident.attempts] == ["b"]


def test_when_nobody_can_be_restarted_the_first_reason_is_the_answer() -> None:
    refused = ordered(instance(Health.OFFLINE, "a"), instance(name="b", supervised=False))
    assert isinstance(refused, Hold)
    assert refused.reason is Refusal.SIDECAR_UNREACHABLE


def test_a_halt_stops_people_too() -> None:
    refused = ordered(instance(), halt=HaltRecord(halted=True, by="ada", reason="stop"))
    assert isinstance(refused, Hold)
    assert refused.reason is Refusal.HALTED


def test_a_second_order_waits_for_the_first() -> None:
    first = done(instance())
    again = ordered(first.live["chat-1"], incident=first.incident)
    assert isinstance(again, Hold)
    assert again.reason is Refusal.TARGET_LOCKED
