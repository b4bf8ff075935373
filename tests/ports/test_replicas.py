"""The replicas port's promises, over every adapter."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from tagent_contract.reports import Window
from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.store.firestore.opening import Place, open_firestore
from tagent_platform.adapters.store.firestore.replicas import SHARD_BYTES_MAX
from tagent_platform.ports.replicas import Hearsay, Heartbeat, Replicas
from tests.fakes.replicas import Meeting

HANG_S = 20


@pytest.fixture(params=["memory", "firestore"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Replicas, Replicas]]:
    clock = SystemClock()
    if request.param == "memory":
        meeting = Meeting(clock)
        yield meeting.join("a"), meeting.join("b")
        return
    host, project = request.getfixturevalue("firestore_host"), f"t{secrets.token_hex(6)}"
    async with AsyncExitStack() as stack:
        opened = []
        for name in ("a", "b"):
            place = Place(project=project, emulator=host, timeout_s=HANG_S)
            _, replicas, close = await open_firestore(
                place, replica=name, clock=clock, events_max=10
            )
            stack.push_async_callback(close)
            opened.append(replicas)
        yield opened[0], opened[1]


def said(number: int, detail: str = "") -> Hearsay:
    window = Window(age_s=0.5, duration_s=5.0, requests=number)
    return Hearsay(
        key=f"chat/chat-{number}",
        boot_id=f"boot-{number:04d}",
        seq=number,
        heard_age_s=0.25,
        plan_answered_age_s=1.5,
        detail=detail,
        window=window,
    )


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG_S):
        while not look():
            await asyncio.sleep(0.005)


async def heartbeat_of(listener: Replicas, holds: Callable[[Heartbeat], bool]) -> Heartbeat:
    await until(lambda: any(holds(beat) for beat in listener.others()))
    (found,) = listener.others()
    return found


async def test_each_has_a_name_of_its_own_and_does_not_hear_itself(
    pair: tuple[Replicas, Replicas],
) -> None:
    one, other = pair
    assert one.me != other.me
    await one.beat([said(1)])
    assert one.others() == ()


async def test_what_one_says_the_other_hears_and_the_latest_counts(
    pair: tuple[Replicas, Replicas],
) -> None:
    one, other = pair
    await one.beat([said(1), said(2)])
    beat = await heartbeat_of(other, lambda beat: len(beat.hearsay) == 2)
    assert (beat.replica, list(beat.hearsay)) == (one.me, [said(1), said(2)])
    assert beat.written_monotonic <= beat.seen_monotonic
    await one.beat([said(3)])
    later = await heartbeat_of(other, lambda beat: list(beat.hearsay) == [said(3)])
    assert later.seen_monotonic > beat.seen_monotonic
    await one.beat([])
    await heartbeat_of(other, lambda beat: not beat.hearsay)


async def test_a_heartbeat_of_very_many_arrives_whole_and_shrinks_again(
    pair: tuple[Replicas, Replicas],
) -> None:
    one, other = pair
    # Nothing that packs well, and more than one document can hold.
    many = [said(n, detail=secrets.token_hex(5_000)) for n in range(SHARD_BYTES_MAX // 5_000)]
    await one.beat(many)
    beat = await heartbeat_of(other, lambda beat: len(beat.hearsay) == len(many))
    assert {each.key for each in beat.hearsay} == {each.key for each in many}
    await one.beat(many[:3])
    beat = await heartbeat_of(other, lambda beat: len(beat.hearsay) < len(many))
    assert list(beat.hearsay) == many[:3]


async def test_who_leaves_is_forgotten_at_once(pair: tuple[Replicas, Replicas]) -> None:
    one, other = pair
    await one.beat([said(1)])
    await heartbeat_of(other, lambda beat: len(beat.hearsay) == 1)
    await one.leave()
    await until(lambda: other.others() == ())
