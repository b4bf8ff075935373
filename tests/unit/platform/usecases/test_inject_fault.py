from __future__ import annotations

import asyncio

import pytest

from tagent_contract.faults import Crash, Error, FaultState, Latency, Match, Scope, Target
from tagent_contract.health import Health
from tagent_contract.problems import ConflictReason
from tagent_contract.services import MaintenanceRequest
from tagent_platform.core.records import FaultRecord
from tagent_platform.usecases.end_fault import end_fault
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.halt_all import halt_all
from tagent_platform.usecases.set_maintenance import set_maintenance
from tests.fakes.house import OPERATOR, UNHEALTHY, House


@pytest.fixture
def house() -> House:
    return House()


async def refusal_of(house: House, fault: Latency | Error | Crash | None = None) -> RefusedError:
    with pytest.raises(RefusedError) as raised:
        await house.inject(fault)
    return raised.value


async def test_a_fault_is_pending_on_every_live_instance(house: House) -> None:
    await house.registered("chat-1")
    await house.registered("chat-2")

    view = await house.inject(Latency(ttl_s=60))

    assert view.state is FaultState.PENDING
    assert [target.instance for target in view.targets] == ["chat-1", "chat-2"]
    assert view.created_by == "olga"
    assert view.fault.seed is not None
    armed = await house.events("fault.armed")
    assert [event.instance for event in armed] == ["chat-1", "chat-2"]
    assert armed[0].actor == "olga"


async def test_a_given_seed_is_kept(house: House) -> None:
    await house.registered()
    assert (await house.inject(Latency(seed=42))).fault.seed == 42


async def test_a_sidecar_learns_of_the_fault_with_its_next_plan(house: House) -> None:
    sidecar = await house.registered()
    await sidecar.poll()
    waiting = asyncio.ensure_future(sidecar.poll(wait_s=30))
    await asyncio.sleep(0)

    view = await house.inject()

    answer = await waiting
    assert answer.plan is not None
    (planned,) = answer.plan.faults
    assert (planned.id, planned.incarnation, planned.ttl_left_s) == (view.id, "1", 120.0)


async def test_an_unknown_service_is_named_with_the_near_ones(house: House) -> None:
    await house.registered(service="chat-service")

    with pytest.raises(NotFoundError) as raised:
        await house.inject(service="chat-servise")
    assert raised.value.near == ("chat-service",)


async def test_an_unknown_instance_is_named_with_the_near_ones(house: House) -> None:
    await house.registered("chat-9001")

    with pytest.raises(NotFoundError) as raised:
        await house.inject(Latency(target=Target(instances=("chat-9002",))))
    assert (raised.value.kind, raised.value.near) == ("instance", ("chat-9001",))


async def test_the_same_again_is_refused_until_the_first_is_over(house: House) -> None:
    await house.registered()
    first = await house.inject()

    refusal = await refusal_of(house)

    assert refusal.reason is ConflictReason.ALREADY_ACTIVE
    assert refusal.until == house.fault(first.id).expires_at
    (event,) = await house.events("fault.refused")
    assert (event.actor, event.data["reason"]) == ("olga", "already_active")
    await house.inject(Latency(match=Match(path="/other")))
    await house.inject(Error())


async def test_of_two_injections_at_once_one_is_refused(house: House) -> None:
    await house.registered()
    outcomes = await asyncio.gather(house.inject(), house.inject(), return_exceptions=True)

    assert [type(outcome).__name__ for outcome in outcomes].count("FaultView") == 1
    assert len(house.store.all(FaultRecord)) == 1


async def test_an_end_that_nobody_confirmed_is_waited_for(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await sidecar.acknowledge(fault)
    await end_fault(house.platform, fault_id=fault.id, actor=OPERATOR)

    assert (await refusal_of(house)).reason is ConflictReason.END_PENDING


async def test_a_halt_refuses_with_its_reason(house: House) -> None:
    await house.registered()
    await halt_all(house.platform, reason="too loud", actor=OPERATOR)

    refusal = await refusal_of(house)
    assert refusal.reason is ConflictReason.HALTED
    assert "too loud" in refusal.text


async def test_maintenance_refuses_until_its_end(house: House) -> None:
    await house.registered()
    request = MaintenanceRequest(reason="new disk", duration_s=60)
    await set_maintenance(house.platform, service="chat", request=request, actor=OPERATOR)

    refusal = await refusal_of(house)
    assert (refusal.reason, refusal.until) == (
        ConflictReason.MAINTENANCE,
        house.clock.now() + 60,
    )
    await house.clock.advance(61)
    await house.inject()


async def test_what_a_sidecar_cannot_do_is_refused_in_its_own_words(house: House) -> None:
    sidecar = house.sidecar(capabilities=("latency",))
    await sidecar.report(missing={"crash": "it runs no child"})

    refusal = await refusal_of(house, Crash())
    assert refusal.reason is ConflictReason.UNSUPPORTED
    assert "it runs no child" in refusal.text


async def test_a_service_without_live_instances_has_no_targets(house: House) -> None:
    await house.registered()
    await house.pass_time(13)
    assert house.instance().health is Health.OFFLINE

    assert (await refusal_of(house)).reason is ConflictReason.NO_INSTANCES


async def test_the_last_healthy_instance_is_spared_unless_forced(house: House) -> None:
    sick = await house.registered("chat-1")
    await house.registered("chat-2")
    await sick.report(state=UNHEALTHY)
    fault = Latency(target=Target(instances=("chat-2",)))

    assert (await refusal_of(house, fault)).reason is ConflictReason.LAST_HEALTHY_INSTANCE
    assert (await house.inject(fault, force=True)).state is FaultState.PENDING


async def test_an_injection_that_races_a_halt_leaves_no_fault_behind(house: House) -> None:
    """Whoever of the two reads first, and whichever commits first."""
    for halt_first in (True, False):
        house = House()
        sidecar = await house.registered()
        both = [
            lambda house=house: halt_all(house.platform, reason="now", actor=OPERATOR),
            lambda house=house: house.inject(Latency(scope=Scope.SERVICE)),
        ]
        started = both if halt_first else both[::-1]
        commit = house.store.commit

        async def slow_commit(changes, events=(), commit=commit):  # type: ignore[no-untyped-def]
            await asyncio.sleep(0)
            return await commit(changes, events)

        house.store.commit = slow_commit  # type: ignore[method-assign]
        await asyncio.gather(*(act() for act in started), return_exceptions=True)
        await house.tick()

        answer = await sidecar.poll()
        assert answer.plan is not None
        assert answer.plan.faults == ()
        assert answer.plan.halted
        await house.registered("chat-2")
        assert all(
            versioned.record.ending is not None
            for versioned in house.store.all(FaultRecord).values()
        )
