"""The runtime port's promises over every adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest
from typing_extensions import override

from tagent_contract.health import Health, HealthReason
from tagent_contract.plan import RestartOrder
from tagent_contract.reports import Place
from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.runtime.cloud_run.calls import CloudRunCalls
from tagent_platform.adapters.runtime.cloud_run.log_entries import CloudLogs
from tagent_platform.adapters.runtime.cloud_run.places import Places
from tagent_platform.adapters.runtime.cloud_run.runtime import CloudRunRuntime
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
from tagent_platform.ports.series import LogQuery
from tagent_platform.ports.store import Change, Guard, NewEvent
from tests.fakes.cloud_run_server import PROJECT, REGION, CloudRunServer

CHAT_1 = RestartTarget("chat", "chat-9001", "boot-one", "3")
CHAT_2 = RestartTarget("chat", "chat-9002", "boot-one", "1")


class World:
    """Instances as the store knows them, the orders that their plans hold, and how often a whole service was restarted."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.runtime: Runtime = ProcessRuntime(self.store)
        self.place: Place | None = None

    async def close(self) -> None:
        pass

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
            place=self.place,
        )
        await self.store.commit([Change(InstanceRecord, key, record, held.version if held else 0)])

    def order(self, target: RestartTarget) -> RestartOrder | None:
        held = self.store.get(InstanceRecord, instance_key(target.service, target.instance))
        assert held is not None
        return held.record.restart

    async def commits(self) -> int:
        return await self.store.changed(-1)

    async def changes(self) -> int:
        """Return a number that grows with whatever the runtime changes anywhere."""
        return await self.commits()


class CloudRunWorld(World):
    """The same beside a Cloud Run API, for a service that is there."""

    def __init__(self) -> None:
        super().__init__()
        self.server = CloudRunServer()
        self.server.start()
        self.server.deploy("chat")
        self.place = Place(runtime="cloud_run", service="chat", project=PROJECT, region=REGION)
        self._runtime = CloudRunRuntime(
            self.store,
            CloudRunCalls(endpoint=self.server.endpoint),
            CloudLogs(None, None),
            Places(PROJECT, REGION),
            SystemClock(),
        )
        self.runtime = self._runtime

    @override
    async def close(self) -> None:
        await self._runtime.close()
        self.server.stop()

    @override
    async def changes(self) -> int:
        return await self.commits() + self.server.count("update_service")


@pytest.fixture(params=["process", "cloud_run"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    made = World() if request.param == "process" else CloudRunWorld()
    yield made
    await made.close()


async def test_a_whole_service_asked_twice_is_restarted_once(world: World) -> None:
    await world.put(CHAT_1)
    await world.put(CHAT_2)
    await world.runtime.restart([CHAT_1, CHAT_2], "a1", whole_service=True)
    after = await world.changes()
    await world.runtime.restart([CHAT_1, CHAT_2], "a1", whole_service=True)
    assert await world.changes() == after


async def test_what_began_can_be_followed_and_following_changes_nothing(world: World) -> None:
    await world.put(CHAT_1)
    begun = await world.runtime.restart([CHAT_1], "a1", whole_service=True)
    before = await world.changes()
    described = await world.runtime.describe("chat")
    deployment = await world.runtime.follow("chat", "a1", begun)
    assert (deployment is not None) is described.rolls_out
    if deployment is not None:
        assert deployment.roll_out is not None
        assert deployment.current
    assert await world.changes() == before


async def test_a_restart_is_ordered_of_every_target(world: World) -> None:
    await world.put(CHAT_1)
    await world.put(CHAT_2)
    await world.runtime.restart([CHAT_1, CHAT_2], "a1")
    assert world.order(CHAT_1) == RestartOrder(incarnation="3", attempt_id="a1")
    assert world.order(CHAT_2) == RestartOrder(incarnation="1", attempt_id="a1")


async def test_asked_twice_it_restarts_once(world: World) -> None:
    await world.put(CHAT_1)
    await world.runtime.restart([CHAT_1], "a1")
    before = await world.commits()
    await asyncio.gather(*(world.runtime.restart([CHAT_1], "a1") for _ in range(5)))
    assert await world.commits() == before
    await world.runtime.restart([CHAT_1], "a2")
    assert world.order(CHAT_1) == RestartOrder(incarnation="3", attempt_id="a2")


async def test_an_incarnation_that_is_gone_is_left_alone(world: World) -> None:
    await world.put(CHAT_1)
    await world.put(CHAT_2)
    await world.runtime.restart([RestartTarget("chat", "chat-9001", "boot-one", "2"), CHAT_2], "a1")
    assert world.order(CHAT_1) is None
    assert world.order(CHAT_2) is not None


async def test_a_boot_that_is_gone_is_left_alone_though_its_successor_counts_the_same(
    world: World,
) -> None:
    await world.put(CHAT_1)
    old = RestartTarget("chat", "chat-9001", "boot-zero", CHAT_1.incarnation)
    await world.runtime.restart([old], "a1")
    assert world.order(CHAT_1) is None


async def test_an_instance_that_is_not_known_is_passed_over(world: World) -> None:
    await world.runtime.restart([CHAT_1], "a1")
    assert await world.commits() == 0


async def test_what_nobody_can_restart_is_unsupported_and_nothing_is_ordered(
    world: World,
) -> None:
    await world.put(CHAT_1)
    await world.put(CHAT_2, supervised=False)
    with pytest.raises(UnsupportedError, match="chat/chat-9002"):
        await world.runtime.restart([CHAT_1, CHAT_2], "a1")
    assert world.order(CHAT_1) is None


async def test_a_target_out_of_reach_is_unreachable_and_can_be_ordered_when_it_is_back(
    world: World,
) -> None:
    await world.put(CHAT_1, health=Health.OFFLINE)
    with pytest.raises(UnreachableError, match="chat/chat-9001"):
        await world.runtime.restart([CHAT_1], "a1")
    assert world.order(CHAT_1) is None
    await world.put(CHAT_1)
    await world.runtime.restart([CHAT_1], "a1")
    assert world.order(CHAT_1) is not None


async def test_describe_says_what_it_can_do_without_side_effects(world: World) -> None:
    await world.put(CHAT_1)
    before = await world.changes()
    described = await world.runtime.describe("chat")
    assert {RuntimeCapability.RESTART_INSTANCE, RuntimeCapability.RESTART_SERVICE} <= (
        described.capabilities
    )
    assert described.instances is None
    assert await world.changes() == before


async def test_what_it_cannot_do_is_a_typed_error(world: World) -> None:
    await world.put(CHAT_1)
    can = (await world.runtime.describe("chat")).capabilities
    asked: dict[RuntimeCapability, Callable[[], Awaitable[object]]] = {
        RuntimeCapability.ROLL_BACK: lambda: world.runtime.roll_back("chat", "a1"),
        RuntimeCapability.SCALE: lambda: world.runtime.scale("chat", instances_min=2),
        RuntimeCapability.LOGS: lambda: world.runtime.logs(LogQuery("chat")),
    }
    for capability in asked.keys() - can:
        with pytest.raises(UnsupportedError):
            await asked[capability]()


async def test_over_another_store_it_is_the_same_runtime(world: World) -> None:
    await world.put(CHAT_1)
    other: Any = world.runtime
    moved = other.writing_to(MemoryStore())
    assert type(moved) is type(world.runtime)
    await moved.restart([CHAT_1], "a1")
    assert world.order(CHAT_1) is None, "it writes elsewhere"


async def test_a_service_that_nobody_knows_is_one_of_processes(world: World) -> None:
    assert (await world.runtime.describe("nobody")).name == "process"


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
    world = World(BusyStore(times))
    await world.put(CHAT_1)
    if ordered:
        await world.runtime.restart([CHAT_1], "a1")
    else:
        with pytest.raises(UnreachableError):
            await world.runtime.restart([CHAT_1], "a1")
    assert (world.order(CHAT_1) is not None) is ordered
