"""Work for one key, a turn at a time: what arrives during a turn is done together in the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Entry(Generic[T]):
    item: T
    is_done: bool = False


@dataclass(slots=True, eq=False)
class _Queue(Generic[T]):
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    entries: list[_Entry[T]] = field(default_factory=list)
    callers: int = 0


class Turns(Generic[T]):
    """So many small commits on the same records become few, and never get in each other's way."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue[T]] = {}

    async def take(self, key: str, item: T, run: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        """Return when a turn with this item has run. An error of `run` is its caller's alone; the others try again by themselves."""
        queue = self._queues.setdefault(key, _Queue())
        entry = _Entry(item)
        queue.entries.append(entry)
        queue.callers += 1
        try:
            async with queue.lock:
                if not entry.is_done:
                    await self._run(queue, entry, run)
        finally:
            if entry in queue.entries:
                queue.entries.remove(entry)
            queue.callers -= 1
            if queue.callers == 0:
                del self._queues[key]

    async def _run(
        self,
        queue: _Queue[T],
        own: _Entry[T],
        run: Callable[[Sequence[T]], Awaitable[None]],
    ) -> None:
        turn, queue.entries = queue.entries, []
        try:
            await run([entry.item for entry in turn])
        except BaseException:
            queue.entries = [entry for entry in turn if entry is not own] + queue.entries
            raise
        for entry in turn:
            entry.is_done = True
