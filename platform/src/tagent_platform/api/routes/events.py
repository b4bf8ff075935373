"""The account of everything that changed: by pages, and as a stream that resumes where it broke."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Query
from starlette.responses import Response

from tagent_platform.api import examples
from tagent_platform.api.context import TheContext, ThePlatform, Viewer
from tagent_platform.api.event_stream import EventStream
from tagent_platform.api.openapi import answers, problem_answers
from tagent_platform.api.parameters import LIMIT_DEFAULT, LimitQuery, ServiceQuery
from tagent_platform.api.wire import new_router, page
from tagent_platform.usecases.list_events import list_events

router = new_router("events")

AfterQuery = Annotated[
    str | None,
    Query(max_length=200, description="A cursor: `next` of the page before, or an event's own."),
]
LastEventId = Annotated[
    str | None, Header(max_length=200, description="The last event's id; goes before `after`.")
]
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `id` is the event's cursor, `event` its type, `data` the event as JSON.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'id: 7f3a.42\nevent: fault.armed\ndata: {"cursor":"7f3a.42"}\n\n',
            }
        },
    }
}


@router.get(
    "/events",
    responses=answers(200, "Event[]", "Events, oldest first.", examples.page_of(examples.EVENT)),
)
async def events(
    platform: ThePlatform,
    _: Viewer,
    after: AfterQuery = None,
    service: ServiceQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
) -> Response:
    """List events after a cursor. A service's are numbered without gaps; an event may be given more than once, never be left out."""
    found = await list_events(platform, after=after, service=service, limit=limit)
    return page(found.items, found.next)


@router.get(
    "/events/stream",
    responses={**_STREAM, **problem_answers((401, 403, 422, 429, 503))},
    response_class=Response,
)
async def stream(
    context: TheContext,
    _: Viewer,
    after: AfterQuery = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Follow events as they happen, from the cursor on; without one, from now on."""
    return await EventStream.opened(context, last_event_id or after)
