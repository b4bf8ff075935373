from __future__ import annotations

import asyncio

import pytest

from tagent_platform.api.errors import ProblemError
from tagent_platform.api.server import Slots, Stopping


async def never() -> None:
    await asyncio.get_running_loop().create_future()


async def at_once() -> str:
    return "changed"


async def test_a_change_is_returned() -> None:
    assert await Stopping().wait_for(at_once(), 60.0) == "changed"


async def test_a_failure_of_what_is_waited_for_comes_through() -> None:
    async def fails() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await Stopping().wait_for(fails(), 60.0)


async def test_a_stop_ends_every_wait() -> None:
    stopping = Stopping()
    waits = [asyncio.ensure_future(stopping.wait_for(never(), 60.0)) for _ in range(3)]
    await asyncio.sleep(0)
    stopping.set()
    assert await asyncio.gather(*waits) == [None, None, None]


async def test_nobody_waits_once_it_stops() -> None:
    stopping = Stopping()
    stopping.set()
    assert await stopping.wait_for(never(), 60.0) is None


async def test_a_caller_who_leaves_is_not_waited_for() -> None:
    assert await Stopping().wait_for(never(), 60.0, gone=at_once()) is None


async def test_a_wait_has_an_end() -> None:
    assert await Stopping().wait_for(never(), 0.0) is None


def test_slots_are_given_back_also_after_a_failure() -> None:
    slots = Slots("open things", 1)
    with pytest.raises(LookupError), slots.take():
        raise LookupError
    with slots.take(), pytest.raises(ProblemError) as caught, slots.take():
        pass
    assert caught.value.problem.status == 503
    assert slots.taken == 0
