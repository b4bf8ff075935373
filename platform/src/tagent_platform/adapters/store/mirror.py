"""The records as they are in storage, in memory: what every store answers reads from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from tagent_platform.core.records import RECORD_KINDS, Record
from tagent_platform.ports.store import Change, Guard, Versioned

R = TypeVar("R", bound=Record)

Address = tuple[type[Record], str]
"""A record's kind and key."""


def conflict_in(changes: Sequence[Change | Guard], versions: Mapping[Address, int]) -> str | None:
    """Say which change or guard no longer holds, or None. A missing version is 0."""
    for change in changes:
        found = versions.get((change.kind, change.key), 0)
        if found != change.expected:
            return (
                f"{change.kind.__name__} {change.key!r} is at version {found}, "
                f"the commit expected {change.expected}"
            )
    return None


def refuse_repeated(changes: Sequence[Change | Guard]) -> None:
    """Raise ValueError when a commit writes a record twice, since only one of the two could hold."""
    seen: set[Address] = set()
    for change in changes:
        if isinstance(change, Guard):
            continue
        address = (change.kind, change.key)
        if address in seen:
            raise ValueError(f"one commit writes {change.kind.__name__} {change.key!r} twice")
        seen.add(address)


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

    def versions(self) -> dict[Address, int]:
        """Return a copy of every record's version, by kind and key."""
        return {
            (kind, key): held.version
            for kind, records in self._records.items()
            for key, held in records.items()
        }

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
