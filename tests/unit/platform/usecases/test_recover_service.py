"""A person restarts or recovers a service."""

from __future__ import annotations

import pytest

from tagent_contract.faults import Error, FaultState, Latency
from tagent_contract.health import Health
from tagent_contract.incidents import Cause, IncidentState
from tagent_contract.policy import HealingPolicy, Mode, ServicePolicy
from tagent_contract.problems import ConflictReason
from tagent_platform.core.records import BudgetRecord
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.halt_all import halt_all
from tagent_platform.usecases.recover_service import recover_service
from tagent_platform.usecases.restart_service import restart_service
from tests.fakes.house import OPERATOR
from tests.fakes.ward import Ward


@pytest.fixture
def ward() -> Ward:
    return Ward()


async def test_a_restart_of_a_healthy_service_is_told_and_verified(ward: Ward) -> None:
    chat = await ward.admit()
    view = await restart_service(
        ward.platform, service="chat", actor=OPERATOR, reason="new configuration"
    )
    assert (view.cause, view.state) == (Cause.MANUAL, IncidentState.REMEDIATING)
    assert [line.kind for line in view.timeline] == ["detected", "decided"]
    await ward.live(12.0)
    assert ward.state() is IncidentState.RESOLVED
    assert len(chat.restarts) == 1
    (decided,) = await ward.events("incident.decided")
    assert (decided.actor, decided.data["why"], decided.incident) == (
        "olga",
        "new configuration",
        view.id,
    )


async def test_one_instance_alone(ward: Ward) -> None:
    first, second = await ward.admit("chat-1"), await ward.admit("chat-2")
    await restart_service(ward.platform, service="chat", actor=OPERATOR, instance="chat-2")
    await ward.live(3.0)
    assert (first.restarts, len(second.restarts)) == ([], 1)


async def test_recover_restarts_who_is_not_well_and_ends_all_faults(ward: Ward) -> None:
    sick, well = await ward.admit("chat-1"), await ward.admit("chat-2")
    fault = await ward.inject(Latency(ttl_s=600))
    await sick.suffer(fault, Health.DEGRADED)
    await recover_service(ward.platform, service="chat", actor=OPERATOR, reason="enough")
    (ending, _) = await ward.events("fault.ending")
    assert (ending.actor, ending.data["why"]) == ("olga", "enough")
    assert all(t.state is FaultState.ENDING for t in ward.fault(fault.id).targets.values())
    await ward.live(3.0)
    assert (len(sick.restarts), well.restarts) == (1, [])


async def test_it_goes_round_mode_and_back_off_and_clears_what_was_spent(ward: Ward) -> None:
    chat = await ward.admit()
    chat.is_curable = False
    await chat.become(Health.UNHEALTHY)
    await ward.live(600.0, step_s=2.5)
    assert ward.state() is IncidentState.ESCALATED
    assert ward.store.all(BudgetRecord)
    await ward.set_policy("chat", ServicePolicy(healing=HealingPolicy(mode=Mode.OFF)))
    chat.is_curable = True
    await restart_service(ward.platform, service="chat", actor=OPERATOR)
    assert not ward.store.all(BudgetRecord)
    await ward.live(12.0)
    assert ward.state() is IncidentState.RESOLVED
    assert len(chat.restarts) == 4


async def test_after_a_persons_restart_healing_begins_anew(ward: Ward) -> None:
    chat = await ward.admit()
    chat.is_curable = False
    await chat.become(Health.UNHEALTHY)
    await ward.live(600.0, step_s=2.5)
    await restart_service(ward.platform, service="chat", actor=OPERATOR)
    await ward.live(600.0, step_s=2.5)
    assert ward.state() is IncidentState.ESCALATED
    assert len(chat.restarts) == 3 + 1 + 3


async def test_a_second_order_is_refused_while_the_first_is_under_way(ward: Ward) -> None:
    chat = await ward.admit()
    chat.obeys = False
    await restart_service(ward.platform, service="chat", actor=OPERATOR)
    with pytest.raises(RefusedError) as refused:
        await recover_service(ward.platform, service="chat", actor=OPERATOR)
    assert refused.value.reason is ConflictReason.TARGET_LOCKED


async def test_a_halt_goes_before_people(ward: Ward) -> None:
    await ward.admit()
    await halt_all(ward.platform, reason="stop", actor=OPERATOR)
    with pytest.raises(RefusedError) as refused:
        await restart_service(ward.platform, service="chat", actor=OPERATOR)
    assert refused.value.reason is ConflictReason.HALTED
    assert ward.incidents() == []


async def test_what_cannot_be_restarted_is_refused_and_keeps_its_faults(ward: Ward) -> None:
    sidecar = ward.sidecar()
    await sidecar.report(supervised=False)
    fault = await ward.inject(Error())
    with pytest.raises(RefusedError) as refused:
        await recover_service(ward.platform, service="chat", actor=OPERATOR)
    assert refused.value.reason is ConflictReason.NOT_SUPERVISED
    assert ward.fault(fault.id).ending is None


async def test_a_silent_sidecar_cannot_be_told(ward: Ward) -> None:
    chat = await ward.admit()
    del ward.patients[chat.sidecar.key]
    await ward.live(14.0)
    with pytest.raises(RefusedError) as refused:
        await restart_service(ward.platform, service="chat", actor=OPERATOR)
    assert refused.value.reason is ConflictReason.SIDECAR_UNREACHABLE


async def test_a_service_without_instances_has_nothing_to_restart(ward: Ward) -> None:
    chat = await ward.admit()
    await chat.say(goodbye=True)
    with pytest.raises(RefusedError) as refused:
        await restart_service(ward.platform, service="chat", actor=OPERATOR)
    assert refused.value.reason is ConflictReason.NO_INSTANCES


async def test_unknown_names_are_not_found(ward: Ward) -> None:
    await ward.admit()
    with pytest.raises(NotFoundError) as missing:
        await restart_service(ward.platform, service="chatt", actor=OPERATOR)
    assert missing.value.near == ("chat",)
    with pytest.raises(NotFoundError) as missing:
        await restart_service(ward.platform, service="chat", actor=OPERATOR, instance="chat-3")
    assert missing.value.near == ("chat-1",)
