"""Locks by name, which exist while somebody holds or wants them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable


class KeyedLocks:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._wanted: dict[str, int] = {}

    @contextlib.asynccontextmanager
    async def held(self, names: Iterable[str]) -> AsyncIterator[None]:
        """Hold them all. They are taken in one order, so that no two wait for each other."""
        async with contextlib.AsyncExitStack() as held:
            for name in sorted(set(names)):
                self._wanted[name] = self._wanted.get(name, 0) + 1
                held.callback(self._forget, name)
                await held.enter_async_context(self._locks.setdefault(name, asyncio.Lock()))
            yield

    def _forget(self, name: str) -> None:
        self._wanted[name] -= 1
        if not self._wanted[name]:
            del self._wanted[name], self._locks[name]

    def __len__(self) -> int:
        return len(self._locks)
