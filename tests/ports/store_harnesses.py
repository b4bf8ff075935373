"""How each store is opened, stopped, and denied its storage, for the one suite that runs over all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

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


Harness = MemoryHarness | SqliteHarness
