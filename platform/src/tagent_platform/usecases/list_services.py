"""List the services with their health."""

from __future__ import annotations

from tagent_contract.services import ServiceView
from tagent_platform.core.records import ServiceRecord
from tagent_platform.usecases.pages import PAGE_LIMIT_DEFAULT, Page, cut_page
from tagent_platform.usecases.platform import Platform
from tagent_platform.usecases.service_views import view_service


async def list_services(
    platform: Platform, *, cursor: str | None = None, limit: int = PAGE_LIMIT_DEFAULT
) -> Page[ServiceView]:
    """Return the services by name. Raises InvalidError for a wrong cursor or limit."""
    names = cut_page(platform.store.all(ServiceRecord), str, cursor, limit)
    found = [platform.store.get(ServiceRecord, name) for name in names.items]
    views = tuple(view_service(platform, service.record) for service in found if service)
    return Page(views, names.next)
