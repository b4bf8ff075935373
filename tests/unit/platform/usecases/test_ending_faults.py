"""Ends that people ask for: one fault, a service's faults, all of them."""

from __future__ import annotations

import asyncio

import pytest

from tagent_contract.faults import EndReason, Error, FaultState
from tagent_contract.problems import ConflictReason
from tagent_platform.usecases.clear_faults import clear_faults
from tagent_platform.usecases.end_fault import end_fault
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.halt_all import halt_all
from tagent_platform.usecases.release_halt import release_halt
from tagent_platform.usecases.show_halt import show_halt
from tests.fakes.house import OPERATOR, House


@pytest.fixture
def house() -> House:
    return House()


async def test_an_ended_fault_is_ending_until_its_sidecar_says_so(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await sidecar.poll()
    await sidecar.acknowledge(fault)

    view = await end_fault(house.platform, fault_id=fault.id, actor=OPERATOR, reason="enough")
    assert view.state is FaultState.ENDING

    answer = await sidecar.poll()
    assert answer.plan is not None
    assert (answer.plan.faults, answer.plan.ending) == ((), {fault.id: "cleared"})
    await sidecar.acknowledge(
        fault, active=False, ended_age_s=0.0, end_reason=EndReason.CLEARED, injected=3
    )
    record = house.fault(fault.id)
    (target,) = record.targets.values()
    assert (target.state, target.end_reason, target.injected) == (
        FaultState.CLEARED,
        EndReason.CLEARED,
        3,
    )
    (ending,) = await house.events("fault.ending")
    assert (ending.actor, ending.data["why"]) == ("olga", "enough")


async def test_a_fault_that_never_started_ends_once_the_sidecar_has_the_plan_without_it(
    house: House,
) -> None:
    sidecar = await house.registered()
    await sidecar.poll()
    fault = await house.inject()
    await end_fault(house.platform, fault_id=fault.id, actor=OPERATOR)
    await sidecar.report()
    assert not house.fault(fault.id).targets[f"chat-1@{sidecar.boot_id}"].state.is_final

    await sidecar.poll()
    await sidecar.poll()
    await sidecar.report()

    (target,) = house.fault(fault.id).targets.values()
    assert target.state is FaultState.CLEARED


async def test_ending_what_has_ended_changes_nothing(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await sidecar.acknowledge(fault, active=False, ended_age_s=0.0, end_reason=EndReason.TTL)
    before = await house.store.changed(-1)

    view = await end_fault(house.platform, fault_id=fault.id, actor=OPERATOR)

    assert view.state is FaultState.EXPIRED
    assert await house.store.changed(-1) == before


async def test_ending_an_unknown_fault_says_so(house: House) -> None:
    with pytest.raises(NotFoundError):
        await end_fault(house.platform, fault_id="nothing", actor=OPERATOR)


async def test_clearing_ends_every_fault_of_the_service_and_of_no_other(house: House) -> None:
    await house.registered("chat-1")
    await house.registered("demo-1", "demo")
    first, second = await house.inject(), await house.inject(Error())
    other = await house.inject(service="demo")

    cleared = await clear_faults(house.platform, service="chat", actor=OPERATOR)

    assert {view.id for view in cleared} == {first.id, second.id}
    assert {view.state for view in cleared} == {FaultState.ENDING}
    assert house.fault(other.id).ending is None
    with pytest.raises(NotFoundError):
        await clear_faults(house.platform, service="chatt", actor=OPERATOR)


async def test_a_halt_ends_all_and_counts_those_that_have_not_confirmed(house: House) -> None:
    sidecar = await house.registered("chat-1")
    await house.registered("demo-1", "demo")
    fault = await house.inject()
    await house.inject(service="demo")
    await sidecar.acknowledge(fault)

    halt = await halt_all(house.platform, reason="stop it", actor=OPERATOR)
    assert (halt.halted, halt.reason, halt.by, halt.faults_ending) == (
        True,
        "stop it",
        "olga",
        2,
    )

    await sidecar.acknowledge(fault, active=False, ended_age_s=0.0, end_reason=EndReason.HALTED)
    assert (await show_halt(house.platform)).faults_ending == 1
    (target,) = house.fault(fault.id).targets.values()
    assert target.state is FaultState.HALTED


async def test_a_halt_wakes_the_sidecars_that_wait(house: House) -> None:
    sidecar = await house.registered()
    await house.inject()
    await sidecar.poll()
    waiting = asyncio.ensure_future(sidecar.poll(wait_s=30))
    await asyncio.sleep(0)

    await halt_all(house.platform, reason="stop it", actor=OPERATOR)

    answer = await waiting
    assert answer.plan is not None
    assert (answer.plan.halted, answer.plan.faults) == (True, ())


async def test_a_halt_survives_a_restart_of_the_platform(house: House) -> None:
    await house.registered()
    await halt_all(house.platform, reason="stop it", actor=OPERATOR)
    house.start()

    with pytest.raises(RefusedError) as raised:
        await house.inject()
    assert raised.value.reason is ConflictReason.HALTED


async def test_a_released_halt_accepts_faults_and_brings_none_back(house: House) -> None:
    sidecar = await house.registered()
    old = await house.inject()
    await sidecar.acknowledge(old)
    await halt_all(house.platform, reason="stop it", actor=OPERATOR)
    await sidecar.acknowledge(old, active=False, ended_age_s=0.0, end_reason=EndReason.HALTED)

    assert not (await release_halt(house.platform, actor=OPERATOR)).halted

    new = await house.inject()
    answer = await sidecar.poll()
    assert answer.plan is not None
    assert [planned.id for planned in answer.plan.faults] == [new.id]


async def test_releasing_without_a_halt_is_refused(house: House) -> None:
    with pytest.raises(RefusedError) as raised:
        await release_halt(house.platform, actor=OPERATOR)
    assert raised.value.reason is ConflictReason.NOT_HALTED


async def test_a_halt_goes_before_an_end_that_was_asked_for_earlier(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await sidecar.acknowledge(fault)
    await end_fault(house.platform, fault_id=fault.id, actor=OPERATOR)
    await halt_all(house.platform, reason="stop it", actor=OPERATOR)

    assert house.fault(fault.id).ending is EndReason.HALTED
