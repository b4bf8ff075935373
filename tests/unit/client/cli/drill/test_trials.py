"""Whether a drill kept its promises."""

from __future__ import annotations

from typing import Any

import pytest

from tagent_client.cli.drill.trials import (
    CRASH,
    ERROR,
    HANG,
    LATENCY,
    Call,
    Course,
    Trial,
    broken_promises,
    seen_by_callers,
)
from tagent_client.cli.views.drill import result_sheet, story
from tagent_client.cli.views.sheet import text_of
from tagent_contract.faults import EndReason, FaultState
from tagent_contract.incidents import AttemptView, IncidentState, Outcome, Remedy
from tests.fakes.shown import ago, entry, fault, incident

GOOD = tuple(Call(20.0 + number, 0.01, 200) for number in range(6))
SYMPTOMS = {
    "latency": Call(1.0, 2.6, 200),
    "error": Call(1.0, 0.01, 500),
    "crash": Call(1.0, 0.01, "refused"),
    "hang": Call(1.0, 2.0, "no answer"),
}
ATTEMPT = AttemptView(
    id="a", number=1, remedy=Remedy.RESTART_INSTANCE, instance="x", decided_at=ago(1), by="healing",
    outcome=Outcome.VERIFIED,
)  # fmt: skip


def course(trial: Trial, **changes: Any) -> Course:
    healed = trial.restarted_by == "healing"
    restarted = trial.restarted_by is not None
    known: dict[str, Any] = {
        "service": "chat-service",
        "fault": fault(
            state=FaultState.CLEARED if restarted else FaultState.EXPIRED,
            end_reason=EndReason.RESTARTED if restarted else EndReason.TTL,
            injected=3,
        ),
        "incident": incident(attempts=(ATTEMPT,) if healed else ()),
        "incarnation_before": "1",
        "incarnation_after": "2" if restarted else "1",
        "during": (*GOOD, SYMPTOMS[trial.name]),
        "after": GOOD,
    }
    return Course(**{**known, **changes})


TRIALS = [LATENCY, ERROR, CRASH, HANG]


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_what_went_as_promised_breaks_nothing(trial: Trial) -> None:
    assert broken_promises(trial, course(trial)) == []


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_a_fault_that_no_caller_felt_was_not_real(trial: Trial) -> None:
    [complaint] = broken_promises(trial, course(trial, during=GOOD))
    assert complaint.startswith("callers saw no ")


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_a_fault_that_injected_nothing_was_not_real(trial: Trial) -> None:
    ended = course(trial).fault
    unfelt = fault(state=ended.state, end_reason=ended.end_reason, injected=0)
    assert broken_promises(trial, course(trial, fault=unfelt)) == ["the sidecar injected nothing"]


def test_latency_must_end_by_its_ttl_and_restart_nothing() -> None:
    cleared = fault(state=FaultState.CLEARED, end_reason=EndReason.CLEARED, injected=3)
    broken = broken_promises(LATENCY, course(LATENCY, fault=cleared, incarnation_after="2"))
    assert broken == [
        "the fault ended by cleared, not by its ttl",
        "it was restarted, which it should not be",
    ]


@pytest.mark.parametrize("trial", [ERROR, CRASH, HANG], ids=lambda trial: trial.name)
def test_the_others_must_be_restarted(trial: Trial) -> None:
    assert "it was not restarted" in broken_promises(trial, course(trial, incarnation_after="1"))


def test_healing_must_have_verified_its_attempt() -> None:
    broken = broken_promises(HANG, course(HANG, incident=incident()))
    assert broken == ["no attempt of healing was verified"]


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        (None, "no incident was opened"),
        (incident(state=IncidentState.ESCALATED), "the incident is ESCALATED, not RESOLVED"),
        (incident(mttd_s=None), "the incident has no MTTD or MTTR"),
    ],
)
def test_an_incident_must_be_told_and_resolved(told: object, complaint: str) -> None:
    assert broken_promises(CRASH, course(CRASH, incident=told)) == [complaint]


@pytest.mark.parametrize(
    "last", [Call(30.0, 0.01, 502), Call(30.0, 2.5, 200), Call(30.0, 0.1, "cut")]
)
def test_callers_must_be_served_well_afterwards(last: Call) -> None:
    [complaint] = broken_promises(ERROR, course(ERROR, after=(*GOOD, last)))
    assert complaint == "1 of 7 requests afterwards were still bad"


def test_a_bad_answer_before_the_last_few_good_ones_is_forgiven() -> None:
    late = (*GOOD, replace_at(GOOD[0], 5.0, 502))
    assert broken_promises(ERROR, course(ERROR, after=late)) == []


def replace_at(call: Call, at_s: float, result: int) -> Call:
    return Call(at_s, call.took_s, result)


def test_what_callers_saw_is_told_by_kind() -> None:
    calls = [*GOOD, Call(1, 0.1, 502), Call(2, 0.1, 502), Call(3, 0.1, "cut")]
    assert seen_by_callers(CRASH, calls) == "3 of 9 requests: 2 x 502, 1 x cut"
    assert (
        seen_by_callers(LATENCY, [*GOOD, Call(1, 2.61, 200)])
        == "1 of 7 requests: 1 x slow, up to 2.6 s"
    )
    assert seen_by_callers(ERROR, GOOD) == "none of 6 requests"


def test_the_table_says_what_was_broken() -> None:
    sheet = result_sheet(
        [(ERROR, course(ERROR), []), (HANG, course(HANG), ["it hangs still", "b"])]
    )
    assert [text_of(row[-1]) for row in sheet.rows] == ["as promised", "it hangs still; b"]


def test_the_story_has_its_steps_by_their_names_and_no_others() -> None:
    told = story([entry("armed", 0), entry("held_back", 1), entry("verified", 2.5)])
    assert [line.kind for line in told] == ["armed", "held"]
