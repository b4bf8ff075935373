"""The store in one SQLite file: durable, for one platform process on one machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from tagent_contract.events import Event
from tagent_platform.adapters.store.event_tail import EventTail, numbers_of, refuse_unreadable
from tagent_platform.adapters.store.ledger import Address, Admitted, refuse_repeated
from tagent_platform.adapters.store.mirror import Mirror
from tagent_platform.adapters.store.sqlite_file import StateFile
from tagent_platform.adapters.store.sqlite_writer import GroupWriter, Outcome, Waiting
from tagent_platform.core.records import Record
from tagent_platform.ports.store import (
    Change,
    EventQuery,
    Guard,
    NewEvent,
    StoreUnavailableError,
    Versioned,
)

R = TypeVar("R", bound=Record)

EVENTS_MAX_DEFAULT = 100_000
EVENTS_IN_MEMORY = 2_000
BUSY_TIMEOUT_S_DEFAULT = 2.0


class SqliteStore:
    """Keeps the store port over `state.db`: one writer's thread, commits in groups, each group one fsync.

    Opening takes the file for this process alone and reads it whole; it raises StoreUnavailableError, one sentence, when it is
    in use, damaged, not ours or newer than this program. All methods belong to one event loop: the one of the first commit.
    """

    def __init__(
        self,
        path: Path,
        *,
        events_max: int = EVENTS_MAX_DEFAULT,
        busy_timeout_s: float = BUSY_TIMEOUT_S_DEFAULT,
    ) -> None:
        self._file = StateFile(path, events_max, busy_timeout_s)
        self._mirror = Mirror()
        try:
            self._ledger = self._file.ledger(self._load())
        except BaseException:
            self._file.close()
            raise
        self._mirror.version = self._ledger.version
        self._tail = EventTail(min(EVENTS_IN_MEMORY, events_max), self._ledger.newest_event)
        self._writer: GroupWriter | None = None
        self._closed = False

    def _load(self) -> dict[Address, int]:
        versions: dict[Address, int] = {}
        for key, record, version in self._file.load():
            self._mirror.put(key, record, version)
            versions[type(record), key] = version
        return versions

    @property
    def epoch(self) -> str:
        return self._file.epoch

    @property
    def latest(self) -> Mapping[type[Record], int]:
        return self._mirror.latest

    def get(self, kind: type[R], key: str) -> Versioned[R] | None:
        return self._mirror.get(kind, key)

    def all(self, kind: type[R]) -> Mapping[str, Versioned[R]]:
        return self._mirror.all(kind)

    async def commit(
        self, changes: Sequence[Change | Guard], events: Sequence[NewEvent] = ()
    ) -> int:
        refuse_repeated(changes)
        for new in events:
            refuse_unreadable(new)
        if self._closed:
            raise StoreUnavailableError(f"{self._file.path} is closed")
        loop = asyncio.get_running_loop()
        if self._writer is None:
            self._writer = GroupWriter(self._file, self._ledger, loop, self._publish)
        # Encoded here, so that what cannot be encoded fails its own caller and nobody else's commit.
        bodies = {
            (change.kind, change.key): msgspec.json.encode(change.record).decode()
            for change in changes
            if isinstance(change, Change) and change.record is not None
        }
        waiting = Waiting(tuple(changes), tuple(events), bodies, loop.create_future())
        self._writer.submit(waiting)
        return await waiting.done

    def _publish(self, outcomes: Sequence[tuple[Waiting, Outcome]]) -> None:
        for waiting, outcome in outcomes:
            if isinstance(outcome, Admitted):
                self._mirror.apply(outcome.changes, outcome.version)
                for event in outcome.events:
                    self._tail.add(event)
            # Whoever was cancelled meanwhile does not hear of it, but what is durable is visible all the same.
            if waiting.done.done():
                continue
            if isinstance(outcome, Admitted):
                waiting.done.set_result(outcome.version)
            else:
                waiting.done.set_exception(outcome)
        self._mirror.wake()

    async def read_events(self, query: EventQuery) -> Sequence[Event]:
        numbers = numbers_of(query, self.epoch, self._tail.newest)
        are_all_held = numbers.start >= self._tail.oldest
        if are_all_held or query.newest_first:
            held = self._tail.read(numbers, query)
            if are_all_held or len(held) == query.limit:
                return held
        return await asyncio.to_thread(self._file.read_events, numbers, query)

    async def changed(self, since: int) -> int:
        return await self._mirror.changed(since)

    async def confirm(self) -> None:
        published = self._mirror.version
        stored = await asyncio.to_thread(self._file.confirm)
        # The ledger may be ahead by what is being written; nobody else writes.
        if not published <= stored <= self._ledger.version:
            raise StoreUnavailableError(
                f"{self._file.path} is at commit {stored}, this platform at {published}: somebody else wrote to it"
            )

    async def close(self) -> None:
        """Write what waits and give the file back; closing twice does no harm."""
        if self._closed:
            return
        self._closed = True
        if self._writer is not None:
            await asyncio.to_thread(self._writer.stop)
        await asyncio.to_thread(self._file.close)
