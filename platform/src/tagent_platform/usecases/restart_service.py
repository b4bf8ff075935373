"""A person restarts a service, or one of its instances."""

from __future__ import annotations

from tagent_contract.incidents import IncidentView
from tagent_platform.usecases.order_restart import order_restart
from tagent_platform.usecases.platform import Actor, Platform


async def restart_service(
    platform: Platform, *, service: str, actor: Actor, reason: str = "", instance: str | None = None
) -> IncidentView:
    """Return the incident that tells how it goes; the restart is ordered, not done.

    Raises NotFoundError; RefusedError with `no_instances`, `halted`, `target_locked`, `sidecar_unreachable`, `not_supervised` or
    `unsupported` when not one of the instances can be restarted.
    """
    return await order_restart(
        platform, service=service, actor=actor, reason=reason, instance=instance
    )
