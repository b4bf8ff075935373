"""The records as they are in storage, in memory: what every store answers reads from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from tagent_platform.core.records import RECORD_KINDS, Record
from tagent_platform.ports.store import Change, Guard, Versioned

R = TypeVar("R", bound=Record)


class Mirror:
    """Records and the number of the latest commit, with those who wait for the next one.

    Belongs to one event loop's thread: only there it is read, changed and waited on.
    """

    def __init__(self, version: int = 0) -> None:
        self.version = version
        self.latest: dict[type[Record], int] = {}
        self._records: dict[type[Any], dict[str, Versioned[Any]]] = {
            kind: {} for kind in RECORD_KINDS.values()
        }
        self._waiting: set[asyncio.Future[None]] = set()

    def get(self, kind: type[R], key: str) -> Versioned[R] | None:
        return self._records[kind].get(key)

    def all(self, kind: type[R]) -> Mapping[str, Versioned[R]]:
        return MappingProxyType(self._records[kind])

    def put(self, key: str, record: Record, version: int) -> None:
        """Take over a record from storage, at start."""
        kind = type(record)
        self._records[kind][key] = Versioned(record, version)
        self.latest[kind] = max(version, self.latest.get(kind, 0))

    def apply(self, changes: Iterable[Change | Guard], version: int) -> None:
        """Make a commit visible. `wake` tells those who wait, once for as many commits as became visible together."""
        for change in changes:
            if isinstance(change, Guard):
                continue
            if change.record is None:
                self._records[change.kind].pop(change.key, None)
            else:
                self._records[change.kind][change.key] = Versioned(change.record, version)
            self.latest[change.kind] = version
        self.version = version

    def wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def changed(self, since: int) -> int:
        while self.version <= since:
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)
        return self.version
