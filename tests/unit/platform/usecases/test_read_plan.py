from __future__ import annotations

import asyncio
import math

import pytest

from tagent_contract.faults import EndReason, Latency, Target
from tagent_contract.policy import HealingPolicy, Mode, ServicePolicy
from tagent_contract.problems import ConflictReason
from tagent_platform.core.records import FaultRecord
from tagent_platform.ports.store import Change
from tagent_platform.usecases.confirm_store import confirm_store
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.set_policy import set_policy
from tests.fakes.house import OPERATOR, House


@pytest.fixture
def house() -> House:
    return House()


async def test_the_plan_has_the_revision_that_reports_answer(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    revision = await sidecar.report()

    answer = await sidecar.poll()

    assert answer.plan is not None
    assert (answer.plan.epoch, answer.plan.revision) == (
        revision.epoch,
        revision.plan_revision,
    )
    assert [planned.id for planned in answer.plan.faults] == [fault.id]


async def test_a_sidecar_that_has_the_plan_is_told_nothing(house: House) -> None:
    sidecar = await house.registered()
    await sidecar.poll()

    assert (await sidecar.poll()).plan is None


async def test_another_epoch_replaces_the_plan_whatever_its_revision(house: House) -> None:
    sidecar = await house.registered()
    sidecar.held = type(sidecar.held)("another life", 10**9)

    assert (await sidecar.poll()).plan is not None


async def test_counters_wake_nobody(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await sidecar.acknowledge(fault)
    await sidecar.poll()
    waiting = asyncio.ensure_future(sidecar.poll(wait_s=30))
    for injected in (1, 2, 3):
        await house.clock.advance(2)
        answer = await sidecar.acknowledge(fault, injected=injected, first_affected_age_s=0.0)
    assert answer.plan_revision == sidecar.held.revision
    assert not waiting.done()

    policy = ServicePolicy(healing=HealingPolicy(mode=Mode.CHECK))
    await set_policy(house.platform, service="chat", policy=policy, actor=OPERATOR)

    woken = await waiting
    assert woken.plan is not None
    assert woken.plan.policy.healing.mode is Mode.CHECK


async def test_a_fault_on_another_instance_wakes_nobody(house: House) -> None:
    first = await house.registered("chat-1")
    await house.registered("chat-2")
    await first.poll()
    await house.inject(Latency(target=Target(instances=("chat-2",))))

    assert (await first.poll()).plan is None


async def test_what_is_left_of_a_ttl_is_that_of_the_moment(house: House) -> None:
    sidecar = await house.registered()
    await house.inject(Latency(ttl_s=50))
    await sidecar.report()
    await house.clock.advance(20)

    answer = await sidecar.poll()

    assert answer.plan is not None
    assert answer.plan.faults[0].ttl_left_s == pytest.approx(30)


async def test_a_waiting_boot_learns_at_once_that_it_was_superseded(house: House) -> None:
    older = await house.registered()
    await older.poll()
    waiting = asyncio.ensure_future(older.poll(wait_s=30))
    await asyncio.sleep(0)
    await house.clock.advance(1)
    await house.registered()

    with pytest.raises(RefusedError) as raised:
        await waiting
    assert raised.value.reason is ConflictReason.SUPERSEDED


async def test_who_never_reported_has_no_plan(house: House) -> None:
    await house.registered("chat-1")
    stranger = house.sidecar("chat-2")

    with pytest.raises(NotFoundError):
        await stranger.poll()


async def test_the_age_of_the_last_confirmation_is_told(house: House) -> None:
    sidecar = await house.registered()
    assert math.isinf((await sidecar.poll()).confirmed_age_s)

    await confirm_store(house.platform)
    await house.clock.advance(4)

    assert (await sidecar.poll()).confirmed_age_s == 4


async def test_pruned_records_do_not_make_an_old_plan_look_new(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await sidecar.acknowledge(fault, active=False, ended_age_s=0.0, end_reason=EndReason.TTL)
    await sidecar.poll()
    held = sidecar.held.revision
    version = house.store.all(FaultRecord)[fault.id].version
    await house.store.commit([Change(FaultRecord, fault.id, None, version)])

    assert (await sidecar.report()).plan_revision == held
    assert (await sidecar.poll()).plan is None
