"""A person recovers a service: end its faults, and restart what is not healthy."""

from __future__ import annotations

from tagent_contract.incidents import IncidentView
from tagent_platform.usecases.order_restart import order_restart
from tagent_platform.usecases.platform import Actor, Platform


async def recover_service(
    platform: Platform, *, service: str, actor: Actor, reason: str = "", instance: str | None = None
) -> IncidentView:
    """Return the incident that tells how it goes. Faults and restarts are ordered in one commit; an entirely healthy service is restarted whole.

    Raises NotFoundError; RefusedError as `restart_service`, and then no fault is ended either.
    """
    return await order_restart(
        platform,
        service=service,
        actor=actor,
        reason=reason,
        instance=instance,
        is_recovery=True,
    )
