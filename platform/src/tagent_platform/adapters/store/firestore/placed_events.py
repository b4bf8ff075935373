"""The newest events in memory, in the order of their commits. No I/O."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice

from tagent_contract.events import Event
from tagent_platform.adapters.store.firestore.documents import (
    Found,
    Place,
    read_event,
    readable,
)
from tagent_platform.ports.store import EventQuery, UnknownCursorError

_CURSOR = re.compile(r"(\d{1,18})-([0-9a-f]{12})-(\d{1,6})", re.ASCII)
SPARE_RATIO = 1.25
"""Beyond that many times the number to keep, the oldest are dropped at once."""


class PlacedEvents:
    """At most `size` events are read, the newest. What is told again is known by its number."""

    def __init__(self, epoch: str, size: int) -> None:
        self._epoch = epoch
        self._size = size
        self._places: list[Place] = []
        self._events: list[Event] = []
        self._known: set[tuple[str, int]] = set()
        """Service and number, which is what an event is known by."""

    def add(self, documents: Iterable[Found]) -> list[tuple[Event, int]]:
        """Take the events of a snapshot; return those that are new, with their commits' versions."""
        read = readable(lambda document: read_event(document, self._epoch), documents)
        placed = sorted(read, key=lambda each: each[0])
        new = []
        for place, event in placed:
            if self._is_new(place, event):
                self._insert(place, event)
                new.append((event, place.micros))
        if len(self._events) > self._size * SPARE_RATIO:
            self._known.difference_update(map(_number, self._events[: -self._size]))
            del self._places[: -self._size], self._events[: -self._size]
        return new

    def _is_new(self, place: Place, event: Event) -> bool:
        is_too_old = len(self._events) >= self._size and place < self._places[0]
        return _number(event) not in self._known and not is_too_old

    def _insert(self, place: Place, event: Event) -> None:
        where = bisect_right(self._places, place)
        self._places.insert(where, place)
        self._events.insert(where, event)
        self._known.add(_number(event))

    @property
    def newest_micros(self) -> int:
        """The version of the newest event's commit; -1 when there is none."""
        return self._places[-1].micros if self._places else -1

    def read(self, query: EventQuery) -> Sequence[Event]:
        """Return what matches, as the port promises. Raises UnknownCursorError."""
        first, stop = max(0, len(self._events) - self._size), len(self._events)
        if query.after is not None:
            first = max(first, bisect_right(self._places, self._place(query.after, "after")))
        if query.before is not None:
            stop = bisect_left(self._places, self._place(query.before, "before"))
        numbers = range(first, max(first, stop))
        held = (self._events[n] for n in (reversed(numbers) if query.newest_first else numbers))
        return tuple(islice(filter(query.matches, held), query.limit))

    def _place(self, cursor: str, bound: str) -> Place:
        epoch, _, rest = cursor.rpartition(".")
        parts = _CURSOR.fullmatch(rest)
        if epoch != self._epoch or parts is None:
            raise UnknownCursorError(bound, f"{cursor[:100]!r} is not a cursor of this store")
        return Place(int(parts[1]), parts[2], int(parts[3]))


def _number(event: Event) -> tuple[str, int]:
    return event.service, event.sequence
