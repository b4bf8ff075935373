"""A store that can be read and not written for as long as a test says so."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_platform.adapters.store.memory import MemoryStore
from tagent_platform.ports.store import Change, Guard, NewEvent, StoreUnavailableError


class FullStore(MemoryStore):
    """A store whose disk can be filled."""

    is_full = False

    async def commit(
        self, changes: Sequence[Change | Guard], events: Sequence[NewEvent] = ()
    ) -> int:
        if self.is_full:
            raise StoreUnavailableError("the disk is full")
        return await super().commit(changes, events)
