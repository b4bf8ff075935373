"""Read the event log."""

from __future__ import annotations

from tagent_contract.events import Event
from tagent_platform.usecases.errors import InvalidError
from tagent_platform.usecases.pages import PAGE_LIMIT_DEFAULT, Page, bounded_limit
from tagent_platform.usecases.platform import Platform


async def list_events(
    platform: Platform,
    *,
    after: str | None = None,
    service: str | None = None,
    limit: int = PAGE_LIMIT_DEFAULT,
) -> Page[Event]:
    """Return the events after the cursor, in order; `next` is null when there is none after them yet.

    A service that is unknown now may have been known once, so it is no error. Raises InvalidError for an unknown cursor.
    """
    limit = bounded_limit(limit)
    try:
        found = await platform.store.events_after(after, service=service, limit=limit + 1)
    except ValueError as error:
        raise InvalidError("after", str(error)) from error
    events = tuple(found[:limit])
    return Page(events, events[-1].cursor if len(found) > limit else None)
