"""The newest events in memory, under global numbers without gaps; a cursor is such a number behind the store's epoch."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

import msgspec

from tagent_contract.events import Event
from tagent_contract.times import format_time
from tagent_platform.ports.store import NewEvent


def cursor_of(epoch: str, number: int) -> str:
    """Return the opaque cursor of a store's event."""
    return f"{epoch}.{number}"


def number_of(event: Event) -> int:
    """Return the event's global number."""
    return int(event.cursor.rpartition(".")[2])


def number_in(cursor: str, epoch: str, newest: int) -> int:
    """Return the number behind a cursor. Raises ValueError when this store cannot have given it out."""
    store, _, digits = cursor.rpartition(".")
    if store != epoch or not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise ValueError(f"{cursor[:100]!r} is not a cursor of this store")
    number = int(digits)
    if number > newest:
        raise ValueError(f"cursor {cursor[:100]!r} is ahead of this store's events")
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

    def after(self, number: int, service: str | None, limit: int) -> Sequence[Event]:
        """Return up to `limit` events after that number, oldest first; before the oldest held, from the oldest."""
        skipped = max(0, number - self.oldest + 1)
        if service is None:
            return tuple(islice(self._events, skipped, skipped + limit))
        matching = (e for e in islice(self._events, skipped, None) if e.service == service)
        return tuple(islice(matching, limit))
