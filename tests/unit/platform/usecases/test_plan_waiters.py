from __future__ import annotations

import asyncio

import pytest

from tagent_platform.adapters.store.memory import MemoryStore
from tagent_platform.core.records import ServiceRecord
from tagent_platform.ports.store import Change, StoreUnavailableError
from tagent_platform.usecases.plan_waiters import PlanWaiters


async def commit(store: MemoryStore, name: str) -> None:
    await store.commit([Change(ServiceRecord, name, ServiceRecord(name=name), 0)])
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_commit_wakes_whom_it_concerns_and_nobody_else() -> None:
    store = MemoryStore()
    waiters = PlanWaiters(store)
    waits = {
        name: asyncio.ensure_future(
            waiters.wait(lambda name=name: store.get(ServiceRecord, name) is not None)
        )
        for name in ("a", "b")
    }
    await asyncio.sleep(0)
    await commit(store, "a")
    assert (waits["a"].done(), waits["b"].done()) == (True, False)

    await commit(store, "b")
    await asyncio.gather(*waits.values())


async def test_one_task_looks_for_all_and_ends_with_the_last() -> None:
    store = MemoryStore()
    waiters = PlanWaiters(store)
    before = asyncio.all_tasks()
    waits = [asyncio.ensure_future(waiters.wait(lambda: False)) for _ in range(20)]
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks() - before) == 20 + 1

    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before

    again = asyncio.ensure_future(waiters.wait(lambda: True))
    await asyncio.sleep(0)
    await commit(store, "a")
    await again


class BrokenStore(MemoryStore):
    async def changed(self, since: int) -> int:
        raise StoreUnavailableError("closed")


async def test_those_who_wait_learn_that_nobody_looks_any_more() -> None:
    waiters = PlanWaiters(BrokenStore())
    waits = [asyncio.ensure_future(waiters.wait(lambda: False)) for _ in range(3)]
    outcomes = await asyncio.gather(*waits, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailableError] * 3
    with pytest.raises(StoreUnavailableError):
        await waiters.wait(lambda: False)
