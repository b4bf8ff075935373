"""Show one service."""

from __future__ import annotations

from tagent_contract.services import ServiceView
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.platform import Platform
from tagent_platform.usecases.service_views import view_service


async def show_service(platform: Platform, *, service: str) -> ServiceView:
    """Return the service with its instances, faults, incident and latest figures. Raises NotFoundError."""
    return view_service(platform, service_named(platform, service).record)
