"""List faults, the newest first."""

from __future__ import annotations

from tagent_contract.faults import FaultView
from tagent_platform.core.faults import is_live
from tagent_platform.core.records import FaultRecord
from tagent_platform.core.views import fault_view
from tagent_platform.usecases.fault_incidents import incident_of_fault
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.pages import PAGE_LIMIT_DEFAULT, Page, cut_page, newest_first
from tagent_platform.usecases.platform import Platform


async def list_faults(
    platform: Platform,
    *,
    service: str | None = None,
    active: bool = False,
    cursor: str | None = None,
    limit: int = PAGE_LIMIT_DEFAULT,
) -> Page[FaultView]:
    """Return faults without their timelines, of one service or all; `active` leaves out those that have ended.

    Raises NotFoundError for an unknown service, InvalidError for a wrong cursor or limit.
    """
    records = [
        versioned.record
        for versioned in platform.store.all(FaultRecord).values()
        if service is None or versioned.record.service == service
    ]
    if service is not None and not records:
        service_named(platform, service)
    wanted = [record for record in records if not active or is_live(record)]
    page = cut_page(wanted, _position, cursor, limit)
    views = tuple(
        fault_view(record, incident=incident_of_fault(platform, record)) for record in page.items
    )
    return Page(views, page.next)


def _position(record: FaultRecord) -> str:
    return newest_first(record.created_at, record.id)
