"""One look at a service, as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import Cause, IncidentState, Outcome, Refusal
from tagent_contract.plan import RestartOrder
from tagent_contract.policy import HealingPolicy, Mode, ServicePolicy
from tagent_platform.core.healing.facts import Facts, Review
from tagent_platform.core.healing.review import review
from tagent_platform.core.records import ExitRecord, InstanceRecord, ServiceRecord
from tests.fakes.clinic import NOW, facts, incident, instance

CHECK = ServiceRecord(name="chat", policy=ServicePolicy(healing=HealingPolicy(mode=Mode.CHECK)))


def look(found: Facts, now: float = NOW) -> Review:
    return review(found, new_incident_id=lambda: "i1", by="healing", now=now)


def after(found: Facts, looked: Review, **said: Any) -> Facts:
    """Return the facts once the review is committed."""
    budgets = {key: each for key, each in looked.budgets.items() if each is not None}
    return replace(found, incident=looked.incident, live=looked.live, budgets=budgets, **said)


def test_health_gives_nothing_to_do() -> None:
    found = facts(instance(Health.HEALTHY))
    looked = look(found)
    assert looked.incident is None
    assert looked.happenings == ()
    assert looked.live["chat-1"] is found.live["chat-1"]


def test_sickness_opens_an_incident_and_writes_the_intent_down() -> None:
    looked = look(facts(instance()))
    assert looked.incident is not None
    assert looked.incident.state is IncidentState.REMEDIATING
    assert looked.live["chat-1"].health is Health.RECOVERING
    assert looked.live["chat-1"].restart is None, "the order is the runtime's to write"
    assert looked.budgets["chat/chat-1|organic"] is not None
    assert [h.type for h in looked.happenings] == ["incident.opened", "incident.decided"]


@pytest.mark.parametrize(
    "found",
    [
        facts(instance()),
        facts(instance(), service=CHECK),
        facts(instance(Health.DEGRADED)),
        facts(instance(Health.OFFLINE)),
        facts(instance(reason=HealthReason.GAVE_UP)),
        facts(instance(reason=HealthReason.EXITED)),
        facts(instance(Health.HEALTHY, exits=(ExitRecord(number=1, at=NOW - 1, status="x"),))),
        facts(instance(), instance(name="chat-2")),
    ],
)
def test_a_second_look_at_the_same_changes_nothing(found: Facts) -> None:
    first = look(found)
    second = look(after(found, first))
    assert second.happenings == ()
    assert second.incident == first.incident
    assert second.live == first.live
    assert second.budgets == {}


def test_mode_check_says_and_does_not() -> None:
    looked = look(facts(instance(), service=CHECK))
    assert looked.incident is not None
    assert looked.incident.held_back is not None
    assert looked.incident.held_back.reason is Refusal.MODE_CHECK
    assert looked.incident.attempts == ()
    assert looked.budgets == {}


def test_when_an_attempt_ends_the_sidecars_word_stands_and_the_order_is_taken_back() -> None:
    found = facts(instance())
    first = look(found)
    order = RestartOrder(incarnation="1", attempt_id="i1-1")
    well = instance(
        Health.RECOVERING,
        incarnation="2",
        reported=Health.HEALTHY,
        reported_reason=HealthReason.HEALTHY,
        restart=order,
    )
    healing = look(_with(found, first, well), NOW + 1)
    assert healing.live["chat-1"].health is Health.RECOVERING
    assert healing.live["chat-1"].restart is order
    done = look(_with(found, healing, well), NOW + 11)
    assert done.live["chat-1"].health is Health.HEALTHY
    assert done.live["chat-1"].restart is None
    assert done.incident is not None
    assert done.incident.state is IncidentState.RESOLVED
    assert [a.outcome for a in done.incident.attempts] == [Outcome.VERIFIED]


def _with(found: Facts, looked: Review, *live: InstanceRecord) -> Facts:
    by_name = {each.name: each for each in live}
    return replace(after(found, looked), live=by_name, proven=set(by_name))


def test_recovering_without_an_attempt_is_a_leftover() -> None:
    looked = look(facts(instance(Health.RECOVERING, reported=Health.HEALTHY)))
    assert looked.live["chat-1"].health is Health.HEALTHY
    assert looked.incident is None


def test_the_same_sickness_soon_after_reopens_its_incident() -> None:
    past = incident(IncidentState.RESOLVED, resolved_at=NOW - 60, patients={})
    looked = look(facts(instance(), resolved=(past,), latest=past))
    assert looked.incident is not None
    assert (looked.incident.id, looked.incident.reopened) == (past.id, 1)


def test_an_old_one_is_left_in_peace() -> None:
    past = incident(IncidentState.RESOLVED, id="i0", resolved_at=NOW - 601, patients={})
    looked = look(facts(instance(), resolved=(past,), latest=past))
    assert looked.incident is not None
    assert (looked.incident.id, looked.incident.reopened) == ("i1", 0)


def test_an_exit_that_is_over_gets_its_incident_and_no_attempt() -> None:
    seen = ExitRecord(number=1, at=NOW - 1, status="exit 1", back_at=NOW - 0.9)
    looked = look(facts(instance(Health.HEALTHY, exits=(seen,)), proven={"chat-1"}))
    assert looked.incident is not None
    assert looked.incident.cause is Cause.ORGANIC
    assert looked.incident.state is IncidentState.VERIFYING
    assert looked.incident.attempts == ()
    assert (looked.live["chat-1"].exits_told, looked.live["chat-1"].backs_told) == (1, 1)
    assert [line.kind for line in looked.incident.timeline] == [
        "detected",
        "exited",
        "restarted",
        "healthy",
    ]


def test_health_that_lacks_a_real_request_is_named() -> None:
    looked = look(facts(instance(Health.HEALTHY), incident=incident()))
    assert looked.needs_proof == {"chat-1"}


def test_one_that_is_escalated_does_not_keep_the_others_from_being_healed() -> None:
    looked = look(facts(instance(Health.OFFLINE, "a"), instance(name="b")))
    assert looked.incident is not None
    assert looked.incident.state is IncidentState.ESCALATED
    assert [a.instance for a in looked.incident.attempts] == ["b"]


def test_a_hold_is_forgotten_once_healing_acts() -> None:
    checked = look(facts(instance(), service=CHECK))
    healed = look(replace(after(facts(instance()), checked), service=ServiceRecord(name="chat")))
    assert healed.incident is not None
    assert healed.incident.held_back is None
    assert len(healed.incident.attempts) == 1
