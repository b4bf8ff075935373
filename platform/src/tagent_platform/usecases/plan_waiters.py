"""Those who wait for a newer plan. One task looks for all of them after each commit, and wakes only whom it concerns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tagent_platform.ports.store import Store


class PlanWaiters:
    """Hundreds of long-polls, of which a commit concerns one or two.

    The task lives while somebody waits. If it fails, those who wait get its error.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[asyncio.Future[None], Callable[[], bool]] = {}
        self._task: asyncio.Future[None] | None = None

    async def wait(self, is_due: Callable[[], bool]) -> None:
        """Return after a commit after which `is_due` holds; it is cheap, and did not hold when this was called."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[woken] = is_due
        if self._task is None:
            self._task = asyncio.ensure_future(self._watch())
        try:
            await woken
        finally:
            del self._waiting[woken]
            if not self._waiting and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _watch(self) -> None:
        commit = -1
        try:
            while True:
                commit = await self._store.changed(commit)
                for woken, is_due in self._waiting.items():
                    if not woken.done() and is_due():
                        woken.set_result(None)
        except Exception as error:
            self._task = None
            for woken in self._waiting:
                if not woken.done():
                    woken.set_exception(error)
            if not self._waiting:
                raise
