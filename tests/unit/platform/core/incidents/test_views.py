"""An incident as people see it."""

from __future__ import annotations

from tagent_contract.incidents import IncidentState, Outcome, Refusal, Remedy
from tagent_contract.times import format_time
from tagent_platform.core.incidents.records import AttemptRecord
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.incidents.views import (
    held_back_view,
    incident_timeline,
    incident_view,
    mttd_s,
    mttr_s,
)
from tagent_platform.core.records import HeldBackRecord
from tests.fakes.clinic import NOW, fault, incident


def test_times_to_detect_and_to_recover() -> None:
    over = incident(
        IncidentState.RESOLVED,
        first_affected_at=NOW - 7.25,
        detected_at=NOW - 5,
        resolved_at=NOW + 8,
    )
    assert (mttd_s(over), mttr_s(over)) == (2.25, 13.0)


def test_what_is_not_known_is_none() -> None:
    assert mttd_s(incident()) is None
    assert mttr_s(incident()) is None
    assert mttd_s(incident(first_affected_at=NOW)) == 0.0


def test_what_a_person_closed_was_not_seen_to_recover() -> None:
    assert mttr_s(incident(IncidentState.RESOLVED, resolved_at=NOW, closed_by="olga")) is None


def test_a_list_shows_no_timeline() -> None:
    record = Step(incident()).tell("note", NOW, "hello").incident
    assert incident_view(record).timeline == ()
    (line,) = incident_view(record, with_timeline=True).timeline
    assert (line.at, line.text) == ("1970-01-01T02:46:40.000Z", "hello")


def test_the_timeline_tells_the_faults_behind_it_too() -> None:
    record = incident(faults=("f1",))
    for at, kind in ((NOW - 20, "detected"), (NOW - 4, "decided"), (NOW - 1, "verified")):
        record = Step(record).tell(kind, at, kind).incident
    mine = fault(ended_at=NOW - 3, first_affected_at=NOW - 18)
    other = fault("f2")
    lines = incident_timeline(record, [mine, other])
    assert [line.kind for line in lines] == [
        "armed", "detected", "first_affected", "decided", "ended", "verified",
    ]  # fmt: skip


def test_attempts_and_holds_are_shown_with_wire_times() -> None:
    attempt = AttemptRecord(
        id="i1-1",
        number=1,
        remedy=Remedy.RESTART_INSTANCE,
        instance="chat-1",
        cause_key="organic",
        by="healing",
        decided_at=NOW,
        outcome=Outcome.STILL_SICK,
        started_at=NOW + 1,
        ended_at=NOW + 61,
        detail="still sick",
    )
    (shown,) = incident_view(incident(attempts=(attempt,))).attempts
    assert (shown.started_at, shown.healthy_at, shown.ended_at) == (
        "1970-01-01T02:46:41.000Z",
        None,
        "1970-01-01T02:47:41.000Z",
    )
    assert (shown.outcome, shown.detail) == (Outcome.STILL_SICK, "still sick")
    held = held_back_view(
        HeldBackRecord(reason=Refusal.BACK_OFF, since=NOW, until=NOW + 10, text="waits")
    )
    assert held is not None
    assert (held.reason, held.until) == (Refusal.BACK_OFF, "1970-01-01T02:46:50.000Z")
    assert held_back_view(None) is None


def test_when_it_came_back_is_the_last_time_that_it_did() -> None:
    record = incident()
    assert incident_view(record).reopened_at is None
    for at in (NOW, NOW + 60):
        record = Step(record).tell("reopened", at, "back").incident
    assert incident_view(record).reopened_at == format_time(NOW + 60)
