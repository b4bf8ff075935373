"""Open a maintenance window on a service."""

from __future__ import annotations

import msgspec

from tagent_contract.events import EventType
from tagent_contract.services import Maintenance, MaintenanceRequest
from tagent_contract.times import format_time
from tagent_platform.core.records import MaintenanceWindow, ServiceRecord
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.events import event_by
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.platform import Actor, Platform


async def set_maintenance(
    platform: Platform, *, service: str, request: MaintenanceRequest, actor: Actor
) -> Maintenance:
    """Return the window: until its end nothing is healed and no fault accepted. One that is open is replaced. Raises NotFoundError."""

    def decide() -> Decision[Maintenance]:
        found = service_named(platform, service)
        now = platform.clock.now()
        window = MaintenanceWindow(
            reason=request.reason, by=actor.name, until=now + request.duration_s
        )
        record = msgspec.structs.replace(found.record, maintenance=window)
        until = format_time(window.until)
        event = event_by(
            actor,
            EventType.MAINTENANCE_SET,
            service,
            f"maintenance until {until}: {request.reason}",
            at=now,
            why=request.reason,
            until=until,
        )
        answer = Maintenance(reason=window.reason, until=until, by=window.by)
        return Decision(answer, [Change(ServiceRecord, service, record, found.version)], [event])

    return await commit_decision(platform, decide)
