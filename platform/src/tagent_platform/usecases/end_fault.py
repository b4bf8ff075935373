"""End one fault before its time."""

from __future__ import annotations

from tagent_contract.faults import EndReason, FaultView
from tagent_platform.core.views import fault_view
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.ending import ending_changes
from tagent_platform.usecases.lookups import fault_named
from tagent_platform.usecases.platform import Actor, Platform


async def end_fault(
    platform: Platform, *, fault_id: str, actor: Actor, reason: str = ""
) -> FaultView:
    """Return the fault as it then is: ENDING until its sidecars say that it has ended. Ended already, it stays as it is.

    Raises NotFoundError.
    """

    def decide() -> Decision[None]:
        fault = fault_named(platform, fault_id)
        now = platform.clock.now()
        return Decision(None, *ending_changes([fault], EndReason.CLEARED, now, actor, reason))

    await commit_decision(platform, decide)
    return fault_view(fault_named(platform, fault_id).record)
