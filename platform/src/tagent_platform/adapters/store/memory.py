"""A store that forgets when its process ends: for tests, demonstrations, and as the model of what a store does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from tagent_contract.events import Event
from tagent_platform.adapters.store.event_tail import EventTail, numbers_of, refuse_unreadable
from tagent_platform.adapters.store.ledger import Ledger, refuse_repeated
from tagent_platform.adapters.store.mirror import Mirror
from tagent_platform.core.records import Record
from tagent_platform.ports.store import Change, EventQuery, Guard, NewEvent, Versioned

R = TypeVar("R", bound=Record)

EVENTS_MAX_DEFAULT = 100_000


class MemoryStore:
    """Keeps the store port without storage, so a commit is as durable as the process."""

    def __init__(self, epoch: str = "memory", events_max: int = EVENTS_MAX_DEFAULT) -> None:
        self._epoch = epoch
        self._mirror = Mirror()
        self._ledger = Ledger(epoch)
        self._tail = EventTail(events_max)

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

    async def commit(
        self, changes: Sequence[Change | Guard], events: Sequence[NewEvent] = ()
    ) -> int:
        refuse_repeated(changes)
        for new in events:
            refuse_unreadable(new)
        admitted = self._ledger.admit(changes, events)
        self._ledger.accept()
        self._mirror.apply(changes, admitted.version)
        for event in admitted.events:
            self._tail.add(event)
        self._mirror.wake()
        return admitted.version

    async def read_events(self, query: EventQuery) -> Sequence[Event]:
        return self._tail.read(numbers_of(query, self._epoch, self._tail.newest), query)

    async def changed(self, since: int) -> int:
        return await self._mirror.changed(since)

    async def confirm(self) -> None:
        """Agree at once: the mirror is the storage."""
