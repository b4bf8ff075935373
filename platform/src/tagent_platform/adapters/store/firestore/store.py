"""The store port over Firestore: what is read comes from a mirror that the stream of changes keeps, whole snapshot by whole snapshot.

A version is the microsecond of the commit that wrote the record, as Firestore says it, so all replicas agree. A commit is one batch of writes, each
on the condition that the record still has the version it was decided on; an event is a document whose name is its number, so a number is given
once. Nothing is locked, and a loser learns of it at once. A commit returns when the mirror shows it, so whoever reads then sees at least that.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from tagent_contract.events import Event
from tagent_platform.adapters.store.event_tail import refuse_unreadable
from tagent_platform.adapters.store.firestore.calls import Calls, UnmetConditionError
from tagent_platform.adapters.store.firestore.documents import (
    META,
    read_record,
    readable,
    record_address,
    text_in,
    version_of,
    write_of_change,
    write_of_event,
    write_of_meta,
)
from tagent_platform.adapters.store.firestore.feed import EVENTS_OVERLAP_S, Feed
from tagent_platform.adapters.store.firestore.keyed_locks import KeyedLocks
from tagent_platform.adapters.store.firestore.placed_events import PlacedEvents
from tagent_platform.adapters.store.firestore.queries import Target, newest_event_of, newest_events
from tagent_platform.adapters.store.firestore.snapshots import Snapshot
from tagent_platform.adapters.store.ledger import Address, refuse_repeated
from tagent_platform.adapters.store.mirror import Mirror
from tagent_platform.core.records import Record
from tagent_platform.ports.store import (
    Change,
    ConflictError,
    EventQuery,
    Guard,
    NewEvent,
    Operations,
    StoreUnavailableError,
    Versioned,
)

R = TypeVar("R", bound=Record)
T = TypeVar("T")

EVENTS_MAX_DEFAULT = 10_000
"""Each replica holds that many in memory, and reads them once when it starts."""
WRITE_TRIES = 30
OPEN_WITHIN_S = 30.0
OPEN_RETRY_S = 0.5


class FirestoreStore:
    """Keeps the store port over one database. All methods belong to the event loop that opened it."""

    def __init__(self, calls: Calls, feed: Feed, epoch: str, events_max: int) -> None:
        self._calls = calls
        self._feed = feed
        self._epoch = epoch
        self._mirror = Mirror()
        self._events = PlacedEvents(epoch, events_max)
        self._locks = KeyedLocks()
        self._sequences: dict[str, int] = {}
        """The highest number of a service's events that is known to be taken; missing: not known."""
        feed.subscribe(self._take)

    @classmethod
    async def open(
        cls, calls: Calls, feed: Feed, *, events_max: int = EVENTS_MAX_DEFAULT
    ) -> FirestoreStore:
        """Read everything, and follow it from then on. Raises StoreUnavailableError when nothing was heard for too long."""
        epoch = await _in_time(lambda: _epoch_of(calls))
        store = cls(calls, feed, epoch, events_max)
        found, read_micros = await _in_time(
            lambda: calls.query(newest_events(events_max), OPEN_WITHIN_S)
        )
        for event, _ in store._events.add(found):
            store._note_taken(event.service, event.sequence)
        feed.open(read_micros - int(EVENTS_OVERLAP_S * 1e6))
        await feed.caught_up(read_micros, OPEN_WITHIN_S)
        store._mirror.version = max(store._mirror.version, store._events.newest_micros)
        return store

    # --- what Firestore says ---

    def _take(self, snapshot: Snapshot) -> None:
        newest = 0
        for found in readable(read_record, snapshot.changed[Target.RECORDS]):
            self._show(Change(found.kind, found.key, found.record, 0), found.version)
            newest = max(newest, found.version)
        for name in snapshot.removed[Target.RECORDS]:
            address = record_address(name)
            if address is not None:
                # When it was deleted, no document says; up to when it is gone, the snapshot does.
                self._show(Change(*address, None, 0), snapshot.read_micros)
                newest = snapshot.read_micros
        new = self._events.add(snapshot.appended)
        self._calls.operations.reads += len(new)
        for event, version in new:
            self._note_taken(event.service, event.sequence)
            newest = max(newest, version)
        if newest:
            # Not below what was said before, also when the emulator tells a commit's events a moment before its records.
            self._mirror.version = max(newest, self._mirror.version + 1)
            self._mirror.wake()

    def _show(self, change: Change, version: int) -> None:
        before, latest = self._mirror.version, self._mirror.latest.get(change.kind, 0)
        self._mirror.apply([change], version)
        self._mirror.version = before
        self._mirror.latest[change.kind] = max(latest, version)

    def _note_taken(self, service: str, sequence: int) -> None:
        self._sequences[service] = max(sequence, self._sequences.get(service, 0))

    @property
    def operations(self) -> Operations:
        """What Firestore was asked for by this process."""
        return self._calls.operations

    # --- the port ---

    @property
    def epoch(self) -> str:
        return self._epoch

    @property
    def latest(self) -> Mapping[type[Record], int]:
        return self._mirror.latest

    def get(self, kind: type[R], key: str) -> Versioned[R] | None:
        return self._mirror.get(kind, key)

    def all(self, kind: type[R]) -> Mapping[str, Versioned[R]]:
        return self._mirror.all(kind)

    async def read_events(self, query: EventQuery) -> Sequence[Event]:
        return self._events.read(query)

    async def changed(self, since: int) -> int:
        return await self._mirror.changed(since)

    async def confirm(self) -> None:
        """Write, and wait until the stream shows it: then it shows all that was written before."""
        await self._feed.prove()

    async def commit(
        self, changes: Sequence[Change | Guard], events: Sequence[NewEvent] = ()
    ) -> int:
        refuse_repeated(changes)
        for new in events:
            refuse_unreadable(new)
        # Whoever asked may give up; what was begun is carried through, so that what it wrote is known.
        return await asyncio.shield(asyncio.ensure_future(self._commit(changes, events)))

    async def _commit(self, changes: Sequence[Change | Guard], events: Sequence[NewEvent]) -> int:
        written = [c for c in changes if isinstance(c, Change)]
        services = {new.service for new in events}
        # Two of this process on one record, or one service's numbers, would only cost each other a round trip.
        names = {self._calls.database.record(change.kind, change.key) for change in written}
        async with self._locks.held(names | services):
            await self._learn_numbers(services)
            version = await self._write_in_turn(changes, events, services)
            await self._feed.until(lambda: self._shows(written, bool(events), version))
            return version

    def _shows(self, written: Sequence[Change], has_events: bool, version: int) -> bool:
        """Tell whether the mirror knows of a commit.

        It is asked for what was written, not for the snapshot's time: the emulator's is now and then later than what it tells.
        """
        if has_events and self._events.newest_micros < version:
            return False
        for change in written:
            held = self._mirror.get(change.kind, change.key)
            if change.record is None:
                is_shown = held is None or held.version > version
            else:
                is_shown = self._mirror.latest.get(change.kind, 0) >= version and (
                    held is None or held.version >= version
                )
            if not is_shown:
                return False
        return True

    async def _write_in_turn(
        self, changes: Sequence[Change | Guard], events: Sequence[NewEvent], services: set[str]
    ) -> int:
        """Write, and again under other numbers when another replica took some. Raises ConflictError, StoreUnavailableError."""
        for _ in range(WRITE_TRIES):
            self._refuse_stale(changes)
            try:
                return await self._write(changes, events)
            except UnmetConditionError:
                found = await self._look_again(changes, services)
            await self._feed.until(partial(self._is_shown, found))
        raise StoreUnavailableError("others keep taking the numbers of these events; try again")

    def _refuse_stale(self, changes: Sequence[Change | Guard]) -> None:
        for change in changes:
            held = self._mirror.get(change.kind, change.key)
            found = held.version if held else 0
            if found != change.expected:
                raise ConflictError(
                    f"{change.kind.__name__} {change.key!r} is at version {found}, "
                    f"the commit expected {change.expected}"
                )

    async def _learn_numbers(self, services: set[str]) -> None:
        """Look up the newest number of those services whose events are older than those in memory."""
        for service in services - set(self._sequences):
            self._sequences.setdefault(service, 0)
            await self._look_up_number(service)

    async def _look_up_number(self, service: str) -> None:
        found, _ = await self._calls.query(newest_event_of(service))
        if found:
            self._note_taken(service, found[0].fields["sequence"].integer_value)

    async def _write(self, changes: Sequence[Change | Guard], events: Sequence[NewEvent]) -> int:
        """Return the version. Raises UnmetConditionError, StoreUnavailableError."""
        commit, given = secrets.token_hex(6), dict[str, int]()
        writes = [write_of_change(self._calls.database, change, commit) for change in changes]
        for index, new in enumerate(events):
            sequence = given.get(new.service, self._sequences[new.service]) + 1
            given[new.service] = sequence
            writes.append(write_of_event(self._calls.database, new, sequence, commit, index))
        if not writes:
            raise ValueError("a commit writes something")
        version = await self._calls.commit(writes)
        for service, sequence in given.items():
            self._note_taken(service, sequence)
        return version

    async def _look_again(
        self, changes: Sequence[Change | Guard], services: set[str]
    ) -> Mapping[Address, int]:
        """Return what the records that the commit was decided on are now: address → version, 0 if there is none.

        Of the events' numbers it is only noted which are taken.
        """
        database = self._calls.database
        names = {
            database.record(change.kind, change.key): (change.kind, change.key)
            for change in changes
        }
        found = await self._calls.get(list(names)) if names else {}
        for service in services:
            await self._look_up_number(service)
        return {
            names[name]: 0 if document is None else version_of(document)
            for name, document in found.items()
        }

    def _is_shown(self, versions: Mapping[Address, int]) -> bool:
        for (kind, key), version in versions.items():
            held = self._mirror.get(kind, key)
            shown = 0 if held is None else held.version
            if version > shown or (version == 0 and shown != 0):
                return False
        return True


async def _in_time(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again and again for as long as a start may take: whoever starts must not give up on one slow answer."""
    ends = asyncio.get_running_loop().time() + OPEN_WITHIN_S
    while True:
        try:
            return await ask()
        except StoreUnavailableError:
            if asyncio.get_running_loop().time() > ends:
                raise
        await asyncio.sleep(OPEN_RETRY_S)


async def _epoch_of(calls: Calls) -> str:
    """Return the store's epoch, which whoever comes first draws."""
    name = calls.database.document(META, "epoch")
    for _ in range(2):
        document = (await calls.get([name]))[name]
        if document is not None:
            return text_in(document, "text")
        with contextlib.suppress(UnmetConditionError):
            await calls.commit([write_of_meta(calls.database, "epoch", secrets.token_hex(4))])
    raise StoreUnavailableError("Firestore lost the store's epoch while it was read")
