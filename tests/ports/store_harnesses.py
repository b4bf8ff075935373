"""How each store is opened, stopped, and denied its storage, for the one suite that runs over all of them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tagent_platform.adapters.clock.system import SystemClock
from tagent_platform.adapters.store.firestore.calls import Calls
from tagent_platform.adapters.store.firestore.documents import Database
from tagent_platform.adapters.store.firestore.feed import Feed
from tagent_platform.adapters.store.firestore.store import FirestoreStore
from tagent_platform.adapters.store.memory import MemoryStore
from tagent_platform.adapters.store.sqlite import SqliteStore
from tagent_platform.ports.store import Store


class MemoryHarness:
    """No storage: nothing to reopen, nothing to deny."""

    durable = False

    @asynccontextmanager
    async def opened(self, events_max: int = 1000) -> AsyncIterator[Store]:
        yield MemoryStore(events_max=events_max)


class SqliteHarness:
    durable = True

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state.db"

    @asynccontextmanager
    async def opened(self, events_max: int = 1000) -> AsyncIterator[Store]:
        store = SqliteStore(self.path, events_max=events_max, busy_timeout_s=0.05)
        try:
            yield store
        finally:
            await store.close()


class FirestoreHarness:
    """Google's emulator, with a project of its own for each test: who opens it twice is two replicas."""

    durable = False

    def __init__(self, host: str) -> None:
        self._host = host
        self._project = f"t{secrets.token_hex(6)}"

    @asynccontextmanager
    async def opened(self, events_max: int = 1000) -> AsyncIterator[Store]:
        # Generous: a busy machine's emulator is slow, and no test here is about time.
        calls = Calls(Database(self._project), self._host, timeout_s=30.0)
        feed = Feed(calls, secrets.token_hex(4), SystemClock(), shown_within_s=30.0)
        try:
            yield await FirestoreStore.open(calls, feed, events_max=events_max)
        finally:
            await feed.close()
            await calls.close()


Harness = MemoryHarness | SqliteHarness | FirestoreHarness
