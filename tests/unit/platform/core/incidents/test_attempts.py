"""What became of a remedy, judged by what the instances' records say."""

from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import Outcome, Remedy
from tagent_contract.policy import ServicePolicy
from tagent_contract.reports import AttemptState
from tagent_platform.core.incidents.attempts import (
    Order,
    Watch,
    acted,
    covers,
    failed,
    health_now,
    intent,
    observe_attempts,
    pending,
    unacted,
)
from tagent_platform.core.incidents.records import AttemptRecord
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.records import AttemptSeen, InstanceRecord
from tagent_platform.core.roll_outs import Setback
from tests.fakes.clinic import NOW, incident, instance

BEFORE = instance(Health.RECOVERING)
STARTING = instance(
    Health.RECOVERING,
    incarnation="2",
    reported=Health.UNKNOWN,
    reported_reason=HealthReason.STARTING,
)
SICK = instance(Health.RECOVERING, incarnation="2", reported=Health.UNHEALTHY)
WELL = instance(Health.RECOVERING, incarnation="2", reported=Health.HEALTHY)


def ordered(
    *targets: InstanceRecord,
    remedy: Remedy = Remedy.RESTART_INSTANCE,
    cause_key: str = "organic",
) -> Step:
    targets = targets or (instance(),)
    order = Order(
        remedy=remedy,
        targets={each.name: each for each in targets},
        cause_key=cause_key,
        by="healing",
        text="restart",
    )
    return Step(intent(Step(incident()), order, NOW).incident)


def watch(*live: InstanceRecord, **said: Any) -> Watch:
    fields: dict[str, Any] = {
        "live": {each.name: each for each in live},
        "proven": {each.name for each in live},
        "policy": ServicePolicy(),
        "order_acknowledged_within_s": 15.0,
        "listening_since": 0.0,
    }
    return Watch(**{**fields, **said})


def only(step: Step) -> AttemptRecord:
    (attempt,) = step.incident.attempts
    return attempt


def lived(step: Step, *moments: tuple[float, InstanceRecord]) -> Step:
    for after_s, seen in moments:
        step = observe_attempts(step, watch(seen), NOW + after_s)
    return step


def test_an_intent_names_what_it_is_to_replace() -> None:
    step = intent(
        Step(incident()),
        Order(
            remedy=Remedy.RESTART_INSTANCE,
            targets={"chat-1": instance()},
            cause_key="f1",
            by="olga",
            text="olga: restart",
        ),
        NOW,
    )
    attempt = only(step)
    assert (attempt.id, attempt.number, attempt.instance) == ("i1-1", 1, "chat-1")
    assert (attempt.incarnations, attempt.boots) == ({"chat-1": "1"}, {"chat-1": "boot-0001"})
    assert (attempt.outcome, attempt.acted_at, attempt.by) == (Outcome.PENDING, None, "olga")
    assert step.happenings[0].data == {
        "attempt": "i1-1",
        "remedy": "restart_instance",
        "by": "olga",
    }
    assert covers(attempt, "chat-1")
    assert not covers(attempt, "chat-2")
    assert unacted(step) == pending(step.incident) == (attempt,)


def test_an_attempt_on_a_whole_service_is_no_instances() -> None:
    step = ordered(instance(), instance(name="chat-2"), remedy=Remedy.RESTART_SERVICE)
    assert only(step).instance is None
    assert set(only(step).incarnations) == {"chat-1", "chat-2"}


def test_an_order_that_was_taken_is_given_once() -> None:
    step = acted(ordered(), "i1-1", NOW + 1)
    assert only(step).acted_at == NOW + 1
    assert acted(step, "i1-1", NOW + 2) is step
    assert unacted(step) == ()
    assert acted(step, "i1-9", NOW) is step


def test_an_order_that_was_not_taken_has_failed() -> None:
    step = failed(ordered(), "i1-1", "out of reach", Setback.PASSING, NOW + 1)
    assert (only(step).outcome, only(step).detail) == (Outcome.FAILED, "out of reach")
    assert failed(step, "i1-1", "again", Setback.PASSING, NOW + 2) is step


def test_the_whole_way_from_order_to_verified() -> None:
    step = lived(
        acted(ordered(), "i1-1", NOW),
        (1.0, BEFORE),
        (2.0, STARTING),
        (3.0, SICK),
        (4.0, WELL),
        (13.9, WELL),
    )
    attempt = only(step)
    assert (attempt.started_at, attempt.answered_at, attempt.healthy_at) == (
        NOW + 2,
        NOW + 3,
        NOW + 4,
    )
    assert attempt.outcome is Outcome.PENDING
    step = lived(step, (14.0, WELL))
    assert (only(step).outcome, only(step).ended_at) == (Outcome.VERIFIED, NOW + 14)
    assert [line.kind for line in step.incident.timeline] == [
        "decided",
        "restarted",
        "healthy",
        "verified",
    ]
    assert lived(step, (99.0, SICK)).incident is step.incident, "it stays as it ended"


def test_what_the_sidecar_saw_gives_the_exact_times() -> None:
    seen = AttemptSeen(attempt_id="i1-1", state=AttemptState.STARTED, at=NOW + 0.25)
    starting = instance(Health.RECOVERING, incarnation="2", reported=Health.UNKNOWN, attempt=seen)
    step = lived(acted(ordered(), "i1-1", NOW), (0.5, starting))
    assert only(step).started_at == NOW + 0.25
    assert step.incident.timeline[-1].text == "chat-1 was restarted 250 ms after the decision"
    seen = AttemptSeen(attempt_id="i1-1", state=AttemptState.ANSWERED, at=NOW + 0.75)
    answering = instance(Health.RECOVERING, incarnation="2", reported=Health.HEALTHY, attempt=seen)
    assert only(lived(step, (1.0, answering))).answered_at == NOW + 0.75


def test_what_another_orders_progress_says_does_not_count() -> None:
    seen = AttemptSeen(attempt_id="i0-1", state=AttemptState.FAILED, at=NOW)
    other = instance(Health.RECOVERING, attempt=seen)
    assert only(lived(acted(ordered(), "i1-1", NOW), (1.0, other))).outcome is Outcome.PENDING


def test_health_has_to_hold_without_a_break() -> None:
    step = lived(
        acted(ordered(), "i1-1", NOW), (1.0, WELL), (9.0, SICK), (10.0, WELL), (19.0, WELL)
    )
    assert only(step).outcome is Outcome.PENDING
    assert only(step).healthy_at == NOW + 10
    assert "relapsed" in [line.kind for line in step.incident.timeline]
    assert only(lived(step, (20.0, WELL))).outcome is Outcome.VERIFIED


def test_a_relapse_that_lasts_ends_it_long_before_the_deadline() -> None:
    step = lived(acted(ordered(), "i1-1", NOW), (1.0, WELL), (5.0, SICK), (14.9, SICK))
    assert only(step).outcome is Outcome.PENDING
    step = lived(step, (15.0, SICK))
    assert (only(step).outcome, only(step).detail) == (
        Outcome.STILL_SICK,
        "chat-1 fell sick again and stayed so for 10 s",
    )


def test_who_starts_again_has_not_relapsed() -> None:
    step = lived(
        acted(ordered(), "i1-1", NOW), (1.0, WELL), (5.0, STARTING), (25.0, STARTING), (26.0, SICK)
    )
    assert only(step).outcome is Outcome.PENDING
    assert only(lived(step, (30.0, WELL), (40.0, WELL))).outcome is Outcome.VERIFIED
    assert only(lived(step, (36.0, SICK))).outcome is Outcome.STILL_SICK


def test_health_without_a_real_request_is_no_proof() -> None:
    step = acted(ordered(), "i1-1", NOW)
    for after_s in (1.0, 20.0, 60.9):
        step = observe_attempts(step, watch(WELL, proven=set()), NOW + after_s)
        assert only(step).outcome is Outcome.PENDING
    step = observe_attempts(step, watch(WELL, proven=set()), NOW + 61)
    assert only(step).outcome is Outcome.STILL_SICK
    assert "answered no real request" in only(step).detail


def test_an_order_nobody_carried_out_ends() -> None:
    step = acted(ordered(), "i1-1", NOW)
    assert only(lived(step, (24.9, BEFORE))).outcome is Outcome.PENDING
    assert only(lived(step, (25.0, BEFORE))).outcome is Outcome.NOT_ACKNOWLEDGED


def test_one_that_starts_and_stays_sick_ends_after_a_minute() -> None:
    step = lived(acted(ordered(), "i1-1", NOW), (2.0, SICK), (61.9, SICK))
    assert only(step).outcome is Outcome.PENDING
    step = lived(step, (62.0, SICK))
    assert (only(step).outcome, only(step).detail) == (
        Outcome.STILL_SICK,
        "chat-1 is still sick after 60 s",
    )


def test_one_that_never_answers_has_its_start_up_besides() -> None:
    step = lived(acted(ordered(), "i1-1", NOW), (2.0, STARTING), (91.9, STARTING))
    assert only(step).outcome is Outcome.PENDING
    assert only(lived(step, (92.0, STARTING))).outcome is Outcome.STILL_SICK


def test_time_in_which_the_platform_was_away_is_granted() -> None:
    step = lived(acted(ordered(), "i1-1", NOW), (2.0, SICK))
    away = observe_attempts(step, watch(SICK, listening_since=NOW + 500), NOW + 501)
    assert only(away).outcome is Outcome.PENDING
    late = observe_attempts(step, watch(SICK, listening_since=NOW + 500), NOW + 560)
    assert only(late).outcome is Outcome.STILL_SICK
    unheard = acted(ordered(), "i1-1", NOW)
    still = observe_attempts(unheard, watch(BEFORE, listening_since=NOW + 500), NOW + 524)
    assert only(still).outcome is Outcome.PENDING


def test_one_whose_sidecar_gives_up_ends_at_once() -> None:
    gave_up = instance(
        Health.RECOVERING,
        incarnation="3",
        reported=Health.UNHEALTHY,
        reported_reason=HealthReason.GAVE_UP,
    )
    step = lived(acted(ordered(), "i1-1", NOW), (2.0, gave_up))
    assert only(step).outcome is Outcome.STILL_SICK


@pytest.mark.parametrize("state", [AttemptState.FAILED, AttemptState.UNSUPPORTED])
def test_a_refusing_sidecar_ends_it(state: AttemptState) -> None:
    seen = AttemptSeen(attempt_id="i1-1", state=state, at=NOW, detail="no child")
    step = lived(acted(ordered(), "i1-1", NOW), (1.0, instance(attempt=seen)))
    assert only(step).outcome is Outcome.FAILED
    assert only(step).detail == "the sidecar of chat-1 could not restart it: no child"


def test_a_target_that_is_gone_needs_nothing() -> None:
    step = observe_attempts(acted(ordered(), "i1-1", NOW), watch(), NOW + 1)
    assert only(step).outcome is Outcome.NOT_NEEDED


def test_an_unknown_outcome_is_observed_before_it_is_asked_for_again() -> None:
    sick, well = instance(), instance(Health.HEALTHY)
    assert unacted(lived(ordered(), (1.0, sick))) != (), "still needed"
    assert only(lived(ordered(), (1.0, well))).outcome is Outcome.NOT_NEEDED
    carried_out = lived(ordered(), (1.0, SICK))
    assert unacted(carried_out) == ()
    assert only(carried_out).started_at == NOW + 1


def test_another_boot_is_another_process() -> None:
    reborn = instance(Health.RECOVERING, boot_id="boot-0002", reported=Health.HEALTHY)
    assert only(lived(acted(ordered(), "i1-1", NOW), (1.0, reborn))).started_at == NOW + 1


def test_a_service_is_restarted_when_all_its_instances_are() -> None:
    both = ordered(instance(), instance(name="chat-2"), remedy=Remedy.RESTART_SERVICE)
    step = acted(both, "i1-1", NOW)
    second = instance(Health.RECOVERING, "chat-2")
    step = observe_attempts(step, watch(WELL, second), NOW + 1)
    assert only(step).started_at is None
    well = instance(Health.RECOVERING, "chat-2", incarnation="2", reported=Health.HEALTHY)
    for after_s in (2.0, 12.0):
        step = observe_attempts(step, watch(WELL, well), NOW + after_s)
    assert only(step).outcome is Outcome.VERIFIED
    assert only(step).detail.startswith("each of 2 instances held")


def test_silence_makes_the_last_word_worthless() -> None:
    assert health_now(instance(Health.OFFLINE, reported=Health.HEALTHY)) is Health.OFFLINE
    assert health_now(WELL) is Health.HEALTHY


def test_health_fulfils_healings_wish_but_not_a_persons() -> None:
    healthy = instance(Health.HEALTHY, reported=Health.HEALTHY)
    healings = observe_attempts(ordered(), watch(healthy), NOW + 0.1)
    assert only(healings).outcome is Outcome.NOT_NEEDED
    persons = observe_attempts(ordered(cause_key="manual"), watch(healthy), NOW + 0.1)
    assert only(persons).outcome is Outcome.PENDING
    assert unacted(persons) == (only(persons),)
