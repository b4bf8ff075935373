"""What a sidecar's report says of a fault, taken into the record."""

from __future__ import annotations

import msgspec

from tagent_contract.events import EventType
from tagent_contract.faults import EndReason, FaultState, fault_type
from tagent_contract.reports import FaultProgress
from tagent_platform.core.fault_steps import FaultStep, ended, happening, step_one
from tagent_platform.core.happenings import Happening
from tagent_platform.core.records import FaultRecord, FaultTargetRecord


def hear(
    record: FaultRecord,
    key: str,
    progress: FaultProgress | None,
    *,
    now: float,
    knows_end: bool = False,
) -> FaultStep:
    """Take in what a report says of the fault on the target `key`; None when the report does not mention it.

    `knows_end`: the sidecar has a plan in which the fault is to end. Then not mentioning it means that it does not act there.
    """
    target = record.targets.get(key)
    if target is None or target.state.is_final:
        return FaultStep(record)
    if progress is not None:
        return step_one(record, key, *_heard(record, target, progress, now))
    if target.state is FaultState.ENDING and knows_end and record.ending is not None:
        return step_one(record, key, *ended(record, target, record.ending, now))
    return FaultStep(record)


def _heard(
    record: FaultRecord, target: FaultTargetRecord, progress: FaultProgress, now: float
) -> tuple[FaultTargetRecord, list[Happening]]:
    """Take over acknowledgement, counters and end, in the order in which they happen."""
    happenings = []
    if target.acked_at is None and (progress.active or progress.ack_age_s is not None):
        target = _acknowledged(target, progress, now)
        happenings.append(_acknowledgement(record, target))
    first_known = target.first_affected_at is not None
    target = _counted(target, progress, now)
    if target.first_affected_at is not None and not first_known:
        happenings.append(_first_affected(record, target, target.first_affected_at))
    if progress.ended_age_s is not None:
        at = _at(now, progress.ended_age_s, not_before=target.acked_at or target.armed_at)
        reason = _end_reason(record, progress)
        target, ends = ended(record, target, reason, at, progress.detail)
        happenings.extend(ends)
    return target, happenings


_SAID_FOR = frozenset(
    {(EndReason.CLEARED, EndReason.RECOVERED), (EndReason.CLEARED, EndReason.RUN_ENDED)}
)
"""What a sidecar says, and what it then was."""


def _end_reason(record: FaultRecord, progress: FaultProgress) -> EndReason:
    """Return why it ended; a sidecar whose plan no longer holds the fault knows only that, and the platform why."""
    wished, said = record.ending, progress.end_reason
    if wished is not None and (said is None or (said, wished) in _SAID_FOR):
        return wished
    return said or EndReason.CLEARED


def _acknowledged(
    target: FaultTargetRecord, progress: FaultProgress, now: float
) -> FaultTargetRecord:
    state = FaultState.ACTIVE if target.state is FaultState.PENDING else target.state
    acked_at = _at(now, progress.ack_age_s or 0.0, not_before=target.armed_at)
    return msgspec.structs.replace(target, state=state, acked_at=acked_at)


def _counted(target: FaultTargetRecord, progress: FaultProgress, now: float) -> FaultTargetRecord:
    first, last = target.first_affected_at, target.last_affected_at
    if first is None and progress.first_affected_age_s is not None:
        first = _at(now, progress.first_affected_age_s, not_before=target.armed_at)
    if progress.last_affected_age_s is not None and progress.injected > target.injected:
        last = _at(now, progress.last_affected_age_s, not_before=first or target.armed_at)
    injected = max(target.injected, progress.injected)
    passed = max(target.passed, progress.passed)
    if (injected, passed, first) == (target.injected, target.passed, target.first_affected_at):
        return target
    return msgspec.structs.replace(
        target, injected=injected, passed=passed, first_affected_at=first, last_affected_at=last
    )


def _at(now: float, age_s: float, *, not_before: float) -> float:
    """Turn an age into a time that is neither in the future nor before what it follows."""
    return min(now, max(not_before, now - age_s))


def _acknowledgement(record: FaultRecord, target: FaultTargetRecord) -> Happening:
    text = f"{target.instance} acknowledged {fault_type(record.fault)}"
    at = target.acked_at or target.armed_at
    return happening(EventType.FAULT_ACKNOWLEDGED, record, target, at, text)


def _first_affected(record: FaultRecord, target: FaultTargetRecord, at: float) -> Happening:
    text = f"{fault_type(record.fault)} affected {target.instance} for the first time"
    return happening(EventType.FAULT_FIRST_AFFECTED, record, target, at, text)
