"""The newest events in memory, under global numbers without gaps; a cursor is such a number behind the store's epoch."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

import msgspec

from tagent_contract.events import Event
from tagent_contract.times import format_time
from tagent_platform.ports.store import EventQuery, NewEvent, UnknownCursorError


def cursor_of(epoch: str, number: int) -> str:
    """Return the opaque cursor of a store's event."""
    return f"{epoch}.{number}"


def number_of(event: Event) -> int:
    """Return the event's global number."""
    return int(event.cursor.rpartition(".")[2])


def numbers_of(query: EventQuery, epoch: str, newest: int) -> range:
    """Return the numbers that a query's cursors bound. Raises UnknownCursorError when this store cannot have given one out."""
    after = 0 if query.after is None else _number_in(query.after, "after", epoch, newest)
    before = (
        newest + 1 if query.before is None else _number_in(query.before, "before", epoch, newest)
    )
    return range(after + 1, before)


def _number_in(cursor: str, bound: str, epoch: str, newest: int) -> int:
    store, _, digits = cursor.rpartition(".")
    if store != epoch or not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise UnknownCursorError(bound, f"{cursor[:100]!r} is not a cursor of this store")
    number = int(digits)
    if number > newest:
        raise UnknownCursorError(bound, f"cursor {cursor[:100]!r} is ahead of this store's events")
    return number


def refuse_unreadable(new: NewEvent) -> None:
    """Raise ValueError or TypeError when an event could not be numbered, written and read back."""
    format_time(new.at)
    msgspec.json.encode((new.service, new.text, new.data))


def number_event(new: NewEvent, epoch: str, number: int, sequence: int) -> Event:
    """Return the event as everyone reads it."""
    return Event(
        cursor=cursor_of(epoch, number),
        sequence=sequence,
        service=new.service,
        at=format_time(new.at),
        type=new.type,
        text=new.text,
        actor=new.actor,
        instance=new.instance,
        fault=new.fault,
        incident=new.incident,
        data=new.data,
    )


class EventTail:
    """At most `size` events, the newest; `newest` is the number of the last one ever added (0: none)."""

    def __init__(self, size: int, newest: int = 0) -> None:
        self.newest = newest
        self._events: deque[Event] = deque(maxlen=size)

    @property
    def oldest(self) -> int:
        """The number of the oldest event held; one past the newest when there is none."""
        return self.newest - len(self._events) + 1

    def add(self, event: Event) -> None:
        self.newest += 1
        self._events.append(event)

    def read(self, numbers: range, query: EventQuery) -> Sequence[Event]:
        """Return those of the events held that have one of the numbers and match, at most the query's limit."""
        first = max(0, numbers.start - self.oldest)
        stop = max(first, numbers.stop - self.oldest)
        if query.newest_first:
            size = len(self._events)
            held = islice(reversed(self._events), size - stop, size - first)
        else:
            held = islice(self._events, first, stop)
        return tuple(islice(filter(query.matches, held), query.limit))
