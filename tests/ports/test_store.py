"""The store port's promises, one test or more a bullet, over every adapter."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tagent_contract.events import Event, EventType
from tagent_platform.core.records import (
    HALT_KEY,
    RECORD_KINDS,
    BudgetRecord,
    HaltRecord,
    ServiceRecord,
    TokenRecord,
    TokenRole,
)
from tagent_platform.ports.store import (
    Change,
    ConflictError,
    EventQuery,
    Guard,
    NewEvent,
    Store,
    StoreUnavailableError,
    UnknownCursorError,
)
from tests.ports.store_harnesses import (
    FirestoreHarness,
    Harness,
    MemoryHarness,
    SqliteHarness,
)

HANG_S = 20


@pytest.fixture(params=["memory", "sqlite", "firestore"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Harness:
    if request.param == "firestore":
        return FirestoreHarness(request.getfixturevalue("firestore_host"))
    return MemoryHarness() if request.param == "memory" else SqliteHarness(tmp_path)


@pytest.fixture
def durable(harness: Harness) -> SqliteHarness:
    if not isinstance(harness, SqliteHarness):
        pytest.skip("this store has no storage that could be reopened or denied")
    return harness


@pytest.fixture
def kept(harness: Harness) -> SqliteHarness | FirestoreHarness:
    if isinstance(harness, MemoryHarness):
        pytest.skip("this store has no storage that could be reopened")
    return harness


@pytest.fixture
async def store(harness: Harness) -> AsyncIterator[Store]:
    async with harness.opened() as opened:
        yield opened


def put(name: str, expected: int = 0, detail: str = "") -> Change:
    return Change(ServiceRecord, name, ServiceRecord(name=name, detail=detail), expected)


def event(service: str, text: str = "it happened", at: float = 1_800_000_000.0) -> NewEvent:
    return NewEvent(service, at, EventType.HEALTH_CHANGED, text)


def sequences(events: Any) -> list[int]:
    return [one.sequence for one in events]


# --- a commit ---------------------------------------------------------------------------------------------


async def test_a_committed_record_is_read_back_with_its_commits_number(store: Store) -> None:
    version = await store.commit([put("chat", detail="fine")])
    held = store.get(ServiceRecord, "chat")
    assert held is not None
    assert (held.record.detail, held.version) == ("fine", version)
    assert dict(store.all(ServiceRecord)) == {"chat": held}


async def test_a_deleted_record_is_gone_and_its_key_can_be_used_again(store: Store) -> None:
    first = await store.commit([put("chat")])
    await store.commit([Change(ServiceRecord, "chat", None, first)])
    assert store.get(ServiceRecord, "chat") is None
    assert dict(store.all(ServiceRecord)) == {}
    assert await store.commit([put("chat", expected=0)]) > first


@pytest.mark.parametrize("expected", [0, 99])
async def test_a_commit_on_a_version_that_no_longer_holds_changes_nothing(
    store: Store, expected: int
) -> None:
    first = await store.commit([put("chat", detail="old")])
    with pytest.raises(ConflictError, match="'chat'"):
        await store.commit(
            [put("other"), put("chat", expected, "new")], [event("chat"), event("other")]
        )
    held = store.get(ServiceRecord, "chat")
    assert held is not None
    assert (held.record.detail, held.version) == ("old", first)
    assert store.get(ServiceRecord, "other") is None
    assert await store.read_events(EventQuery()) in ((), [])
    await store.commit([put("chat", first, "new")], [event("chat")])
    assert sequences(await store.read_events(EventQuery(service="chat"))) == [1]


async def test_deleting_what_is_not_there_is_a_conflict(store: Store) -> None:
    with pytest.raises(ConflictError):
        await store.commit([Change(ServiceRecord, "chat", None, 3)])


async def test_the_same_key_of_two_kinds_is_two_records(store: Store) -> None:
    await store.commit([put("x")])
    await store.commit(
        [
            Change(
                BudgetRecord, "x", BudgetRecord(service="x", instance=None, cause_key="organic"), 0
            )
        ]
    )
    assert store.get(ServiceRecord, "x") is not None
    assert store.get(BudgetRecord, "x") is not None


async def test_of_many_commits_on_one_version_exactly_one_succeeds(store: Store) -> None:
    first = await store.commit([put("chat")])
    results = await asyncio.gather(
        *(store.commit([put("chat", first, str(n))], [event("chat", str(n))]) for n in range(50)),
        return_exceptions=True,
    )
    won = [n for n, result in enumerate(results) if isinstance(result, int)]
    assert len(won) == 1
    assert all(isinstance(r, ConflictError) for n, r in enumerate(results) if n != won[0])
    held = store.get(ServiceRecord, "chat")
    assert held is not None
    assert held.record.detail == str(won[0])
    assert [one.text for one in await store.read_events(EventQuery())] == [str(won[0])]


async def test_competing_counters_lose_no_step_and_number_events_without_gaps(store: Store) -> None:
    await store.commit([put("chat", detail="0")])

    async def count(times: int) -> None:
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
        await asyncio.gather(*(count(10) for _ in range(5)))
    held = store.get(ServiceRecord, "chat")
    assert held is not None
    assert held.record.detail == "50"
    events = await store.read_events(EventQuery(service="chat", limit=1000))
    assert sequences(events) == list(range(1, 51))
    assert [one.text for one in events] == [str(n) for n in range(1, 51)]


async def test_a_guard_holds_the_commit_to_a_record_that_it_does_not_write(store: Store) -> None:
    await store.commit([put("chat"), Guard(HaltRecord, HALT_KEY, 0)])
    halted = await store.commit([Change(HaltRecord, HALT_KEY, HaltRecord(halted=True), 0)])
    with pytest.raises(ConflictError, match="HaltRecord"):
        await store.commit([put("other"), Guard(HaltRecord, HALT_KEY, 0)], [event("other")])
    assert store.get(ServiceRecord, "other") is None
    await store.commit([put("other"), Guard(HaltRecord, HALT_KEY, halted)])
    held = store.get(HaltRecord, HALT_KEY)
    assert held is not None
    assert held.version == halted


async def test_of_a_guarded_commit_and_the_change_it_guards_against_only_one_order_exists(
    store: Store,
) -> None:
    """Either the fault was first, and the halt knows of it, or the halt was, and the fault is refused."""
    results = await asyncio.gather(
        store.commit([Change(HaltRecord, HALT_KEY, HaltRecord(halted=True), 0)]),
        *(store.commit([put(f"fault-{n}"), Guard(HaltRecord, HALT_KEY, 0)]) for n in range(20)),
        return_exceptions=True,
    )
    halt = results[0]
    assert isinstance(halt, int)
    for n, result in enumerate(results[1:]):
        assert (store.get(ServiceRecord, f"fault-{n}") is not None) == isinstance(result, int)
        assert isinstance(result, ConflictError) or result < halt


async def test_writing_one_record_twice_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="twice"):
        await store.commit([put("chat", detail="a"), put("chat", detail="b")])
    assert store.get(ServiceRecord, "chat") is None


@pytest.mark.parametrize(
    "broken",
    [
        NewEvent("chat", math.inf, EventType.HEALTH_CHANGED, "from the end of time"),
        NewEvent("chat", 0.0, EventType.HEALTH_CHANGED, "\ud800"),
        NewEvent("chat", 0.0, EventType.HEALTH_CHANGED, "x", data={"what": object()}),  # type: ignore[dict-item]
    ],
)
async def test_an_event_that_cannot_be_written_fails_its_commit_alone(
    store: Store, broken: NewEvent
) -> None:
    results = await asyncio.gather(
        store.commit([put("chat")], [broken]),
        store.commit([put("other")], [event("chat")]),
        return_exceptions=True,
    )
    assert isinstance(results[0], ValueError | TypeError | OverflowError)
    assert isinstance(results[1], int)
    assert store.get(ServiceRecord, "chat") is None
    assert sequences(await store.read_events(EventQuery())) == [1]


async def test_commit_numbers_grow(store: Store) -> None:
    numbers = [await store.commit([put(f"service-{n}")], []) for n in range(5)]
    assert numbers == sorted(set(numbers))
    assert await store.commit([], [event("chat")]) > numbers[-1]


async def test_a_commit_that_its_caller_gave_up_is_whole_or_nothing(store: Store) -> None:
    task = asyncio.ensure_future(store.commit([put("chat")], [event("chat")]))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.commit([put("other")], [event("other")])
    # Firestore's emulator tells a commit's records and events a moment apart, which Firestore does not.
    await store.confirm()
    written = store.get(ServiceRecord, "chat") is not None
    assert len(await store.read_events(EventQuery(service="chat"))) == int(written)


async def test_all_is_a_live_view_that_cannot_be_written_to(store: Store) -> None:
    view = store.all(ServiceRecord)
    await store.commit([put("chat")])
    assert list(view) == ["chat"]
    with pytest.raises(TypeError):
        view["x"] = view["chat"]  # type: ignore[index]


async def test_latest_names_the_newest_commit_of_each_kind(store: Store) -> None:
    first = await store.commit([put("chat")])
    halted = await store.commit(
        [
            Change(HaltRecord, HALT_KEY, HaltRecord(halted=True), 0),
            Guard(ServiceRecord, "chat", first),
        ]
    )
    assert store.latest[ServiceRecord] == first
    assert store.latest[HaltRecord] == halted
    assert TokenRecord not in store.latest
    gone = await store.commit([Change(ServiceRecord, "chat", None, first)])
    # When a record was deleted, a storage need not say; by when it is gone, it does.
    assert store.latest[ServiceRecord] >= gone


# --- events -----------------------------------------------------------------------------------------------


async def test_events_keep_what_they_were_given(store: Store) -> None:
    new = NewEvent(
        service="chat", at=1_800_000_000.125, type=EventType.FAULT_ARMED, text="latency armed", actor="ada",
        instance="chat-9001", fault="f1", incident="i1", data={"ttl_s": 120, "forced": False, "by": None},
    )  # fmt: skip
    await store.commit([], [new])
    (got,) = await store.read_events(EventQuery())
    assert got == Event(
        cursor=got.cursor, sequence=1, service="chat", at="2027-01-15T08:00:00.125Z", type=EventType.FAULT_ARMED,
        text="latency armed", actor="ada", instance="chat-9001", fault="f1", incident="i1",
        data={"ttl_s": 120, "forced": False, "by": None},
    )  # fmt: skip


async def test_each_service_counts_its_events_for_itself_in_the_order_of_commits(
    store: Store,
) -> None:
    await store.commit([], [event("chat", "a"), event("summary", "b"), event("", "c")])
    await store.commit([], [event("chat", "d"), event("chat", "e")])
    events = await store.read_events(EventQuery())
    assert [one.text for one in events] == ["a", "b", "c", "d", "e"]
    assert [(one.service, one.sequence) for one in events] == [
        ("chat", 1), ("summary", 1), ("", 1), ("chat", 2), ("chat", 3),
    ]  # fmt: skip
    assert [one.text for one in await store.read_events(EventQuery(service="chat"))] == [
        "a",
        "d",
        "e",
    ]
    assert [one.text for one in await store.read_events(EventQuery(service=""))] == ["c"]


async def test_events_are_read_on_from_a_cursor_in_pages(store: Store) -> None:
    for n in range(25):
        await store.commit([], [event("chat", str(n))])
    cursor = None
    read: list[str] = []
    while page := await store.read_events(EventQuery(after=cursor, limit=10)):
        read += [one.text for one in page]
        cursor = page[-1].cursor
    assert read == [str(n) for n in range(25)]
    assert len({one.cursor for one in await store.read_events(EventQuery(limit=100))}) == 25


@pytest.mark.parametrize("cursor", ["", "nonsense", "{epoch}.", "{epoch}.x", "{epoch}.2", "{epoch}.-1", "other.1", "{epoch}.99999999999999999999", "1"])  # fmt: skip
@pytest.mark.parametrize("bound", ["after", "before"])
async def test_an_unknown_cursor_is_an_error(store: Store, bound: str, cursor: str) -> None:
    await store.commit([], [event("chat")])
    query = EventQuery(**{bound: cursor.format(epoch=store.epoch)})  # type: ignore[arg-type]
    with pytest.raises(UnknownCursorError, match="cursor") as caught:
        await store.read_events(query)
    assert caught.value.bound == bound


async def texts(store: Store, **asked: Any) -> list[str]:
    return [one.text for one in await store.read_events(EventQuery(**asked))]


async def test_events_are_read_back_from_the_newest_in_pages(store: Store) -> None:
    assert await texts(store, newest_first=True) == []
    await store.commit([], [event("chat", str(n)) for n in range(25)])
    cursor = None
    read: list[str] = []
    while page := await store.read_events(EventQuery(before=cursor, newest_first=True, limit=10)):
        read += [one.text for one in page]
        cursor = page[-1].cursor
    assert read == [str(n) for n in reversed(range(25))]


@pytest.mark.parametrize("newest_first", [False, True])
async def test_both_cursors_bound_what_is_read_and_are_not_part_of_it(
    store: Store, newest_first: bool
) -> None:
    await store.commit([], [event("chat", str(n)) for n in range(10)])
    cursors = [one.cursor for one in await store.read_events(EventQuery())]
    between = ["4", "5", "6"]
    found = await texts(store, after=cursors[3], before=cursors[7], newest_first=newest_first)
    assert found == (between[::-1] if newest_first else between)
    assert await texts(store, after=cursors[7], before=cursors[3], newest_first=newest_first) == []
    assert await texts(store, before=cursors[0], newest_first=newest_first) == []


@pytest.mark.parametrize("newest_first", [False, True])
async def test_events_are_told_apart_by_service_type_and_actor(
    store: Store, newest_first: bool
) -> None:
    def new(service: str, kind: EventType, actor: str) -> NewEvent:
        return NewEvent(service, 1_800_000_000.0, kind, f"{service} {kind} {actor}", actor)

    everything = [
        new(service, kind, actor)
        for service in ("chat", "summary")
        for kind in (EventType.FAULT_ARMED, EventType.FAULT_ENDED, EventType.HALT_SET)
        for actor in ("ada", "", "b\"'%")
    ]
    await store.commit([], everything)

    async def read(**asked: str) -> set[str]:
        return set(await texts(store, newest_first=newest_first, **asked))

    def expected(is_asked_for: Callable[[NewEvent], bool]) -> set[str]:
        return {one.text for one in everything if is_asked_for(one)}

    assert await read(type_prefix="fault.") == expected(lambda e: e.type.startswith("fault."))
    assert await read(type_prefix="halt.set") == expected(lambda e: e.type == "halt.set")
    assert await read(type_prefix="ault") == set()
    assert await read(actor="b\"'%") == expected(lambda e: e.actor == "b\"'%")
    assert await read(actor="") == expected(lambda e: e.actor == "")
    assert await read(service="chat", actor="ada", type_prefix="fault") == expected(
        lambda e: e.service == "chat" and e.actor == "ada" and e.type.startswith("fault")
    )


async def test_a_page_is_full_of_what_matches_however_much_does_not(store: Store) -> None:
    await store.commit([], [event("chat" if n % 10 else "rare", str(n)) for n in range(100)])
    assert await texts(store, service="rare", limit=3) == ["0", "10", "20"]
    assert await texts(store, service="rare", limit=3, newest_first=True) == ["90", "80", "70"]


async def test_old_events_are_dropped_and_a_cursor_before_the_oldest_is_served_from_it(
    harness: Harness,
) -> None:
    async with harness.opened(events_max=10) as store:
        await store.commit([], [event("chat", "first")])
        (first,) = await store.read_events(EventQuery())
        for n in range(30):
            await store.commit([], [event("chat" if n % 2 else "summary", str(n))])
        events = await store.read_events(EventQuery(after=first.cursor, limit=1000))
        assert [one.text for one in events] == [str(n) for n in range(20, 30)]
        chats = await store.read_events(EventQuery(service="chat", limit=1000))
        assert sequences(chats) == list(range(12, 17))
        back = await texts(store, newest_first=True, limit=1000)
        assert back == [str(n) for n in reversed(range(20, 30))]
        assert await texts(store, before=first.cursor, newest_first=True) == []


# --- waiting ----------------------------------------------------------------------------------------------


async def test_changed_answers_at_once_when_there_is_something_newer(store: Store) -> None:
    assert await store.changed(-1) == 0
    version = await store.commit([put("chat")])
    assert await store.changed(-1) == version
    assert await store.changed(version - 1) == version


async def test_changed_waits_for_the_next_commit_and_wakes_everyone(store: Store) -> None:
    version = await store.commit([put("chat")])
    waiting = [asyncio.ensure_future(store.changed(version)) for _ in range(20)]
    given_up = asyncio.ensure_future(store.changed(version))
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    given_up.cancel()
    newer = await store.commit([put("other")])
    async with asyncio.timeout(HANG_S):
        assert await asyncio.gather(*waiting) == [newer] * 20


async def test_a_refused_commit_wakes_nobody(store: Store) -> None:
    version = await store.commit([put("chat")])
    waiting = asyncio.ensure_future(store.changed(version))
    with pytest.raises(ConflictError):
        await store.commit([put("chat")])
    await asyncio.sleep(0)
    assert not waiting.done()
    await store.commit([put("other")])
    await waiting


async def test_who_is_woken_reads_what_the_commit_wrote(store: Store) -> None:
    async def watch() -> str:
        await store.changed(await store.changed(-1))
        held = store.get(ServiceRecord, "chat")
        assert held is not None
        return held.record.detail + (await store.read_events(EventQuery()))[-1].text

    watching = asyncio.ensure_future(watch())
    await asyncio.sleep(0)
    await store.commit([put("chat", detail="new ")], [event("chat", "event")])
    assert await watching == "new event"


# --- storage ----------------------------------------------------------------------------------------------


async def test_confirm_passes_while_mirror_and_storage_agree(store: Store) -> None:
    await store.confirm()
    await store.commit([put("chat")])
    await asyncio.gather(store.confirm(), store.commit([put("other")]), store.confirm())


async def test_everything_is_there_after_reopening(
    kept: SqliteHarness | FirestoreHarness,
) -> None:
    async with kept.opened() as store:
        epoch = store.epoch
        first = await store.commit(
            [put("chat", detail="kept"), put("gone")], [event("chat", "one")]
        )
        version = await store.commit(
            [Change(ServiceRecord, "gone", None, first)], [event("chat", "two")]
        )
        cursor = (await store.read_events(EventQuery()))[0].cursor
    async with kept.opened() as store:
        assert store.epoch == epoch
        held = store.get(ServiceRecord, "chat")
        assert held is not None
        assert (held.record.detail, held.version) == ("kept", first)
        assert store.get(ServiceRecord, "gone") is None
        assert await store.changed(-1) == version
        assert store.latest[ServiceRecord] == first
        assert [one.text for one in await store.read_events(EventQuery(after=cursor))] == ["two"]
        assert await store.commit([put("chat", first)], [event("chat", "three")]) > version
        assert sequences(await store.read_events(EventQuery())) == [1, 2, 3]
        with pytest.raises(ConflictError):
            await store.commit([put("chat", first)])


async def test_every_kind_of_record_survives_reopening(
    kept: SqliteHarness | FirestoreHarness,
) -> None:
    token = TokenRecord(id="t", name="ada", role=TokenRole.ADMIN, digest="d", created_at=1.5)
    async with kept.opened() as store:
        await store.commit([Change(TokenRecord, "t", token, 0)])
    async with kept.opened() as store:
        held = store.get(TokenRecord, "t")
        assert held is not None
        assert held.record == token
        assert {kind: len(store.all(kind)) for kind in RECORD_KINDS.values()} == {
            kind: int(kind is TokenRecord) for kind in RECORD_KINDS.values()
        }


async def test_old_events_are_read_from_storage_after_reopening(
    kept: SqliteHarness | FirestoreHarness,
) -> None:
    async with kept.opened() as store:
        await store.commit([], [event("chat" if n % 3 else "summary", str(n)) for n in range(90)])
    async with kept.opened() as store:
        await store.commit([], [event("chat", "90")])
        everything = await store.read_events(EventQuery(limit=1000))
        assert [one.text for one in everything] == [str(n) for n in range(91)]
        tail = await store.read_events(EventQuery(after=everything[-2].cursor))
        assert [one.text for one in tail] == ["90"]
        of_service = await store.read_events(
            EventQuery(after=everything[3].cursor, service="summary", limit=3)
        )
        assert [one.text for one in of_service] == ["6", "9", "12"]
        assert await texts(store, newest_first=True, limit=3) == ["90", "89", "88"]
        assert await texts(store, newest_first=True, limit=1) == ["90"]
        older = await texts(store, newest_first=True, before=everything[50].cursor, limit=2)
        assert older == ["49", "48"]
        health = {"type_prefix": "health.", "actor": "", "newest_first": True}
        assert await texts(store, service="summary", limit=2, **health) == ["87", "84"]
        assert await texts(store, type_prefix="fault.") == []


async def test_a_locked_storage_refuses_for_now_and_works_again(durable: SqliteHarness) -> None:
    async with durable.opened() as store:
        version = await store.commit([put("chat", detail="old")], [event("chat")])
        other = sqlite3.connect(durable.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        results = await asyncio.gather(
            *(store.commit([put(f"s{n}")], [event("chat")]) for n in range(5)),
            store.commit([put("chat", version, "new")], [event("chat")]),
            return_exceptions=True,
        )
        assert all(isinstance(result, StoreUnavailableError) for result in results), results
        assert "locked" in str(results[0])
        held = store.get(ServiceRecord, "chat")
        assert held is not None
        assert held.version == version
        assert list(store.all(ServiceRecord)) == ["chat"]
        await store.confirm()
        other.execute("ROLLBACK")
        other.close()
        assert await store.commit([put("chat", version, "new")], [event("chat")]) == version + 1
        assert sequences(await store.read_events(EventQuery())) == [1, 2]
