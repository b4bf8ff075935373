"""How an incident begins, comes back, and takes in what else falls sick."""

from __future__ import annotations

import pytest

from tagent_contract.faults import Latency
from tagent_contract.health import Health
from tagent_contract.incidents import Cause, IncidentState, Severity
from tagent_platform.core.incidents.opening import (
    Complaint,
    first_affected,
    may_reopen,
    open_incident,
    reopen,
    severity_of,
    take_in,
    with_faults_heard,
    worst,
)
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.records import InstanceRecord
from tests.fakes.clinic import NOW, complaint, fault, incident, instance

SICK, WELL = instance(), instance(Health.HEALTHY, "chat-2")
SLOW = instance(Health.DEGRADED)


@pytest.mark.parametrize(
    ("complaints", "live", "severity"),
    [
        ([complaint(SICK)], [SICK], Severity.CRITICAL),
        ([complaint(SICK)], [SICK, WELL], Severity.ERROR),
        ([complaint(SICK)], [SICK, SLOW], Severity.ERROR),
        ([complaint(SLOW)], [SLOW], Severity.WARNING),
        ([complaint(SLOW), complaint(SICK)], [SLOW, SICK, WELL], Severity.ERROR),
        ([complaint(instance(Health.OFFLINE))], [instance(Health.OFFLINE)], Severity.CRITICAL),
        ([complaint(instance(Health.UNKNOWN))], [instance(Health.UNKNOWN)], Severity.CRITICAL),
        ([complaint(instance(Health.HEALTHY), is_over=True)], [WELL], Severity.WARNING),
    ],
)
def test_severity_is_what_callers_notice(
    complaints: list[Complaint], live: list[InstanceRecord], severity: Severity
) -> None:
    assert severity_of(complaints, live) is severity


def test_the_worst_severity_is_the_gravest() -> None:
    assert worst(Severity) is Severity.CRITICAL
    assert worst([]) is Severity.INFO
    assert worst([Severity.INFO, Severity.WARNING]) is Severity.WARNING


def test_an_organic_incident_began_when_the_sickness_did() -> None:
    step = open_incident("i1", [complaint(SICK)], [SICK], NOW)
    found = step.incident
    assert (found.cause, found.state, found.faults) == (Cause.ORGANIC, IncidentState.OPEN, ())
    assert (found.detected_at, found.first_affected_at) == (NOW, SICK.since)
    assert (found.instances, list(found.patients)) == (("chat-1",), ["chat-1"])
    (opened,) = step.happenings
    assert (opened.type, opened.instance, opened.data["severity"]) == (
        "incident.opened",
        "chat-1",
        "critical",
    )


def test_an_injected_incident_began_with_the_first_affected_request() -> None:
    record = fault(first_affected_at=NOW - 12)
    found = open_incident("i1", [complaint(SICK, record)], [SICK], NOW).incident
    assert (found.cause, found.faults, found.first_affected_at) == (
        Cause.INJECTED,
        ("f1",),
        NOW - 12,
    )
    assert found.summary == "chat-1 is UNHEALTHY, error injected"


def test_several_complaints_make_one_summary() -> None:
    both = [complaint(SICK, fault()), complaint(SLOW, fault("f2", Latency()))]
    found = open_incident("i1", both, [SICK, SLOW], NOW).incident
    assert found.summary == "chat-1 is UNHEALTHY and 1 more, error and latency injected"


def test_an_exit_was_detected_when_its_sidecar_saw_it() -> None:
    seen = complaint(SICK, exited_at=NOW - 0.5, since=NOW - 0.5)
    found = open_incident("i1", [seen], [SICK], NOW).incident
    assert (found.opened_at, found.detected_at, found.first_affected_at) == (
        NOW,
        NOW - 0.5,
        NOW - 0.5,
    )


def test_nothing_is_affected_after_it_was_detected() -> None:
    late = fault(first_affected_at=NOW + 3)
    found = open_incident("i1", [complaint(SICK, late)], [SICK], NOW).incident
    assert found.first_affected_at == NOW


@pytest.mark.parametrize(
    ("before", "complaints", "is_back"),
    [
        ({"cause": Cause.ORGANIC}, [complaint()], True),
        ({"cause": Cause.INJECTED, "faults": ("f1",)}, [complaint()], False),
        ({"cause": Cause.MANUAL}, [complaint()], False),
        ({"cause": Cause.INJECTED, "faults": ("f1",)}, [complaint(None, fault())], True),
        ({"cause": Cause.INJECTED, "faults": ("f0",)}, [complaint(None, fault())], False),
        ({"cause": Cause.ORGANIC}, [complaint(None, fault())], False),
        ({"cause": Cause.ORGANIC, "resolved_at": NOW - 600}, [complaint()], True),
        ({"cause": Cause.ORGANIC, "resolved_at": NOW - 600.1}, [complaint()], False),
        ({"cause": Cause.ORGANIC, "resolved_at": None}, [complaint()], False),
    ],
)
def test_only_the_same_cause_soon_enough_comes_back(
    before: dict[str, object], complaints: list[Complaint], is_back: bool
) -> None:
    past = incident(IncidentState.RESOLVED, **{"resolved_at": NOW - 1, **before})
    assert may_reopen(past, complaints, within_s=600, now=NOW) is is_back


def test_a_reopened_incident_starts_afresh_and_remembers() -> None:
    past = incident(
        IncidentState.RESOLVED,
        resolved_at=NOW - 60,
        escalated_at=NOW - 90,
        verifying_since=NOW - 70,
        closed_by="olga",
        reopened=1,
        patients={},
    )
    step = reopen(past, [complaint(SICK)], [SICK], NOW)
    found = step.incident
    assert (found.state, found.reopened, found.id) == (IncidentState.OPEN, 2, past.id)
    assert (found.resolved_at, found.escalated_at, found.verifying_since, found.closed_by) == (
        None,
        None,
        None,
        None,
    )
    assert list(found.patients) == ["chat-1"]
    assert found.timeline[0].kind == "reopened"
    assert found.timeline[0].text.startswith("back for the second time")


def test_taking_in_the_same_again_changes_nothing() -> None:
    step = Step(open_incident("i1", [complaint(SICK)], [SICK], NOW).incident)
    assert take_in(step, [complaint(SICK)], [SICK], NOW + 1) is step
    assert take_in(step, [], [SICK], NOW + 1) is step


def test_an_incident_only_gets_graver() -> None:
    step = Step(open_incident("i1", [complaint(SLOW)], [SLOW], NOW).incident)
    worse = take_in(step, [complaint(SICK)], [SICK], NOW + 1)
    assert worse.incident.severity is Severity.CRITICAL
    assert worse.incident.summary == "chat-1 is UNHEALTHY"
    assert [line.kind for line in worse.incident.timeline] == ["detected", "worse"]
    better = take_in(worse, [complaint(SLOW)], [SLOW], NOW + 2)
    assert better.incident.severity is Severity.CRITICAL


def test_a_patient_keeps_its_first_moment() -> None:
    step = open_incident("i1", [complaint(SICK, since=NOW - 5)], [SICK], NOW)
    later = take_in(step, [complaint(SICK, since=NOW - 1)], [SICK], NOW)
    assert later.incident.patients["chat-1"].since == NOW - 5
    earlier = take_in(step, [complaint(SICK, since=NOW - 9)], [SICK], NOW)
    assert earlier.incident.patients["chat-1"].since == NOW - 9


def test_a_fault_heard_of_just_after_its_effect_still_is_the_cause() -> None:
    step = open_incident("i1", [complaint(SICK)], [SICK], NOW)
    known = take_in(step, [complaint(SICK, fault())], [SICK], NOW + 1)
    assert (known.incident.cause, known.incident.faults) == (Cause.INJECTED, ("f1",))
    new = take_in(step, [complaint(SICK, fault("f2", armed_at=NOW + 1))], [SICK], NOW + 2)
    assert (new.incident.cause, new.incident.faults) == (Cause.ORGANIC, ("f2",))


def test_a_later_report_moves_the_first_affected_request_back_never_forth() -> None:
    step = Step(incident(faults=("f1",), first_affected_at=NOW - 5))
    earlier = with_faults_heard(step, [fault(first_affected_at=NOW - 9)])
    assert earlier.incident.first_affected_at == NOW - 9
    assert with_faults_heard(step, [fault(first_affected_at=NOW - 1)]) is step
    assert with_faults_heard(step, [fault("f2", first_affected_at=NOW - 9)]) is step


def test_the_first_affected_request_is_the_earliest_of_all_faults() -> None:
    faults = [fault("a", first_affected_at=7.0), fault("b", first_affected_at=3.0), fault("c")]
    assert first_affected(faults, 5.0) == 3.0
    assert first_affected([fault("c")], 5.0) == 5.0
