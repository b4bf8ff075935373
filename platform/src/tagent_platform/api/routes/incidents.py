"""Incidents: from the first bad health to the verified recovery, and what people say of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tagent_contract.incidents import Note
from tagent_platform.api import examples
from tagent_platform.api.context import Operator, ThePlatform, Viewer
from tagent_platform.api.openapi import answers, body_example
from tagent_platform.api.parameters import (
    LIMIT_DEFAULT,
    CursorQuery,
    LimitQuery,
    ReasonBody,
    ServiceQuery,
    said,
)
from tagent_platform.api.wire import Wire, answer, new_router, page
from tagent_platform.usecases.acknowledge_incident import acknowledge_incident
from tagent_platform.usecases.close_incident import close_incident
from tagent_platform.usecases.list_incidents import list_incidents
from tagent_platform.usecases.note_incident import note_incident
from tagent_platform.usecases.show_incident import show_incident

router = new_router("incidents")

UnresolvedQuery = Annotated[bool, Query(description="Leave out those that are over.")]
NoteBody = Annotated[Note, Wire("Note"), body_example({"text": "the database was full"})]

_ONE = answers(200, "IncidentView", "The incident.", examples.INCIDENT_VIEW, (404,))
_CHANGED = answers(200, "IncidentView", "The incident now.", examples.INCIDENT_VIEW, (404, 409))
_PAGE = examples.page_of(examples.INCIDENT_VIEW)


@router.get(
    "/incidents", responses=answers(200, "IncidentView[]", "The newest first.", _PAGE, (404,))
)
async def incidents(
    platform: ThePlatform,
    _: Viewer,
    service: ServiceQuery = None,
    unresolved: UnresolvedQuery = False,
    cursor: CursorQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
) -> Response:
    """List incidents, without their timelines."""
    found = await list_incidents(
        platform, service=service, unresolved=unresolved, cursor=cursor, limit=limit
    )
    return page(found.items, found.next)


@router.get("/incidents/{incident_id}", responses=_ONE)
async def incident(platform: ThePlatform, _: Viewer, incident_id: str) -> Response:
    """Show one incident with its timeline, its attempts, MTTD and MTTR."""
    return answer(await show_incident(platform, incident_id=incident_id))


@router.post("/incidents/{incident_id}/acknowledge", responses=_CHANGED)
async def acknowledge(
    platform: ThePlatform,
    caller: Operator,
    incident_id: str,
    why: ReasonBody = None,
) -> Response:
    """Say that somebody looks at it."""
    return answer(
        await acknowledge_incident(
            platform, incident_id=incident_id, actor=caller.actor, reason=said(why).reason
        )
    )


@router.post("/incidents/{incident_id}/close", responses=_CHANGED)
async def close(
    platform: ThePlatform,
    caller: Operator,
    incident_id: str,
    why: ReasonBody = None,
) -> Response:
    """Resolve it by a person's word. What is still sick opens no new one until it has changed."""
    return answer(
        await close_incident(
            platform, incident_id=incident_id, actor=caller.actor, reason=said(why).reason
        )
    )


@router.post("/incidents/{incident_id}/note", responses=_ONE)
async def note(
    platform: ThePlatform, caller: Operator, incident_id: str, written: NoteBody
) -> Response:
    """Write a note onto its timeline; resolved ones take notes too."""
    return answer(
        await note_incident(
            platform, incident_id=incident_id, actor=caller.actor, text=written.text
        )
    )
