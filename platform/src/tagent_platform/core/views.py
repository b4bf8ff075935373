"""Records as the API shows them: pure renderings, times as RFC 3339."""

from __future__ import annotations

from collections.abc import Iterable

from tagent_contract.faults import FaultTarget, FaultView, fault_type
from tagent_contract.incidents import TimelineEntry
from tagent_contract.services import FaultBrief, Maintenance
from tagent_contract.times import format_time
from tagent_platform.core.faults import last_ended_at, state_of
from tagent_platform.core.records import (
    FaultRecord,
    FaultTargetRecord,
    MaintenanceWindow,
    TimelineRecord,
)


def moment(seconds: float | None) -> str | None:
    """Format a time that may not have come."""
    return None if seconds is None else format_time(seconds)


def fault_view(
    record: FaultRecord,
    *,
    incident: str | None = None,
    timeline: Iterable[TimelineRecord] = (),
) -> FaultView:
    """Show a fault with all its targets. Its end's reason is that of the target that ended last."""
    targets = tuple(record.targets.values())
    ended = last_ended_at(record)
    last = max(targets, key=lambda target: target.ended_at or 0.0)
    return FaultView(
        id=record.id,
        service=record.service,
        type=fault_type(record.fault),
        fault=record.fault,
        state=state_of(record),
        created_at=format_time(record.created_at),
        expires_at=format_time(record.expires_at),
        created_by=record.created_by,
        targets=tuple(map(target_view, targets)),
        ended_at=moment(ended),
        end_reason=last.end_reason if ended is not None else None,
        injected=sum(target.injected for target in targets),
        passed=sum(target.passed for target in targets),
        incident=incident,
        timeline=tuple(map(timeline_entry, timeline)),
    )


def target_view(target: FaultTargetRecord) -> FaultTarget:
    """Show a fault on one instance."""
    return FaultTarget(
        instance=target.instance,
        state=target.state,
        boot_id=target.boot_id,
        incarnation=target.incarnation,
        acked_at=moment(target.acked_at),
        ended_at=moment(target.ended_at),
        end_reason=target.end_reason,
        detail=target.detail,
        injected=target.injected,
        passed=target.passed,
        first_affected_at=moment(target.first_affected_at),
        last_affected_at=moment(target.last_affected_at),
    )


def fault_brief(record: FaultRecord) -> FaultBrief:
    """Show a fault in one line of its service."""
    return FaultBrief(
        id=record.id,
        type=fault_type(record.fault),
        state=state_of(record),
        expires_at=format_time(record.expires_at),
        injected=sum(target.injected for target in record.targets.values()),
    )


def timeline_entry(line: TimelineRecord) -> TimelineEntry:
    """Show one line of a timeline."""
    return TimelineEntry(
        at=format_time(line.at), kind=line.kind, text=line.text, instance=line.instance
    )


def maintenance_view(window: MaintenanceWindow | None, now: float) -> Maintenance | None:
    """Show a maintenance window while it lasts."""
    if window is None or now >= window.until:
        return None
    return Maintenance(reason=window.reason, until=format_time(window.until), by=window.by)
