from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.events import Event
from tagent_contract.incidents import (
    AttemptView,
    Cause,
    HeldBack,
    IncidentState,
    IncidentView,
    Outcome,
    Refusal,
    Remedy,
    Severity,
    TimelineEntry,
)
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.incidents import (
    IncidentFilter,
    attempt_rows,
    cause,
    course,
    decisions,
    facts,
    is_behind,
    title,
    together,
    waiting,
)
from tagent_dashboard.views.reasons import REFUSALS
from tests.fakes.shown import NOW, ago, entry, fault, incident


def still_open(**changes: Any) -> IncidentView:
    return incident(**{"state": IncidentState.OPEN, "mttr_s": None, **changes})


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        (IncidentFilter(), True),
        (IncidentFilter(only_open=True), False),
        (IncidentFilter(service="chat-service"), True),
        (IncidentFilter(service="chat"), False),
        (IncidentFilter(severity="critical"), True),
        (IncidentFilter(severity="info"), False),
    ],
)
def test_filters_ask_for_state_service_and_severity(asked: IncidentFilter, is_found: bool) -> None:
    assert asked.matches(incident(severity=Severity.CRITICAL)) is is_found


def test_open_incidents_come_first_and_each_kind_newest_first() -> None:
    known = [
        incident(id="old", opened_at=ago(90), resolved_at=ago(80)),
        still_open(id="long", opened_at=ago(100)),
        incident(id="new", opened_at=ago(10), resolved_at=ago(5)),
        still_open(id="fresh", opened_at=ago(3)),
    ]
    assert [each.id for each in together(known, Snapshot())] == ["fresh", "long", "new", "old"]


def test_what_the_snapshot_has_is_newer_than_what_was_listed() -> None:
    snapshot = Snapshot(incidents=(still_open(id="a", state=IncidentState.ESCALATED),))
    found = together([still_open(id="a")], snapshot)
    assert [each.state for each in found] == [IncidentState.ESCALATED]


@pytest.mark.parametrize(
    ("listed_at", "snapshot_has", "expected"),
    [(100.0, (), True), (100.0, ("a",), False), (300.0, (), False)],
)
def test_a_list_is_behind_once_a_newer_snapshot_no_longer_has_what_it_calls_open(
    listed_at: float, snapshot_has: tuple[str, ...], expected: bool
) -> None:
    snapshot = Snapshot(
        taken_at=200.0, incidents=tuple(still_open(id=each) for each in snapshot_has)
    )
    assert is_behind([still_open(id="a"), incident(id="b")], listed_at, snapshot) is expected


def test_a_title_names_the_service_and_leaves_out_what_says_nothing_more() -> None:
    one = incident(instances=("chat-1",), summary="chat-1 is UNHEALTHY: answered 500")
    assert title(one) == "chat-service: answered 500"
    many = incident(instances=("chat-1", "chat-2"), summary="chat-1 is UNHEALTHY: answered 500")
    assert title(many) == "chat-service: chat-1 is UNHEALTHY: answered 500"
    assert title(incident(service="", summary="6 services fell sick")).startswith("The fleet: ")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"resolved_at": ago(47)},
            "opened 22:12:20, 1 min ago · MTTD 380 ms · MTTR 13 s",
        ),
        (
            {"resolved_at": ago(30), "mttr_s": None, "mttd_s": None},
            "opened 22:12:20, 1 min ago · closed by a person after 30 s",
        ),
        (
            {"state": IncidentState.OPEN, "mttr_s": None, "reopened": 2, "acknowledged_by": "ada"},
            "opened 22:12:20, 1 min ago · MTTD 380 ms · came back 2 times · taken by ada",
        ),
        (
            {"opened_at": ago(86_400), "mttd_s": None, "reopened": 1},
            "opened 2023-11-13 22:13:20, 1 d ago · MTTR 13 s · came back once",
        ),
    ],
)
def test_its_course_is_told_in_one_line(changes: dict[str, Any], expected: str) -> None:
    assert course(incident(**changes), NOW) == expected


def test_facts_say_what_is_not_known_with_a_dash_and_what_goes_on_so_far() -> None:
    found = dict(facts(still_open(mttd_s=None), (), NOW))
    assert found["MTTD"] == "\N{EN DASH}"
    assert found["MTTR"] == "open for 1 min, so far"
    assert found["Instances"] == "\N{EN DASH}"
    closed = dict(facts(incident(mttr_s=None, resolved_at=ago(1)), (), NOW))
    assert closed["MTTR"] == "closed by a person"


def test_the_cause_names_faults_and_who_injected_them() -> None:
    faults = [fault(created_by="ada"), fault(id="f2", created_by="ada"), fault(type="hang")]
    assert cause(incident(), faults) == "injected: hang by anna, latency by ada"
    assert cause(incident(), ()) == "injected"
    assert "no known fault" in cause(incident(cause=Cause.ORGANIC), ())


# --- why nothing is done ----------------------------------------------------------------------------------


def test_healing_that_waits_says_why_and_until_when() -> None:
    held = HeldBack(reason=Refusal.BACK_OFF, until=ago(-8), text="restart 2 waits for its back-off")
    told = waiting(still_open(held_back=held), NOW)
    assert told is not None
    assert told.title == "Healing waits"
    assert told.text == "Restart 2 waits for its back-off."
    assert told.meaning == REFUSALS[Refusal.BACK_OFF].text
    assert told.until == "Held until 22:13:28 UTC (in 8 s)."


def test_names_are_written_as_they_are() -> None:
    held = HeldBack(reason=Refusal.DEGRADED_ONLY, text="chat-1 is slow")
    told = waiting(still_open(held_back=held), NOW)
    assert told is not None
    assert (told.text, told.until) == ("chat-1 is slow.", "")


def test_what_was_held_until_a_moment_ago_is_about_to_be_decided() -> None:
    held = HeldBack(reason=Refusal.BACK_OFF, until=ago(1))
    told = waiting(still_open(held_back=held), NOW)
    assert told is not None
    assert told.until == "Held until 22:13:19 UTC (any moment)."


def test_an_escalation_calls_for_a_person() -> None:
    held = HeldBack(reason=Refusal.INTENSITY, until=ago(-60), text="3 restarts did not cure it")
    one = still_open(state=IncidentState.ESCALATED, escalated_at=ago(5), held_back=held)
    told = waiting(one, NOW)
    assert told is not None
    assert told.title == "A person is needed, since 22:13:15 (5 s ago)"
    assert told.until == "Healing may act again from 22:14:20 UTC (in 1 min)."


def test_an_escalation_whose_reason_is_not_known_is_one_all_the_same() -> None:
    told = waiting(still_open(state=IncidentState.ESCALATED), NOW)
    assert told is not None
    assert told.text == "Healing has escalated this."


def test_what_is_not_held_back_waits_for_nothing() -> None:
    assert waiting(still_open(), NOW) is None
    assert waiting(incident(), NOW) is None


# --- what was tried and decided ---------------------------------------------------------------------------


def attempt(**changes: Any) -> AttemptView:
    known: dict[str, Any] = {
        "id": "i1-1",
        "number": 1,
        "remedy": Remedy.RESTART_INSTANCE,
        "instance": "chat-1",
        "decided_at": ago(30),
        "by": "healing",
    }
    return AttemptView(**{**known, **changes})


def test_attempts_are_told_in_words() -> None:
    ended = attempt(outcome=Outcome.STILL_SICK, ended_at=ago(18), detail="it fell back")
    under_way = attempt(number=2, remedy=Remedy.RESTART_SERVICE, instance=None)
    first, second = attempt_rows([ended, under_way], NOW)
    assert (first.remedy, first.target, first.outcome) == (
        "restart instance",
        "chat-1",
        "still sick",
    )
    assert (first.took, first.detail) == ("12 s", "it fell back")
    assert (second.target, second.outcome) == ("the whole service", "pending")
    assert second.took == "30 s so far"


def logged(told: TimelineEntry, **data: Any) -> Event:
    return Event(
        cursor="c1",
        sequence=1,
        service="chat-service",
        at=told.at,
        type="incident.held_back",
        text=told.text,
        incident="i1",
        data=data,
    )


def test_decisions_have_the_reasons_that_the_log_still_knows() -> None:
    held, decided = entry("held_back", 2, "waits"), entry("decided", 5, "restart chat-1")
    one = incident(timeline=(entry("detected", 1), held, decided, entry("healthy", 6)))
    event = logged(held, reason="back_off", until=NOW)
    first, second = decisions(one, [event])
    assert (first.kind, first.text, first.until) == ("held_back", "waits", "22:13:20")
    assert first.reason == REFUSALS[Refusal.BACK_OFF]
    assert (second.kind, second.reason, second.until) == ("decided", None, "")


@pytest.mark.parametrize(
    "data", [{}, {"reason": "never_heard_of", "until": "soon"}, {"until": True}]
)
def test_a_reason_that_is_not_known_is_left_out(data: dict[str, Any]) -> None:
    held = entry("held_back", 2, "waits")
    (found,) = decisions(incident(timeline=(held,)), [logged(held, **data)])
    assert (found.reason, found.until) == (None, "")


def test_another_incidents_events_say_nothing_of_this_one() -> None:
    held = entry("held_back", 2, "waits")
    (found,) = decisions(incident(id="i2", timeline=(held,)), [logged(held, reason="back_off")])
    assert found.reason is None
