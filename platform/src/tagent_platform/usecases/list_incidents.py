"""List incidents, the newest first."""

from __future__ import annotations

from tagent_contract.incidents import IncidentState, IncidentView
from tagent_platform.core.incidents.views import incident_view
from tagent_platform.core.records import IncidentRecord
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.pages import PAGE_LIMIT_DEFAULT, Page, cut_page, newest_first
from tagent_platform.usecases.platform import Platform


async def list_incidents(
    platform: Platform,
    *,
    service: str | None = None,
    unresolved: bool = False,
    cursor: str | None = None,
    limit: int = PAGE_LIMIT_DEFAULT,
) -> Page[IncidentView]:
    """Return incidents without their timelines, of one service or all; `unresolved` leaves out those that are over.

    Raises NotFoundError for an unknown service, InvalidError for a wrong cursor or limit.
    """
    if service is None:
        found = list(platform.store.all(IncidentRecord).values())
    else:
        found = list(platform.fleet.incidents_of(service))
        if not found:
            service_named(platform, service)
    wanted = [
        versioned.record
        for versioned in found
        if not unresolved or versioned.record.state is not IncidentState.RESOLVED
    ]
    page = cut_page(wanted, _position, cursor, limit)
    return Page(tuple(map(incident_view, page.items)), page.next)


def _position(record: IncidentRecord) -> str:
    return newest_first(record.opened_at, record.id)
