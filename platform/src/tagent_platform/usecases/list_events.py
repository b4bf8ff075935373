"""Read the event log."""

from __future__ import annotations

from dataclasses import replace

from tagent_contract.events import Event
from tagent_platform.ports.store import EventQuery, UnknownCursorError
from tagent_platform.usecases.errors import InvalidError
from tagent_platform.usecases.pages import Page, bounded_limit
from tagent_platform.usecases.platform import Platform

EVERYTHING = EventQuery()


async def list_events(platform: Platform, query: EventQuery = EVERYTHING) -> Page[Event]:
    """Return the events that are asked for, in order from the end that is asked for; `next` is null when there are no more yet.

    To go on, `next` is the bound at that end: `after`, or `before` for the newest first. A service that is unknown now may have
    been known once, so it is no error. Raises InvalidError for an unknown cursor or a wrong limit.
    """
    limit = bounded_limit(query.limit)
    try:
        found = await platform.store.read_events(replace(query, limit=limit + 1))
    except UnknownCursorError as error:
        raise InvalidError(error.bound, str(error)) from error
    events = tuple(found[:limit])
    return Page(events, events[-1].cursor if len(found) > limit else None)
