"""A store whose commits hold only while this process leads: what the control loop writes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from tagent_contract.events import Event
from tagent_platform.core.records import LEADER_KEY, LeaderRecord, Record
from tagent_platform.ports.replicas import NotLeaderError
from tagent_platform.ports.store import Change, EventQuery, Guard, NewEvent, Store, Versioned

R = TypeVar("R", bound=Record)


class FencedStore:
    """Keeps the store port over another store; `commit` raises NotLeaderError too.

    Each commit is guarded by the version of the leader's record, which grows with each new leader: one that was asleep for a while, and does not
    know yet that it was replaced, changes nothing.
    """

    def __init__(self, store: Store, me: str) -> None:
        self._store = store
        self._me = me

    @property
    def epoch(self) -> str:
        return self._store.epoch

    @property
    def latest(self) -> Mapping[type[Record], int]:
        return self._store.latest

    def get(self, kind: type[R], key: str) -> Versioned[R] | None:
        return self._store.get(kind, key)

    def all(self, kind: type[R]) -> Mapping[str, Versioned[R]]:
        return self._store.all(kind)

    async def commit(
        self, changes: Sequence[Change | Guard], events: Sequence[NewEvent] = ()
    ) -> int:
        held = self._store.get(LeaderRecord, LEADER_KEY)
        if held is None or held.record.holder != self._me:
            raise NotLeaderError(f"{held.record.holder if held else 'nobody'} leads now")
        fence = Guard(LeaderRecord, LEADER_KEY, held.version)
        return await self._store.commit([*changes, fence], events)

    async def read_events(self, query: EventQuery) -> Sequence[Event]:
        return await self._store.read_events(query)

    async def changed(self, since: int) -> int:
        return await self._store.changed(since)

    async def confirm(self) -> None:
        await self._store.confirm()
