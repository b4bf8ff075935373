"""The platform's memory: records with versions, and the event log, changed together or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from tagent_contract.events import Event, EventType
from tagent_platform.core.records import Record

R = TypeVar("R", bound=Record)


class StoreError(Exception):
    """The store did not do what was asked."""


class ConflictError(StoreError):
    """A record is no longer what the caller decided on. Read, decide and commit again."""


class UnknownCursorError(ValueError):
    """A cursor that this store cannot have given out. `bound` says which of a query's two it is."""

    def __init__(self, bound: str, problem: str) -> None:
        super().__init__(problem)
        self.bound = bound


class StoreUnavailableError(StoreError):
    """The store cannot be read or written now: full, read-only, locked or out of reach. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Versioned(Generic[R]):
    """A record and the number of the commit that wrote it."""

    record: R
    version: int


@dataclass(frozen=True, slots=True)
class Change:
    """Write `record` (None: delete) at `key` if its version still is `expected` (0: if there is none)."""

    kind: type[Record]
    key: str
    record: Record | None
    expected: int


@dataclass(frozen=True, slots=True)
class Guard:
    """Write nothing, but let the commit hold only if the version at `key` still is `expected` (0: if there is none)."""

    kind: type[Record]
    key: str
    expected: int


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append; the store gives it its sequence within the service, and its cursor."""

    service: str
    at: float
    type: EventType
    text: str
    actor: str = ""
    instance: str | None = None
    fault: str | None = None
    incident: str | None = None
    data: dict[str, str | int | float | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events, and from which end: those strictly after one cursor and strictly before another; None is no bound."""

    after: str | None = None
    before: str | None = None
    newest_first: bool = False
    service: str | None = None
    type_prefix: str = ""
    actor: str | None = None
    limit: int = 100

    def matches(self, event: Event) -> bool:
        """Return whether an event between the bounds is asked for."""
        return (
            self.service in (None, event.service)
            and event.type.startswith(self.type_prefix)
            and self.actor in (None, event.actor)
        )


@dataclass(slots=True)
class Operations:
    """What a storage that charges for each was asked for since the start, in documents."""

    reads: int = 0
    writes: int = 0
    deletes: int = 0


class Store(Protocol):
    """Records by kind and key, mirrored in memory, so that reading is immediate and never waits.

    - A commit is whole or nothing, and durable when it returns: it survives kill -9.
    - A commit whose expected version no longer holds raises ConflictError and changes nothing, events included.
    - Of two commits on the same version exactly one succeeds.
    - A guard is checked like a change's version, and leaves its record and the record's version as they are.
    - A commit that writes one record twice raises ValueError; an event that cannot be written down raises ValueError or TypeError. Both change nothing.
    - Commit numbers only grow, also over a restart; a record's version is its commit's number.
    - What a commit wrote is what `get` and `all` answer from the moment it returns, and never before it is durable.
    - `all` is a live read-only view: iterate over a copy if you await in between.
    - Events of one service are numbered 1, 2, 3 ... without gaps, in the order of commits.
    - `read_events` answers what matches between the two cursors, in order from the end that was asked for, and never beyond what is durable;
      an unknown cursor raises UnknownCursorError.
    - The oldest events are dropped beyond a number that is a setting; a cursor before the oldest stands for the oldest.
    - `changed` answers the latest commit's number: at once when it is newer than the one named, else when there is a newer one; -1 asks for it.
    - `confirm` returns when the mirror was found to agree with storage; it raises StoreUnavailableError when storage cannot be read.
    - A full, read-only or locked storage raises StoreUnavailableError, and works again when the cause is gone.
    - `epoch` is drawn when storage is first made, and kept.
    - `latest` names for each kind the newest commit that wrote one of it, or a number not below the one that deleted one, as far as `get` and
      `all` show it; a kind never written may be missing.
    """

    @property
    def epoch(self) -> str: ...

    @property
    def latest(self) -> Mapping[type[Record], int]: ...

    def get(self, kind: type[R], key: str) -> Versioned[R] | None: ...

    def all(self, kind: type[R]) -> Mapping[str, Versioned[R]]: ...

    async def commit(
        self, changes: Sequence[Change | Guard], events: Sequence[NewEvent] = ()
    ) -> int: ...

    async def read_events(self, query: EventQuery) -> Sequence[Event]: ...

    async def changed(self, since: int) -> int: ...

    async def confirm(self) -> None: ...
