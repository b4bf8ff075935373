"""The account of everything that changed: by pages, and as a stream that resumes where it broke."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Query
from starlette.responses import Response

from tagent_platform.api import examples
from tagent_platform.api.context import TheContext, ThePlatform, Viewer
from tagent_platform.api.event_stream import EventStream
from tagent_platform.api.openapi import answers, problem_answers
from tagent_platform.api.parameters import LIMIT_DEFAULT, LimitQuery, ServiceQuery
from tagent_platform.api.wire import new_router, page
from tagent_platform.ports.store import EventQuery
from tagent_platform.usecases.list_events import list_events

router = new_router("events")

AfterQuery = Annotated[
    str | None,
    Query(
        max_length=200,
        description="Only events after this cursor: `next` of the page before, or an event's own.",
    ),
]
BeforeQuery = Annotated[
    str | None,
    Query(
        max_length=200,
        description="Only events before this cursor; with order=newest, `next` of the page before.",
    ),
]
OrderQuery = Annotated[
    Literal["oldest", "newest"], Query(description="Which end of the log comes first.")
]
TypeQuery = Annotated[
    str,
    Query(
        max_length=100,
        description="Only types that begin with this.",
        examples=["incident.", "fault.armed"],
    ),
]
ActorQuery = Annotated[
    str | None, Query(max_length=300, description="Only what this actor brought about.")
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


def _event_query(  # noqa: PLR0913 - a route's parameters are its query
    after: AfterQuery = None,
    before: BeforeQuery = None,
    order: OrderQuery = "oldest",
    service: ServiceQuery = None,
    type: TypeQuery = "",  # noqa: A002 - its name on the wire
    actor: ActorQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
) -> EventQuery:
    return EventQuery(
        after=after,
        before=before,
        newest_first=order == "newest",
        service=service,
        type_prefix=type,
        actor=actor,
        limit=limit,
    )


@router.get(
    "/events",
    responses=answers(
        200, "Event[]", "Events, the oldest or the newest first.", examples.page_of(examples.EVENT)
    ),
)
async def events(
    platform: ThePlatform, _: Viewer, query: Annotated[EventQuery, Depends(_event_query)]
) -> Response:
    """List events, the oldest first: to go on, pass `next` as `after`. With `order=newest` the newest first: to go on, pass it as `before`.

    A service's are numbered without gaps; an event may be given more than once, never be left out.
    """
    found = await list_events(platform, query)
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
