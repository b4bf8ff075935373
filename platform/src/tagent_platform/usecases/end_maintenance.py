"""Close a service's maintenance window."""

from __future__ import annotations

import msgspec

from tagent_contract.events import EventType
from tagent_platform.core.records import ServiceRecord
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.events import event_by
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.platform import Actor, Platform


async def end_maintenance(
    platform: Platform, *, service: str, actor: Actor, reason: str = ""
) -> None:
    """Close the window before its time; without one, there is nothing to do. Raises NotFoundError."""

    def decide() -> Decision[None]:
        found = service_named(platform, service)
        if found.record.maintenance is None:
            return Decision(None)
        record = msgspec.structs.replace(found.record, maintenance=None)
        text = "maintenance ended"
        now = platform.clock.now()
        event = event_by(actor, EventType.MAINTENANCE_ENDED, service, text, at=now, why=reason)
        return Decision(None, [Change(ServiceRecord, service, record, found.version)], [event])

    await commit_decision(platform, decide)
