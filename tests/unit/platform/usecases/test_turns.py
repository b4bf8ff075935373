from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tagent_platform.usecases.turns import Turns


class Work:
    """Notes its turns; each lasts until `release` is called."""

    def __init__(self) -> None:
        self.turns: list[list[int]] = []
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def run(self, items: Sequence[int]) -> None:
        self.turns.append(list(items))
        await self.gate.wait()
        if self.error is not None:
            error, self.error = self.error, None
            raise error


async def started(*takers: asyncio.Future[None]) -> None:
    for _ in range(5):
        await asyncio.sleep(0)
    assert takers


async def test_what_arrives_during_a_turn_is_done_together_in_the_next() -> None:
    turns, work = Turns[int](), Work()
    takers = [asyncio.ensure_future(turns.take("a", n, work.run)) for n in range(4)]
    await started(*takers)
    work.gate.set()
    await asyncio.gather(*takers)

    assert work.turns == [[0, 1, 2, 3]] or work.turns == [[0], [1, 2, 3]]
    assert sorted(item for turn in work.turns for item in turn) == [0, 1, 2, 3]


async def test_keys_do_not_wait_for_each_other() -> None:
    turns, stuck, free = Turns[int](), Work(), Work()
    free.gate.set()
    waiting = asyncio.ensure_future(turns.take("a", 1, stuck.run))
    await started(waiting)

    await turns.take("b", 2, free.run)

    assert not waiting.done()
    stuck.gate.set()
    await waiting


async def test_an_error_is_its_callers_and_the_others_try_again() -> None:
    turns, work = Turns[int](), Work()
    takers = [asyncio.ensure_future(turns.take("a", n, work.run)) for n in range(3)]
    await started(*takers)
    work.error = ValueError("once")
    work.gate.set()
    outcomes = await asyncio.gather(*takers, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes].count(ValueError) == 1
    assert outcomes.count(None) == 2


async def test_a_caller_that_goes_away_takes_nobody_with_it() -> None:
    turns, work = Turns[int](), Work()
    takers = [asyncio.ensure_future(turns.take("a", n, work.run)) for n in range(3)]
    await started(*takers)
    takers[0].cancel()
    await started(*takers)
    work.gate.set()
    await asyncio.gather(*takers[1:])

    with pytest.raises(asyncio.CancelledError):
        await takers[0]
    assert work.turns[-1] == [1, 2]


async def test_a_caller_that_leaves_the_queue_is_not_served() -> None:
    turns, work = Turns[int](), Work()
    first = asyncio.ensure_future(turns.take("a", 1, work.run))
    await started(first)
    second = asyncio.ensure_future(turns.take("a", 2, work.run))
    await started(second)
    second.cancel()
    await started(second)
    work.gate.set()
    await first

    assert work.turns == [[1]]
