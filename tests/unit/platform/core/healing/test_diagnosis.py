"""Who complains."""

from __future__ import annotations

import pytest

from tagent_contract.faults import Error, FaultState, Healing
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState
from tagent_platform.core.healing.diagnosis import complaints_of, sick_since, was_closed
from tagent_platform.core.records import ExitRecord, PatientRecord
from tests.fakes.clinic import NOW, facts, fault, incident, instance

EXIT = ExitRecord(number=1, at=NOW - 2, status="signal KILL")


@pytest.mark.parametrize(
    ("health", "complains"),
    [
        (Health.UNKNOWN, False),
        (Health.HEALTHY, False),
        (Health.DEGRADED, True),
        (Health.UNHEALTHY, True),
        (Health.OFFLINE, True),
        (Health.RECOVERING, False),
    ],
)
def test_who_is_not_well_complains_unless_it_is_in_hand(health: Health, complains: bool) -> None:
    assert bool(complaints_of(facts(instance(health)), NOW)) is complains


def test_a_complaint_says_what_is_wrong_and_since_when() -> None:
    (found,) = complaints_of(facts(instance(detail="error ratio 0.9")), NOW)
    assert (found.text, found.since) == ("chat-1 is UNHEALTHY: error ratio 0.9", NOW - 5)
    (bare,) = complaints_of(facts(instance()), NOW)
    assert bare.text == "chat-1 is UNHEALTHY: error ratio"


def test_what_was_said_before_the_platform_listened_is_no_complaint() -> None:
    assert complaints_of(facts(instance(), heard=set()), NOW) == ()


def test_silence_is_observed_without_a_word() -> None:
    assert complaints_of(facts(instance(Health.OFFLINE), heard=set()), NOW) != ()


def test_the_worst_come_first() -> None:
    found = complaints_of(
        facts(
            instance(Health.HEALTHY, "a", exits=(EXIT,)),
            instance(Health.DEGRADED, "b"),
            instance(Health.UNHEALTHY, "c"),
        ),
        NOW,
    )
    assert [each.instance.name for each in found] == ["c", "b", "a"]


def test_a_suppressed_fault_silences_its_victims() -> None:
    quiet = fault(of=Error(healing=Healing.SUPPRESS))
    two = facts(instance(), instance(name="chat-2"), faults=(quiet,))
    assert [each.instance.name for each in complaints_of(two, NOW)] == ["chat-2"]


def test_the_sickness_began_with_the_patients_first_moment() -> None:
    known = incident(patients={"chat-1": PatientRecord(since=NOW - 99)})
    looked_at = facts(instance(), incident=known)
    assert sick_since(looked_at, looked_at.live["chat-1"]) == NOW - 99


def test_an_old_cause_stays_the_cause_while_the_sickness_lasts() -> None:
    known = incident(patients={"chat-1": PatientRecord(since=NOW - 99)})
    ended = fault(state=FaultState.CLEARED, ended_at=NOW - 98)
    (found,) = complaints_of(facts(instance(), incident=known, faults=(ended,)), NOW)
    assert found.causes.key == "f1"


def test_an_exit_that_nobody_saw_is_a_complaint_that_is_over() -> None:
    (found,) = complaints_of(facts(instance(Health.HEALTHY, exits=(EXIT,))), NOW)
    assert (found.is_over, found.since, found.exited_at) == (True, EXIT.at, EXIT.at)
    assert found.text == "the process of chat-1 ended by itself: signal KILL"


def test_an_exit_during_the_start_is_not_over() -> None:
    (found,) = complaints_of(facts(instance(Health.UNKNOWN, exits=(EXIT,))), NOW)
    assert not found.is_over


def test_an_exit_that_was_told_is_none() -> None:
    assert complaints_of(facts(instance(Health.HEALTHY, exits=(EXIT,), exits_told=1)), NOW) == ()


def test_a_sick_one_complains_once_and_was_seen_when_it_exited() -> None:
    (found,) = complaints_of(facts(instance(exits=(EXIT,))), NOW)
    assert found.exited_at == EXIT.at
    assert not found.is_over


def test_a_sickness_that_a_person_closed_is_not_complained_of_again() -> None:
    closed = incident(IncidentState.RESOLVED, resolved_at=NOW, closed_by="olga")
    same, new = instance(since=NOW - 5), instance(since=NOW + 1)
    assert was_closed(facts(same, latest=closed), same)
    assert complaints_of(facts(same, latest=closed), NOW + 2) == ()
    assert complaints_of(facts(new, latest=closed), NOW + 2) != ()
    healed = incident(IncidentState.RESOLVED, resolved_at=NOW)
    assert complaints_of(facts(same, latest=healed), NOW + 2) != ()
