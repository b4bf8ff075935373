"""Whole stories: a service falls sick, and what comes of it."""

from __future__ import annotations

import json

import pytest

from tagent_contract.faults import Crash, Error, Healing, Latency, Scope
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import (
    Cause,
    IncidentState,
    Outcome,
    Refusal,
    Remedy,
    Severity,
    TimelineEntry,
)
from tagent_contract.policy import HealingPolicy, Mode, RestartPolicy, ServicePolicy
from tagent_platform.usecases.heal_services import heal_services
from tagent_platform.usecases.recover_service import recover_service
from tests.fakes.house import OPERATOR
from tests.fakes.ward import Ward


@pytest.fixture
def ward() -> Ward:
    return Ward()


def kinds(lines: tuple[TimelineEntry, ...]) -> list[str]:
    return [line.kind for line in lines]


async def test_an_error_fault_is_detected_cured_by_a_restart_and_verified(ward: Ward) -> None:
    chat = await ward.admit()
    fault = await ward.inject(Error(ttl_s=300))
    await ward.clock.advance(1.0)
    await chat.suffer(fault)
    await ward.look()
    assert ward.instance().health is Health.RECOVERING
    assert ward.state() is IncidentState.REMEDIATING
    await ward.clock.advance(0.1)
    await chat.obey()
    await ward.clock.advance(0.1)
    await ward.look()
    assert ward.state() is IncidentState.VERIFYING
    await ward.live(9.0)
    assert ward.state() is IncidentState.VERIFYING, "health has to hold for 10 s"
    await ward.live(2.0)

    incident = await ward.view()
    assert incident.state is IncidentState.RESOLVED
    assert (incident.cause, incident.severity) == (Cause.INJECTED, Severity.CRITICAL)
    assert incident.faults == (fault.id,)
    assert [(a.remedy, a.outcome, a.by) for a in incident.attempts] == [
        (Remedy.RESTART_INSTANCE, Outcome.VERIFIED, "healing")
    ]
    assert kinds(incident.timeline) == [
        "armed", "acknowledged", "first_affected", "detected", "decided", "ended", "restarted", "healthy",
        "verified", "resolved",
    ]  # fmt: skip
    assert incident.mttd_s == 0.0
    assert incident.mttr_s == pytest.approx(10.0, abs=1.0)
    assert ward.instance().health is Health.HEALTHY
    assert ward.instance().restart is None
    assert len(chat.restarts) == 1


async def test_latency_degrades_opens_a_warning_and_restarts_nothing(ward: Ward) -> None:
    chat = await ward.admit()
    fault = await ward.inject(Latency(ttl_s=20))
    await chat.suffer(fault, Health.DEGRADED)
    await ward.live(5.0)
    incident = ward.incident()
    assert (incident.severity, incident.state) == (Severity.WARNING, IncidentState.OPEN)
    assert incident.held_back is not None
    assert incident.held_back.reason is Refusal.DEGRADED_ONLY
    await chat.become(Health.HEALTHY)
    await ward.live(11.0)
    assert ward.state() is IncidentState.RESOLVED
    assert ward.incident().attempts == ()
    assert chat.restarts == []


async def test_a_failure_outside_is_tried_as_often_as_the_intensity_allows_and_escalates(
    ward: Ward,
) -> None:
    chat = await ward.admit()
    chat.is_curable = False
    fault = await ward.inject(Error(ttl_s=3600, scope=Scope.SERVICE))
    await chat.suffer(fault)
    await ward.live(600.0, step_s=2.5)
    incident = ward.incident()
    assert incident.state is IncidentState.ESCALATED
    assert incident.held_back is not None
    assert incident.held_back.reason is Refusal.INTENSITY
    assert incident.held_back.until is not None
    assert [a.outcome for a in incident.attempts] == [Outcome.STILL_SICK] * 3
    assert len(chat.restarts) == 3
    first, second, third = (attempt.decided_at for attempt in incident.attempts)
    assert second - first >= 10
    assert third - second >= 20
    assert len(ward.deliveries) == 1
    await ward.live(1800.0, step_s=20.0)
    assert len(chat.restarts) == 3, "once a person was called, the window's end starts no new loop"
    assert len(ward.deliveries) == 1

    await chat.become(Health.HEALTHY)
    await ward.live(12.0)
    assert ward.state() is IncidentState.RESOLVED, "an escalation ends by health that holds"
    assert len(ward.deliveries) == 2


async def test_a_persons_recover_ends_the_fault_restarts_and_keeps_to_the_incident(
    ward: Ward,
) -> None:
    chat = await ward.admit()
    fault = await ward.inject(Error(ttl_s=600, healing=Healing.OBSERVE))
    await chat.suffer(fault)
    await ward.live(60.0)
    incident = ward.incident()
    assert incident.state is IncidentState.OPEN
    assert incident.held_back is not None
    assert incident.held_back.reason is Refusal.FAULT_OBSERVED
    assert chat.restarts == []

    view = await recover_service(
        ward.platform, service="chat", actor=OPERATOR, reason="seen enough"
    )
    assert view.id == incident.id
    assert view.state is IncidentState.REMEDIATING
    assert ward.fault(fault.id).ending == "recovered"
    await ward.live(12.0)
    assert ward.state() is IncidentState.RESOLVED
    (attempt,) = ward.incident().attempts
    assert (attempt.by, attempt.outcome) == ("olga", Outcome.VERIFIED)
    assert any("seen enough" in line.text for line in ward.incident().timeline)


async def test_a_suppressed_fault_opens_no_incident(ward: Ward) -> None:
    chat = await ward.admit()
    fault = await ward.inject(Error(ttl_s=600, healing=Healing.SUPPRESS))
    await chat.suffer(fault)
    await ward.live(60.0)
    assert ward.incidents() == []
    assert chat.restarts == []


@pytest.mark.parametrize(
    ("mode", "reason"), [(Mode.OFF, Refusal.MODE_OFF), (Mode.CHECK, Refusal.MODE_CHECK)]
)
async def test_other_modes_than_heal_say_so_and_do_nothing(
    ward: Ward, mode: Mode, reason: Refusal
) -> None:
    chat = await ward.admit(policy=ServicePolicy(healing=HealingPolicy(mode=mode)))
    await chat.become(Health.UNHEALTHY)
    await ward.live(30.0)
    held = ward.incident().held_back
    assert held is not None
    assert held.reason is reason
    assert chat.restarts == []
    assert ward.state() is IncidentState.OPEN
    if mode is Mode.CHECK:
        assert "would restart chat-1" in held.text


async def test_a_crash_back_in_43_ms_has_its_incident_and_is_never_restarted_by_the_platform(
    ward: Ward,
) -> None:
    chat = await ward.admit()
    fault = await ward.inject(Crash())
    await chat.acknowledge_crash(fault, back_ms=43.0)
    await ward.live(12.0)
    incident = await ward.view()
    assert incident.state is IncidentState.RESOLVED
    assert (incident.cause, incident.severity) == (Cause.INJECTED, Severity.WARNING)
    assert incident.attempts == ()
    texts = {line.kind: line.text for line in incident.timeline}
    assert texts["restarted"] == "chat-1 was restarted by its sidecar in 43 ms"
    story = [kind for kind in kinds(incident.timeline) if kind not in ("ended", "first_affected")]
    assert story == [
        "armed", "acknowledged", "exited", "detected", "restarted", "healthy", "verified", "resolved",
    ]  # fmt: skip
    assert chat.restarts == []


async def test_an_exited_process_is_left_to_its_sidecar_until_it_gives_up(ward: Ward) -> None:
    chat = await ward.admit()
    await chat.exit(held_s=20.0)
    await ward.live(5.0)
    held = ward.incident().held_back
    assert held is not None
    assert held.reason is Refusal.BACK_OFF
    assert held.until == pytest.approx(ward.clock.now() + 15, abs=2)
    await chat.become(Health.UNHEALTHY, HealthReason.GAVE_UP)
    await ward.live(2.0)
    incident = ward.incident()
    assert incident.state is IncidentState.ESCALATED
    assert incident.cause is Cause.ORGANIC
    assert incident.held_back is not None
    assert incident.held_back.reason is Refusal.GAVE_UP
    assert incident.held_back.until is not None
    assert incident.attempts == ()
    (delivery,) = ward.deliveries
    message = json.loads(delivery.payload)
    assert message["type"] == "incident.escalated"
    assert "chat" in message["text"]
    assert message["incident"]["held_back"]["reason"] == "gave_up"


async def test_a_slow_starter_is_left_alone(ward: Ward) -> None:
    chat = await ward.admit()
    await chat.become(Health.UNKNOWN, HealthReason.STARTING)
    await ward.live(29.0)
    assert ward.incidents() == []
    assert chat.restarts == []


async def test_a_silent_sidecar_cannot_be_ordered_and_comes_back_by_itself(ward: Ward) -> None:
    chat = await ward.admit()
    del ward.patients[chat.sidecar.key]
    await ward.live(14.0)
    assert ward.instance().health is Health.OFFLINE
    incident = ward.incident()
    assert incident.state is IncidentState.ESCALATED
    assert incident.escalated == {"chat-1": Refusal.SIDECAR_UNREACHABLE}
    assert incident.attempts == ()
    back = await ward.admit()
    await ward.live(12.0)
    assert ward.state() is IncidentState.RESOLVED
    assert back.restarts == []


@pytest.mark.parametrize("are_injected", [False, True])
async def test_five_of_eight_at_once_are_healed_only_if_we_broke_them(
    ward: Ward, are_injected: bool
) -> None:
    patients = [await ward.admit(f"s{n}-1", f"s{n}") for n in range(8)]
    faults = [
        await ward.inject(Error(ttl_s=600), service=f"s{n}") for n in range(5) if are_injected
    ]
    for number, patient in enumerate(patients[:5]):
        if are_injected:
            await patient.suffer(faults[number])
        else:
            await patient.become(Health.UNHEALTHY)
        await ward.look()
    await ward.live(5.0)
    if are_injected:
        assert [len(patient.restarts) for patient in patients[:5]] == [1] * 5
        assert ward.incidents("") == []
        return
    assert [patient.restarts for patient in patients] == [[]] * 8
    storm = ward.incident("")
    assert storm.state is IncidentState.ESCALATED
    assert len(ward.deliveries) == 1
    for number in range(5):
        held = ward.incident(f"s{number}").held_back
        assert held is not None
        assert held.reason is Refusal.STORM
        assert ward.state(f"s{number}") is IncidentState.OPEN

    await patients[0].become(Health.HEALTHY)
    await ward.live(2.0)
    assert ward.state("") is IncidentState.RESOLVED, "four are no storm"
    await ward.live(2.0)
    assert [len(patient.restarts) for patient in patients[:5]] == [0, 1, 1, 1, 1]


async def test_what_comes_back_three_times_calls_a_person(ward: Ward) -> None:
    chat = await ward.admit()
    for reopened in range(4):
        await chat.become(Health.UNHEALTHY)
        await ward.live(1.0)
        assert ward.incident().reopened == reopened
        if reopened < 3:
            await ward.live(200.0, step_s=5.0)
            assert ward.state() is IncidentState.RESOLVED, reopened
    incident = ward.incident()
    assert incident.state is IncidentState.ESCALATED
    assert incident.held_back is not None
    assert incident.held_back.reason is Refusal.REOPENED_TOO_OFTEN
    assert len(chat.restarts) == 3


async def test_a_drill_does_not_reopen_the_one_before(ward: Ward) -> None:
    chat = await ward.admit()
    for _ in range(3):
        fault = await ward.inject(Error(ttl_s=60))
        await chat.suffer(fault)
        await ward.live(14.0)
        await ward.live(60.0)
    found = ward.incidents()
    assert [(i.state, i.reopened, len(i.attempts)) for i in found] == [
        (IncidentState.RESOLVED, 0, 1)
    ] * 3


async def test_a_platform_that_died_between_intent_and_act_observes_before_it_acts(
    ward: Ward,
) -> None:
    chat = await ward.admit()
    await chat.become(Health.UNHEALTHY)
    await heal_services(ward.platform)
    assert len(ward.incident().attempts) == 1
    assert ward.instance().restart is None

    ward.start()
    await ward.look()
    assert ward.instance().restart is None, "nobody was heard yet"
    await chat.become(Health.HEALTHY)
    await ward.look()
    (attempt,) = ward.incident().attempts
    assert attempt.outcome is Outcome.NOT_NEEDED
    assert chat.restarts == []


async def test_a_platform_that_died_after_the_order_does_not_order_twice(ward: Ward) -> None:
    chat = await ward.admit()
    await chat.become(Health.UNHEALTHY)
    await ward.look()
    await chat.obey()
    ward.start()
    await ward.live(12.0)
    (attempt,) = ward.incident().attempts
    assert attempt.outcome is Outcome.VERIFIED
    assert len(chat.restarts) == 1


async def test_a_platform_that_died_before_the_order_gives_it_when_it_is_still_needed(
    ward: Ward,
) -> None:
    chat = await ward.admit()
    await chat.become(Health.UNHEALTHY)
    await heal_services(ward.platform)
    ward.start()
    await ward.live(14.0)
    assert ward.state() is IncidentState.RESOLVED
    assert len(ward.incident().attempts) == len(chat.restarts) == 1


async def test_looking_again_and_again_changes_nothing(ward: Ward) -> None:
    chat = await ward.admit()
    chat.obeys = False
    await chat.become(Health.UNHEALTHY)
    await ward.look()
    await ward.look()
    before = await ward.store.changed(-1)
    for _ in range(5):
        await ward.look()
    assert await ward.store.changed(-1) == before
    assert len(ward.incident().attempts) == 1


async def test_an_order_that_nobody_carries_out_ends_and_the_next_one_waits(ward: Ward) -> None:
    chat = await ward.admit()
    chat.obeys = False
    await chat.become(Health.UNHEALTHY)
    await ward.live(17.0)
    attempts = ward.incident().attempts
    assert attempts[0].outcome is Outcome.NOT_ACKNOWLEDGED
    assert ward.instance().restart is None or len(attempts) == 2


async def test_organic_budget_is_untouched_by_drills(ward: Ward) -> None:
    chat = await ward.admit(
        policy=ServicePolicy(
            restart=RestartPolicy(intensity=1), healing=HealingPolicy(verify_hold_s=1.0)
        )
    )
    fault = await ward.inject(Error(ttl_s=60))
    await chat.suffer(fault)
    await ward.live(60.0)
    assert len(chat.restarts) == 1
    await chat.become(Health.UNHEALTHY)
    await ward.live(4.0)
    assert len(chat.restarts) == 2


async def test_the_sick_one_of_two_is_restarted_alone(ward: Ward) -> None:
    sick, well = await ward.admit("chat-1"), await ward.admit("chat-2")
    await sick.become(Health.UNHEALTHY)
    await ward.live(3.0)
    incident = ward.incident()
    assert incident.severity is Severity.ERROR
    assert [a.instance for a in incident.attempts] == ["chat-1"]
    assert (len(sick.restarts), well.restarts) == (1, [])
