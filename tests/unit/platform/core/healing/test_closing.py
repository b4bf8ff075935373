"""Whether an incident is over."""

from __future__ import annotations

from typing import Any

from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, Refusal
from tagent_contract.policy import HealingPolicy, Mode, ServicePolicy
from tagent_platform.core.healing.closing import settle_state
from tagent_platform.core.healing.facts import Decided
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.policy import Escalate
from tagent_platform.core.records import (
    IncidentRecord,
    InstanceRecord,
    PatientRecord,
    ServiceRecord,
)
from tests.fakes.clinic import NOW, facts, incident, instance

WELL, SICK = instance(Health.HEALTHY), instance()


def settled(
    record: IncidentRecord,
    *live: InstanceRecord,
    at: float = NOW,
    decisions: tuple[Decided, ...] = (),
    **said: Any,
) -> tuple[Step, frozenset[str]]:
    said = {"proven": {each.name for each in live}, **said}
    return settle_state(Step(record), facts(*live, incident=record, **said), decisions, at)


def test_sickness_keeps_it_open() -> None:
    step, needs_proof = settled(incident(), SICK)
    assert step.incident.state is IncidentState.OPEN
    assert needs_proof == frozenset()


def test_health_has_to_hold_before_it_is_over() -> None:
    step, _ = settled(incident(), WELL)
    assert (step.incident.state, step.incident.verifying_since) == (IncidentState.VERIFYING, NOW)
    assert [h.type for h in step.happenings] == ["incident.healthy"]
    later, _ = settled(step.incident, WELL, at=NOW + 9.9)
    assert later.incident is step.incident
    over, _ = settled(step.incident, WELL, at=NOW + 10)
    assert over.incident.state is IncidentState.RESOLVED
    assert [line.kind for line in over.incident.timeline] == ["healthy", "verified", "resolved"]
    assert over.incident.timeline[-1].text == "chat recovered by itself, 15.0 s after detection"


def test_a_relapse_starts_the_hold_over() -> None:
    step, _ = settled(incident(IncidentState.VERIFYING, verifying_since=NOW - 5), SICK)
    assert (step.incident.state, step.incident.verifying_since) == (IncidentState.OPEN, None)
    assert [line.kind for line in step.incident.timeline] == ["relapsed"]


def test_without_a_real_request_it_is_not_over_and_in_the_end_calls_a_person() -> None:
    known = incident(IncidentState.VERIFYING, verifying_since=NOW)
    step, needs_proof = settled(known, WELL, at=NOW + 59, proven=set())
    assert step.incident.state is IncidentState.VERIFYING
    assert needs_proof == {"chat-1"}
    late, _ = settled(known, WELL, at=NOW + 60, proven=set())
    assert late.incident.state is IncidentState.ESCALATED
    assert late.incident.escalated == {"chat-1": Refusal.LADDER_EXHAUSTED}
    again, _ = settled(late.incident, WELL, at=NOW + 61, proven=set())
    assert again.incident is late.incident
    proven, _ = settled(late.incident, WELL, at=NOW + 62)
    assert proven.incident.state is IncidentState.RESOLVED


def test_an_escalation_lasts_until_health_has_held() -> None:
    known = incident(IncidentState.ESCALATED, escalated={"chat-1": Refusal.INTENSITY})
    step, _ = settled(known, SICK)
    assert step.incident.state is IncidentState.ESCALATED
    step, _ = settled(known, WELL)
    assert step.incident.state is IncidentState.ESCALATED
    over, _ = settled(step.incident, WELL, at=NOW + 10)
    assert over.incident.state is IncidentState.RESOLVED


def test_an_escalations_reason_that_has_gone_is_forgotten() -> None:
    known = incident(
        IncidentState.ESCALATED,
        escalated={"chat-1": Refusal.SIDECAR_UNREACHABLE, "chat-2": Refusal.INTENSITY},
    )
    step, _ = settled(known, SICK)
    assert step.incident.escalated == {"chat-2": Refusal.INTENSITY}
    still = Decided("chat-1", Escalate(Refusal.SIDECAR_UNREACHABLE, "silent"))
    kept, _ = settled(known, instance(Health.OFFLINE), decisions=(still,))
    assert kept.incident is known


def test_patients_that_are_gone_hold_nothing_up() -> None:
    known = incident(patients={"chat-9": PatientRecord(since=NOW)})
    step, _ = settled(known, WELL)
    assert step.incident.state is IncidentState.VERIFYING


def test_when_nobody_is_left_there_is_nothing_to_heal() -> None:
    step, _ = settled(incident())
    assert step.incident.state is IncidentState.RESOLVED
    kept, _ = settled(incident(IncidentState.ESCALATED))
    assert kept.incident.state is IncidentState.ESCALATED, "a person was called for it"


def test_who_was_not_heard_is_not_known_to_be_well() -> None:
    step, _ = settled(incident(), WELL, heard=set())
    assert step.incident.state is IncidentState.OPEN


def test_what_keeps_coming_back_calls_a_person_even_when_it_is_well() -> None:
    step, _ = settled(incident(reopened=3), WELL)
    assert step.incident.state is IncidentState.ESCALATED
    assert step.incident.escalated == {"chat-1": Refusal.REOPENED_TOO_OFTEN}
    twice, _ = settled(incident(reopened=2), WELL)
    assert twice.incident.state is IncidentState.VERIFYING
    watched = ServiceRecord(
        name="chat", policy=ServicePolicy(healing=HealingPolicy(mode=Mode.CHECK))
    )
    checked, _ = settled(incident(reopened=3), WELL, service=watched)
    assert checked.incident.state is IncidentState.VERIFYING
