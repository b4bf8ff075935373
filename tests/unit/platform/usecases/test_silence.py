"""What the passing of time does: OFFLINE, forgotten, FAILED, LOST."""

from __future__ import annotations

import pytest

from tagent_contract.faults import EndReason, FaultState, Latency
from tagent_contract.health import Health, HealthReason
from tagent_platform.core.records import InstanceRecord
from tagent_platform.ports.runtime import RuntimeDescription
from tagent_platform.ports.store import StoreUnavailableError
from tagent_platform.usecases.confirm_store import confirm_store
from tagent_platform.usecases.end_fault import end_fault
from tests.fakes.house import OPERATOR, FakeSidecar, House


@pytest.fixture
def house() -> House:
    return House()


async def keep_reporting(house: House, sidecar: FakeSidecar, seconds: int) -> None:
    for _ in range(seconds):
        await house.pass_time(1)
        await sidecar.report()


async def test_twelve_seconds_of_silence_are_offline_and_a_word_ends_it(house: House) -> None:
    sidecar = await house.registered()
    await house.pass_time(11.5)
    assert house.instance().health is Health.HEALTHY

    await house.pass_time(1)
    record = house.instance()
    assert (record.health, record.reason) == (Health.OFFLINE, HealthReason.NO_CONTACT)

    await sidecar.report()
    assert house.instance().health is Health.HEALTHY
    changes = await house.events("health.changed")
    assert [event.data["to"] for event in changes] == ["OFFLINE", "HEALTHY"]


async def test_a_restarted_platform_grants_everybody_a_fresh_start(house: House) -> None:
    await house.registered()
    await house.clock.advance(3600)
    house.start()

    await house.pass_time(11)
    assert house.instance().health is Health.HEALTHY
    await house.pass_time(2)
    assert house.instance().health is Health.OFFLINE


async def test_a_loop_that_stood_still_heard_nobody_meanwhile(house: House) -> None:
    await house.registered()
    await house.tick()
    await house.clock.advance(60)

    await house.pass_time(11)

    assert house.instance().health is Health.HEALTHY


async def test_time_in_which_the_store_was_away_does_not_count(house: House) -> None:
    await house.registered()
    confirm = house.store.confirm

    async def away() -> None:
        raise StoreUnavailableError("the disk is gone")

    await house.tick()
    house.store.confirm = away  # type: ignore[method-assign]
    for _ in range(11):
        await house.clock.advance(1)
        assert not await confirm_store(house.platform)
    house.store.confirm = confirm  # type: ignore[method-assign]

    await house.pass_time(11)
    assert house.instance().health is Health.HEALTHY
    assert house.platform.store_watch.confirmed_age_s(house.clock.monotonic()) == 0


async def test_ten_minutes_of_silence_are_forgotten(house: House) -> None:
    await house.registered()
    await house.pass_time(601, step_s=2.0)

    assert not house.store.all(InstanceRecord)
    assert (await house.kinds())[-1] == "instance.forgotten"


async def test_an_offline_instance_that_the_runtime_no_longer_lists_is_forgotten(
    house: House,
) -> None:
    await house.registered("chat-1")
    await house.registered("chat-2")

    async def describe(service: str) -> RuntimeDescription:
        return RuntimeDescription("test", frozenset(), instances=("chat-2",))

    house.platform.runtime.describe = describe  # type: ignore[method-assign]
    await house.pass_time(14)

    assert [v.record.name for v in house.store.all(InstanceRecord).values()] == ["chat-2"]


async def test_a_fault_that_nobody_acknowledges_has_failed_after_ten_seconds(
    house: House,
) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await keep_reporting(house, sidecar, 9)
    assert house.fault(fault.id).targets[f"chat-1@{sidecar.boot_id}"].state is FaultState.PENDING

    await keep_reporting(house, sidecar, 1)

    (target,) = house.fault(fault.id).targets.values()
    assert (target.state, target.end_reason) == (
        FaultState.FAILED,
        EndReason.NOT_ACKNOWLEDGED,
    )
    answer = await sidecar.poll()
    assert answer.plan is not None
    assert answer.plan.faults == ()


async def test_a_final_state_is_never_left(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await house.pass_time(10)
    failed = house.fault(fault.id)

    await sidecar.acknowledge(fault, injected=5)
    await sidecar.acknowledge(fault, active=False, ended_age_s=0.0, end_reason=EndReason.TTL)

    assert house.fault(fault.id) == failed
    assert len(await house.events("fault.ended")) == 1


async def test_a_lost_sidecars_fault_is_lost_when_both_lease_and_ttl_are_over(
    house: House,
) -> None:
    for ttl_s, lost_after_s in ((5.0, 15.0), (30.0, 32.0)):
        house = House()
        sidecar = await house.registered()
        fault = await house.inject(Latency(ttl_s=ttl_s))
        await sidecar.acknowledge(fault)

        await house.pass_time(lost_after_s - 1)
        (target,) = house.fault(fault.id).targets.values()
        assert target.state is FaultState.ACTIVE

        await house.pass_time(1)
        (target,) = house.fault(fault.id).targets.values()
        assert (target.state, target.end_reason) == (FaultState.LOST, EndReason.SIDECAR_LOST)


async def test_a_sidecar_that_polls_but_does_not_report_is_in_touch(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject(Latency(ttl_s=5))
    await sidecar.acknowledge(fault)
    for _ in range(17):
        await house.pass_time(1)
        await sidecar.poll()

    (target,) = house.fault(fault.id).targets.values()
    assert target.state is FaultState.ACTIVE


async def test_a_sidecar_that_never_says_how_a_fault_ended_has_lost_it(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject(Latency(ttl_s=5))
    await sidecar.acknowledge(fault)
    await keep_reporting(house, sidecar, 22)

    (target,) = house.fault(fault.id).targets.values()
    assert target.state is FaultState.LOST


async def test_an_end_that_was_asked_for_and_never_confirmed_is_lost_too(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject(Latency(ttl_s=20))
    await sidecar.acknowledge(fault)
    await end_fault(house.platform, fault_id=fault.id, actor=OPERATOR)
    await house.pass_time(25)

    (target,) = house.fault(fault.id).targets.values()
    assert target.state is FaultState.LOST


async def test_a_report_late_by_the_platforms_absence_still_tells_the_true_end(
    house: House,
) -> None:
    sidecar = await house.registered()
    fault = await house.inject(Latency(ttl_s=5))
    await sidecar.acknowledge(fault)
    await house.clock.advance(100)
    house.start()
    await house.pass_time(5)

    await sidecar.acknowledge(
        fault, active=False, ended_age_s=100.0, end_reason=EndReason.TTL, injected=8
    )

    (target,) = house.fault(fault.id).targets.values()
    assert (target.state, target.injected) == (FaultState.EXPIRED, 8)
    assert target.ended_at == pytest.approx(house.fault(fault.id).created_at + 5, abs=0.01)
