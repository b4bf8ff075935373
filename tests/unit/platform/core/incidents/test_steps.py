"""How an incident changes, and what is told of it."""

from __future__ import annotations

import pytest

from tagent_contract.incidents import IncidentState, Refusal
from tagent_platform.core.incidents.steps import (
    TIMELINE_HEAD,
    TIMELINE_MAX,
    Step,
    escalate,
    hold_back,
    resolve,
)
from tests.fakes.clinic import NOW, incident


def test_a_change_to_what_is_so_already_is_none() -> None:
    step = Step(incident())
    assert step.change(service="chat", reopened=0) is step


def test_lines_stand_in_the_order_of_their_times() -> None:
    step = Step(incident())
    for at, text in ((2.0, "b"), (3.0, "d"), (1.0, "a"), (2.0, "c")):
        step = step.tell("note", at, text)
    assert [line.text for line in step.incident.timeline] == ["a", "b", "c", "d"]


def test_a_long_timeline_keeps_its_beginning_and_its_end() -> None:
    step = Step(incident())
    for n in range(TIMELINE_MAX + 50):
        step = step.tell("note", float(n), str(n))
    texts = [line.text for line in step.incident.timeline]
    assert len(texts) == TIMELINE_MAX
    assert texts[:TIMELINE_HEAD] == [str(n) for n in range(TIMELINE_HEAD)]
    assert texts[-1] == str(TIMELINE_MAX + 49)


def test_a_person_is_called_once_for_each_instance_and_reason() -> None:
    step = escalate(Step(incident()), Refusal.GAVE_UP, "gave up", "chat-1", NOW, NOW + 9)
    assert step.incident.state is IncidentState.ESCALATED
    assert step.incident.escalated_at == NOW
    assert step.incident.held_back is not None
    assert (step.incident.held_back.reason, step.incident.held_back.until) == (
        Refusal.GAVE_UP,
        NOW + 9,
    )
    assert escalate(step, Refusal.GAVE_UP, "gave up", "chat-1", NOW + 1) is step
    other = escalate(step, Refusal.INTENSITY, "no more", "chat-2", NOW + 2)
    assert other.incident.escalated == {"chat-1": Refusal.GAVE_UP, "chat-2": Refusal.INTENSITY}
    assert other.incident.escalated_at == NOW
    assert [h.instance for h in other.happenings] == ["chat-1", "chat-2"]


def test_a_hold_is_told_when_its_reason_is_news() -> None:
    step = hold_back(Step(incident()), Refusal.MODE_OFF, "off", None, "chat-1", NOW)
    assert [h.type for h in step.happenings] == ["incident.held_back"]
    assert hold_back(step, Refusal.MODE_OFF, "off", None, "chat-1", NOW + 1) is step
    changed = hold_back(step, Refusal.MODE_OFF, "off by ada", None, "chat-1", NOW + 2)
    assert len(changed.happenings) == 1
    assert changed.incident.held_back is not None
    assert (changed.incident.held_back.text, changed.incident.held_back.since) == (
        "off by ada",
        NOW,
    )
    other = hold_back(changed, Refusal.HALTED, "halted", None, "chat-1", NOW + 3)
    assert len(other.happenings) == 2


@pytest.mark.parametrize(
    ("before", "after", "is_kept"),
    [
        (NOW + 10, NOW + 10.9, True),
        (NOW + 10, NOW + 11, False),
        (None, NOW + 10, False),
        (None, None, True),
    ],
)
def test_a_small_move_of_its_end_is_no_change(
    before: float | None, after: float | None, is_kept: bool
) -> None:
    step = hold_back(Step(incident()), Refusal.BACK_OFF, "waits", before, "chat-1", NOW)
    again = hold_back(step, Refusal.BACK_OFF, "waits", after, "chat-1", NOW + 1)
    assert (again is step) is is_kept
    assert len(again.happenings) == 1


@pytest.mark.parametrize(
    ("reason", "until"),
    [(Refusal.TARGET_LOCKED, None), (Refusal.STARTING, None), (Refusal.STORM, NOW + 1)],
)
def test_what_is_in_hand_or_lasts_a_moment_is_shown_and_not_told(
    reason: Refusal, until: float | None
) -> None:
    step = hold_back(Step(incident()), reason, "a moment", until, "chat-1", NOW)
    assert step.incident.held_back is not None
    assert step.incident.held_back.reason is reason
    assert step.happenings == ()
    assert hold_back(step, reason, "a moment", until, "chat-1", NOW) is step


def test_a_moment_that_becomes_long_is_told() -> None:
    step = hold_back(Step(incident()), Refusal.STORM, "a moment", NOW + 1, "chat-1", NOW)
    long = hold_back(step, Refusal.STORM, "many fell sick", None, "chat-1", NOW + 1)
    assert len(long.happenings) == 1


def test_a_resolved_incident_waits_for_nothing_and_has_no_patients() -> None:
    step = escalate(Step(incident()), Refusal.GAVE_UP, "gave up", "chat-1", NOW)
    over = resolve(step, "well again", NOW + 7, closed_by="olga").incident
    assert over.state is IncidentState.RESOLVED
    assert (over.resolved_at, over.closed_by, over.held_back) == (NOW + 7, "olga", None)
    assert (over.patients, over.escalated) == ({}, {})
    assert over.escalated_at == NOW, "that it needed a person stays true"
