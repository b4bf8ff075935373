"""The control loop: steps one after the other, each failing alone, awake when something changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState
from tagent_platform.core.records import ServiceRecord
from tagent_platform.loop import CONTROL_STEPS, ControlLoop, LoopTimes
from tagent_platform.ports.store import Change, Guard, NewEvent
from tagent_platform.usecases.platform import Platform
from tests.fakes.full_store import FullStore
from tests.fakes.ward import Ward


@asynccontextmanager
async def running(ward: Ward, times: LoopTimes | None = None) -> AsyncIterator[ControlLoop]:
    """Run the loop for the block; an error of its own fails the test."""
    loop = ControlLoop(ward.platform, times)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(loop.run())
        try:
            yield loop
        finally:
            task.cancel()


async def test_a_sick_service_is_healed_and_verified_by_the_loop_alone() -> None:
    ward = Ward()
    chat = await ward.admit()
    async with running(ward):
        await chat.become(Health.UNHEALTHY)
        await ward.clock.advance(1.0)
        assert ward.instance().restart is not None
        await chat.obey()
        for _ in range(12):
            await ward.clock.advance(1.0)
            await chat.say()
        assert ward.state() is IncidentState.RESOLVED
        assert len(ward.notifier.taken) == 1
    assert len(chat.restarts) == 1


async def test_it_wakes_when_something_changed_and_not_only_when_time_has_passed() -> None:
    ward = Ward()
    chat = await ward.admit()
    async with running(ward, LoopTimes(tick_s=3600.0)):
        await ward.clock.advance(1.0)
        await chat.become(Health.UNHEALTHY)
        await ward.clock.advance(0.1)
        assert ward.instance().restart is not None


async def test_it_looks_when_time_has_passed_though_nothing_changed() -> None:
    ward = Ward()
    await ward.admit()
    async with running(ward, LoopTimes(tick_s=0.5)) as loop:
        await ward.clock.advance(10.0)
        seen = loop.ticked_monotonic
        await ward.clock.advance(1.1)
        assert loop.ticked_monotonic > seen
        await ward.clock.advance(15.0)
        assert ward.instance().health is Health.OFFLINE


async def test_a_step_that_fails_stops_neither_the_others_nor_the_next_look(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ward = Ward()
    chat = await ward.admit()

    async def failing_step(_: Platform) -> None:
        raise RuntimeError("a bug")

    loop = ControlLoop(ward.platform, steps=(failing_step, *CONTROL_STEPS))
    await chat.become(Health.UNHEALTHY)
    await loop.tick()
    assert len(ward.incident().attempts) == 1
    assert "the step failing_step failed" in caplog.text
    assert "a bug" in caplog.text


class TroubledStore(FullStore):
    """Others commit in it just before we do, once."""

    meddling: Change | None = None

    async def commit(
        self, changes: Sequence[Change | Guard], events: Sequence[NewEvent] = ()
    ) -> int:
        if self.meddling is not None:
            meddling, self.meddling = self.meddling, None
            await super().commit([meddling])
        return await super().commit(changes, events)


async def test_while_the_store_is_away_nothing_is_decided_and_nobody_is_blamed() -> None:
    store = TroubledStore()
    ward = Ward(store)
    chat = await ward.admit()
    loop = ControlLoop(ward.platform)
    await loop.tick()
    await chat.become(Health.UNHEALTHY)

    store.is_full = True
    await loop.tick()
    assert ward.platform.store_watch.is_away
    for _ in range(30):
        await ward.clock.advance(1.0)
        await loop.tick()
    store.is_full = False
    assert ward.incidents() == []
    assert ward.instance().health is Health.UNHEALTHY

    await ward.tick()
    assert not ward.platform.store_watch.is_away
    await loop.tick()
    assert ward.instance().health is Health.UNHEALTHY, "its silence counts anew"
    assert ward.incidents() == [], "what it said before is not acted upon"
    await chat.say()
    await loop.tick()
    assert len(ward.incident().attempts) == 1


async def test_a_commit_that_comes_in_between_is_decided_again() -> None:
    store = TroubledStore()
    ward = Ward(store)
    chat = await ward.admit()
    await chat.become(Health.UNHEALTHY)
    held = store.get(ServiceRecord, "chat")
    assert held is not None
    store.meddling = Change(ServiceRecord, "chat", held.record, held.version)
    await ControlLoop(ward.platform).tick()
    assert store.meddling is None
    assert len(ward.incident().attempts) == 1
    assert len(await ward.events("incident.opened")) == 1


async def test_two_loops_on_one_store_do_nothing_twice() -> None:
    ward = Ward()
    chat = await ward.admit()
    async with running(ward), running(ward):
        await chat.become(Health.UNHEALTHY)
        await ward.clock.advance(1.0)
        await chat.obey()
        for _ in range(12):
            await ward.clock.advance(1.0)
            await chat.say()
    assert ward.state() is IncidentState.RESOLVED
    assert len(chat.restarts) == len(ward.incident().attempts) == 1
    assert len(await ward.events("incident.resolved")) == 1
