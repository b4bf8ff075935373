"""End all faults of one service."""

from __future__ import annotations

from tagent_contract.faults import EndReason, FaultView
from tagent_platform.core.views import fault_view
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.ending import ending_changes
from tagent_platform.usecases.lookups import fault_named, service_named
from tagent_platform.usecases.platform import Actor, Platform


async def clear_faults(
    platform: Platform, *, service: str, actor: Actor, reason: str = ""
) -> tuple[FaultView, ...]:
    """Return the faults that are to end now, as they then are; none when none was live. Raises NotFoundError."""

    def decide() -> Decision[tuple[str, ...]]:
        service_named(platform, service)
        faults = platform.fleet.faults_of(service).live
        now = platform.clock.now()
        changes, events = ending_changes(faults.values(), EndReason.CLEARED, now, actor, reason)
        return Decision(tuple(faults), changes, events)

    ids = await commit_decision(platform, decide)
    return tuple(fault_view(fault_named(platform, fault_id).record) for fault_id in ids)
