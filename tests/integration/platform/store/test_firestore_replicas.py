"""Two platforms on one Firestore: they agree, nothing is written twice, and what one writes the other sees soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from tagent_contract.events import EventType
from tagent_platform.adapters.store.firestore import feed
from tagent_platform.adapters.store.firestore.documents import write_of_meta
from tagent_platform.core.records import ServiceRecord
from tagent_platform.ports.store import Change, ConflictError, EventQuery, NewEvent, Store
from tests.ports.store_harnesses import FirestoreHarness

pytestmark = pytest.mark.integration
HANG_S = 60


@pytest.fixture
async def two(firestore_host: str) -> AsyncIterator[tuple[Store, Store]]:
    harness = FirestoreHarness(firestore_host)
    async with AsyncExitStack() as stack:
        one, other = [await stack.enter_async_context(harness.opened()) for _ in range(2)]
        yield one, other


def put(name: str, expected: int = 0, detail: str = "") -> Change:
    return Change(ServiceRecord, name, ServiceRecord(name=name, detail=detail), expected)


def event(service: str, text: str) -> NewEvent:
    return NewEvent(service, 1_800_000_000.0, EventType.HEALTH_CHANGED, text)


async def until(store: Store, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG_S):
        seen = await store.changed(-1)
        while not holds():
            seen = await store.changed(seen)


async def test_what_one_writes_the_other_sees_with_the_same_version_and_the_same_events(
    two: tuple[Store, Store],
) -> None:
    one, other = two
    assert one.epoch == other.epoch
    version = await one.commit([put("chat", detail="new")], [event("chat", "told")])
    await until(other, lambda: other.get(ServiceRecord, "chat") is not None)
    assert other.get(ServiceRecord, "chat") == one.get(ServiceRecord, "chat")
    held = other.get(ServiceRecord, "chat")
    assert held is not None
    assert held.version == version
    (told,) = await other.read_events(EventQuery())
    assert [told] == list(await one.read_events(EventQuery()))


async def test_who_waits_for_a_commits_number_sees_that_commit_whichever_replica_wrote_it(
    two: tuple[Store, Store],
) -> None:
    one, other = two
    for number in range(10):
        version = await one.commit([put(f"chat-{number}")])
        async with asyncio.timeout(HANG_S):
            await other.changed(version - 1)
        assert other.get(ServiceRecord, f"chat-{number}") is not None


async def test_competing_replicas_lose_no_step_and_number_events_without_gaps(
    two: tuple[Store, Store],
) -> None:
    one, other = two
    await one.commit([put("chat", detail="0")])
    await until(other, lambda: other.get(ServiceRecord, "chat") is not None)

    async def count(store: Store, times: int) -> None:
        done = 0
        while done < times:
            held = store.get(ServiceRecord, "chat")
            assert held is not None
            step = str(int(held.record.detail) + 1)
            try:
                await store.commit([put("chat", held.version, step)], [event("chat", step)])
            except ConflictError:
                continue
            done += 1

    async with asyncio.timeout(HANG_S):
        await asyncio.gather(count(one, 8), count(other, 8))
    last = await one.commit([put("end")])
    await other.changed(last - 1)
    for store in two:
        held = store.get(ServiceRecord, "chat")
        assert held is not None
        assert held.record.detail == "16"
        events = await store.read_events(EventQuery(limit=1000))
        assert [each.sequence for each in events] == list(range(1, 17))
        assert [each.text for each in events] == [str(n) for n in range(1, 17)]
    everything = EventQuery(limit=99)
    assert await one.read_events(everything) == await other.read_events(everything)


async def test_two_that_tell_of_one_service_at_once_leave_no_gap(two: tuple[Store, Store]) -> None:
    async def tell(store: Store, name: str) -> None:
        for number in range(8):
            await store.commit([put(f"{name}-{number}")], [event("chat", f"{name} {number}")])

    async with asyncio.timeout(HANG_S):
        await asyncio.gather(tell(two[0], "one"), tell(two[1], "other"))
    last = await two[0].commit([put("end")])
    await two[1].changed(last - 1)
    for store in two:
        events = await store.read_events(EventQuery(limit=1000))
        assert [each.sequence for each in events] == list(range(1, 17))
        assert len({each.text for each in events}) == 16


async def test_what_one_deletes_is_gone_for_the_other_and_can_be_made_again(
    two: tuple[Store, Store],
) -> None:
    one, other = two
    version = await one.commit([put("chat")])
    await until(other, lambda: other.get(ServiceRecord, "chat") is not None)
    await other.commit([Change(ServiceRecord, "chat", None, version)])
    await until(one, lambda: one.get(ServiceRecord, "chat") is None)
    again = await one.commit([put("chat", detail="again")])
    await until(other, lambda: other.get(ServiceRecord, "chat") is not None)
    held = other.get(ServiceRecord, "chat")
    assert held is not None
    assert (held.record.detail, held.version) == ("again", again)


async def test_who_decided_on_what_another_has_changed_is_refused_and_then_sees_it(
    two: tuple[Store, Store],
) -> None:
    one, other = two
    version = await one.commit([put("chat", detail="old")])
    await other.changed(version - 1)
    newer, *_ = await asyncio.gather(one.commit([put("chat", version, "new")]))
    # Whether the other has been shown the change already or not.
    with pytest.raises(ConflictError):
        await other.commit([put("chat", version, "mine")], [event("chat", "mine")])
    held = other.get(ServiceRecord, "chat")
    assert held is not None
    assert (held.record.detail, held.version) == ("new", newer)
    assert await other.read_events(EventQuery(service="chat")) == ()


async def test_a_stream_that_is_opened_again_for_newer_events_loses_none(
    firestore_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "EVENTS_FOLLOWED_MAX", 10)
    # Not shorter: on a busy machine the emulator may tell an event so much later than the time up to which it says to have told all.
    monkeypatch.setattr(feed, "EVENTS_OVERLAP_S", 5.0)
    harness = FirestoreHarness(firestore_host)
    async with harness.opened() as one, harness.opened() as other:
        for number in range(40):
            store = (one, other)[number % 2]
            await store.commit([put(f"chat-{number}")], [event("chat", str(number))])
        last = await one.commit([put("end")])
        await other.changed(last - 1)
        for store in (one, other):
            # The emulator tells a commit's events now and then a moment after its records.
            async with asyncio.timeout(HANG_S):
                while len(told := await store.read_events(EventQuery(limit=1000))) < 40:
                    await asyncio.sleep(0.01)
            assert [each.text for each in told] == [str(number) for number in range(40)]
            assert len(store.all(ServiceRecord)) == 41


async def test_what_cannot_be_read_is_passed_over_and_said(
    firestore_host: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A newer Tagent beside this one, while a new version is rolled out, may write what this one does not know."""
    harness = FirestoreHarness(firestore_host)
    async with harness.opened() as one:
        calls = one._calls  # type: ignore[attr-defined]
        write = write_of_meta(calls.database, "x", "from the future")
        write.update.name = calls.database.document("tagent_records", "hologram:chat")
        await calls.commit([write])
        await one.commit([put("chat")])
        assert list(one.all(ServiceRecord)) == ["chat"]
    assert "hologram:chat cannot be read" in caplog.text
    async with harness.opened() as again:
        assert list(again.all(ServiceRecord)) == ["chat"]
