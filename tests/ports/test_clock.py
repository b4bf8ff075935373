"""The clock port's promises, over the system's clock and the tests' own."""

from __future__ import annotations

import asyncio
import time

import pytest

from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.ports.clock import Clock
from tests.fakes.clock import FakeClock

HANG_S = 20


@pytest.fixture(params=["system", "fake"])
def clock(request: pytest.FixtureRequest) -> Clock:
    return SystemClock() if request.param == "system" else FakeClock()


async def pass_time(clock: Clock, seconds: float) -> None:
    if isinstance(clock, FakeClock):
        await clock.advance(seconds)
    else:
        await asyncio.sleep(seconds)


async def test_now_and_monotonic_go_on_together(clock: Clock) -> None:
    now, monotonic = clock.now(), clock.monotonic()
    await pass_time(clock, 0.02)
    assert clock.now() > now
    assert clock.monotonic() - monotonic == pytest.approx(clock.now() - now, abs=0.01)


async def test_sleep_waits_that_long_and_not_less(clock: Clock) -> None:
    began = clock.monotonic()
    sleeping = asyncio.ensure_future(clock.sleep(0.05))
    await pass_time(clock, 0.01)
    assert not sleeping.done()
    async with asyncio.timeout(HANG_S):
        await pass_time(clock, 0.06)
        await sleeping
    assert clock.monotonic() - began >= 0.05


async def test_sleep_can_be_cancelled(clock: Clock) -> None:
    sleeping = asyncio.ensure_future(clock.sleep(1000))
    await pass_time(clock, 0.01)
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping


async def test_no_sleep_ends_at_once(clock: Clock) -> None:
    async with asyncio.timeout(HANG_S):
        await clock.sleep(0)
        await clock.sleep(-1)


def test_the_system_clock_begins_at_the_wall_clock_and_takes_no_part_in_its_jumps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SystemClock()
    assert clock.now() == pytest.approx(time.time(), abs=5)
    before = clock.now()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert before <= clock.now() < before + 60


async def test_the_fake_clock_wakes_sleepers_in_order_each_at_its_own_time() -> None:
    clock = FakeClock(now=100.0)
    woken: list[tuple[str, float]] = []

    async def sleep(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.now()))
        if name == "first":
            await sleep("again", seconds)

    tasks = [asyncio.ensure_future(sleep(*pair)) for pair in (("last", 5.0), ("first", 1.0))]
    await clock.advance(3)
    assert woken == [("first", 101.0), ("again", 102.0)]
    assert clock.sleepers == 1
    await clock.advance(3)
    await asyncio.gather(*tasks)
    assert woken[-1] == ("last", 105.0)
    assert clock.now() == 106.0
