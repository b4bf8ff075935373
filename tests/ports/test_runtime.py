"""The runtime port's promises over every adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from tagent_contract.health import Health, HealthReason
from tagent_contract.plan import RestartOrder
from tagent_platform.adapters.runtime.process import ProcessRuntime
from tagent_platform.adapters.store.memory import MemoryStore
from tagent_platform.core.records import InstanceRecord, instance_key
from tagent_platform.ports.runtime import (
    RestartTarget,
    Runtime,
    RuntimeCapability,
    UnreachableError,
    UnsupportedError,
)
from tagent_platform.ports.store import Change, Guard, NewEvent

CHAT_1 = RestartTarget("chat", "chat-9001", "boot-one", "3")
CHAT_2 = RestartTarget("chat", "chat-9002", "boot-one", "1")


class ProcessWorld:
    """Instances as the store knows them, and the orders that their plans hold."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.runtime: Runtime = ProcessRuntime(self.store)

    async def put(
        self, target: RestartTarget, *, health: Health = Health.UNHEALTHY, supervised: bool = True
    ) -> None:
        key = instance_key(target.service, target.instance)
        held = self.store.get(InstanceRecord, key)
        record = InstanceRecord(
            service=target.service,
            name=target.instance,
            boot_id=target.boot_id,
            boot_started_at=0.0,
            incarnation=target.incarnation,
            health=health,
            reason=HealthReason.EXITED,
            since=0.0,
            supervised=supervised,
        )
        await self.store.commit([Change(InstanceRecord, key, record, held.version if held else 0)])

    def order(self, target: RestartTarget) -> RestartOrder | None:
        held = self.store.get(InstanceRecord, instance_key(target.service, target.instance))
        assert held is not None
        return held.record.restart

    async def commits(self) -> int:
        return await self.store.changed(-1)


@pytest.fixture(params=["process"])
def world(request: pytest.FixtureRequest) -> ProcessWorld:
    return ProcessWorld()


async def test_a_restart_is_ordered_of_every_target(world: ProcessWorld) -> None:
    await world.put(CHAT_1)
    await world.put(CHAT_2)
    await world.runtime.restart([CHAT_1, CHAT_2], "a1")
    assert world.order(CHAT_1) == RestartOrder(incarnation="3", attempt_id="a1")
    assert world.order(CHAT_2) == RestartOrder(incarnation="1", attempt_id="a1")


async def test_asked_twice_it_restarts_once(world: ProcessWorld) -> None:
    await world.put(CHAT_1)
    await world.runtime.restart([CHAT_1], "a1")
    before = await world.commits()
    await asyncio.gather(*(world.runtime.restart([CHAT_1], "a1") for _ in range(5)))
    assert await world.commits() == before
    await world.runtime.restart([CHAT_1], "a2")
    assert world.order(CHAT_1) == RestartOrder(incarnation="3", attempt_id="a2")


async def test_an_incarnation_that_is_gone_is_left_alone(world: ProcessWorld) -> None:
    await world.put(CHAT_1)
    await world.put(CHAT_2)
    await world.runtime.restart([RestartTarget("chat", "chat-9001", "boot-one", "2"), CHAT_2], "a1")
    assert world.order(CHAT_1) is None
    assert world.order(CHAT_2) is not None


async def test_a_boot_that_is_gone_is_left_alone_though_its_successor_counts_the_same(
    world: ProcessWorld,
) -> None:
    await world.put(CHAT_1)
    old = RestartTarget("chat", "chat-9001", "boot-zero", CHAT_1.incarnation)
    await world.runtime.restart([old], "a1")
    assert world.order(CHAT_1) is None


async def test_an_instance_that_is_not_known_is_passed_over(world: ProcessWorld) -> None:
    await world.runtime.restart([CHAT_1], "a1")
    assert await world.commits() == 0


async def test_what_nobody_can_restart_is_unsupported_and_nothing_is_ordered(
    world: ProcessWorld,
) -> None:
    await world.put(CHAT_1)
    await world.put(CHAT_2, supervised=False)
    with pytest.raises(UnsupportedError, match="chat/chat-9002"):
        await world.runtime.restart([CHAT_1, CHAT_2], "a1")
    assert world.order(CHAT_1) is None


async def test_a_target_out_of_reach_is_unreachable_and_can_be_ordered_when_it_is_back(
    world: ProcessWorld,
) -> None:
    await world.put(CHAT_1, health=Health.OFFLINE)
    with pytest.raises(UnreachableError, match="chat/chat-9001"):
        await world.runtime.restart([CHAT_1], "a1")
    assert world.order(CHAT_1) is None
    await world.put(CHAT_1)
    await world.runtime.restart([CHAT_1], "a1")
    assert world.order(CHAT_1) is not None


async def test_describe_says_what_it_can_do_without_side_effects(world: ProcessWorld) -> None:
    before = await world.commits()
    described = await world.runtime.describe("chat")
    assert described.capabilities == {
        RuntimeCapability.RESTART_INSTANCE,
        RuntimeCapability.RESTART_SERVICE,
    }
    assert described.instances is None
    assert await world.commits() == before


async def test_what_it_cannot_do_is_a_typed_error(world: ProcessWorld) -> None:
    for attempt in (
        world.runtime.roll_back("chat", "a1"),
        world.runtime.scale("chat", 2),
        world.runtime.logs("chat", 10),
    ):
        with pytest.raises(UnsupportedError):
            await attempt


class BusyStore(MemoryStore):
    """Between reading and committing, somebody else always changes the record."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def commit(
        self, changes: Sequence[Change | Guard], events: Sequence[NewEvent] = ()
    ) -> int:
        (change,) = changes
        assert isinstance(change, Change)
        if self.times and change.expected:
            self.times -= 1
            held = self.get(InstanceRecord, change.key)
            assert held is not None
            await super().commit(
                [
                    Change(
                        InstanceRecord,
                        change.key,
                        msgspec.structs.replace(held.record, detail=f"change {self.times}"),
                        held.version,
                    )
                ]
            )
        return await super().commit([change], events)


@pytest.mark.parametrize(("times", "ordered"), [(3, True), (1000, False)])
async def test_the_process_runtime_decides_again_when_the_record_changed_meanwhile(
    times: int, ordered: bool
) -> None:
    world = ProcessWorld()
    world.store = BusyStore(times)
    world.runtime = ProcessRuntime(world.store)
    await world.put(CHAT_1)
    if ordered:
        await world.runtime.restart([CHAT_1], "a1")
    else:
        with pytest.raises(UnreachableError):
            await world.runtime.restart([CHAT_1], "a1")
    assert (world.order(CHAT_1) is not None) is ordered
