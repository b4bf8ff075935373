"""Show a service's policy."""

from __future__ import annotations

from tagent_contract.policy import ServicePolicy
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.platform import Platform


async def show_policy(platform: Platform, *, service: str) -> ServicePolicy:
    """Return every number of health and healing. Raises NotFoundError."""
    return service_named(platform, service).record.policy
