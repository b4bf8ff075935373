"""One fault's story in the order it happened, together with what its incident adds."""

from __future__ import annotations

from collections.abc import Iterable

from tagent_contract.faults import EndReason, FaultState, fault_type
from tagent_platform.core.records import (
    FaultRecord,
    FaultTargetRecord,
    IncidentRecord,
    TimelineRecord,
)

_ORDER = ("armed", "acknowledged", "first_affected", "ended")
"""What follows from what, for lines of the same moment; an incident's own lines come between the last two."""


def fault_lines(record: FaultRecord) -> tuple[TimelineRecord, ...]:
    """Return the lines of a fault alone: armed, acknowledged, first affected, ended on each target."""
    lines = [line for target in record.targets.values() for line in _target_lines(record, target)]
    return tuple(sorted(lines, key=_moment))


def whole_timeline(
    record: FaultRecord, incidents: Iterable[IncidentRecord]
) -> tuple[TimelineRecord, ...]:
    """Return the fault's lines and those of its incidents, each once."""
    own = fault_lines(record)
    seen = {(line.kind, line.instance, line.at) for line in own}
    other = [
        line
        for incident in incidents
        if record.id in incident.faults
        for line in incident.timeline
        if line.kind not in _ORDER and (line.kind, line.instance, line.at) not in seen
    ]
    return tuple(sorted([*own, *other], key=_moment))


def _target_lines(record: FaultRecord, target: FaultTargetRecord) -> list[TimelineRecord]:
    kind, where = fault_type(record.fault), target.instance
    lines = [_line(target, target.armed_at, "armed", f"{kind} armed on {where}")]
    if target.acked_at is not None:
        lines.append(_line(target, target.acked_at, "acknowledged", f"{where} acknowledged {kind}"))
    if target.first_affected_at is not None:
        text = f"{kind} affected {where} for the first time"
        lines.append(_line(target, target.first_affected_at, "first_affected", text))
    if target.ended_at is not None:
        lines.append(_line(target, target.ended_at, "ended", _end_text(kind, target)))
    return lines


def _end_text(kind: str, target: FaultTargetRecord) -> str:
    verb = "failed" if target.state is FaultState.FAILED else "ended"
    reason = (target.end_reason or EndReason.CLEARED).value.replace("_", " ")
    detail = f" ({target.detail})" if target.detail else ""
    return f"{kind} {verb} on {target.instance}: {reason}{detail}, {target.injected} injected"


def _line(target: FaultTargetRecord, at: float, kind: str, text: str) -> TimelineRecord:
    return TimelineRecord(at=at, kind=kind, text=text, instance=target.instance)


def _moment(line: TimelineRecord) -> tuple[float, int]:
    """Order by time; at the same moment a fault is armed first and ended last."""
    if line.kind not in _ORDER:
        return line.at, len(_ORDER) - 1
    position = _ORDER.index(line.kind)
    return line.at, position if line.kind != "ended" else len(_ORDER)
