"""One step in a fault's life: the record after it, and what became true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from tagent_contract.events import EventType
from tagent_contract.faults import EndReason, FaultState, fault_type
from tagent_platform.core.happenings import Datum, Happening
from tagent_platform.core.records import FaultRecord, FaultTargetRecord

STATE_AFTER: Mapping[EndReason, FaultState] = {
    EndReason.TTL: FaultState.EXPIRED,
    EndReason.MAX_COUNT: FaultState.EXPIRED,
    EndReason.CLEARED: FaultState.CLEARED,
    EndReason.RECOVERED: FaultState.CLEARED,
    EndReason.RESTARTED: FaultState.CLEARED,
    EndReason.RUN_ENDED: FaultState.CLEARED,
    EndReason.HALTED: FaultState.HALTED,
    EndReason.LEASE_LOST: FaultState.LOST,
    EndReason.SIDECAR_STOPPED: FaultState.LOST,
    EndReason.SIDECAR_LOST: FaultState.LOST,
    EndReason.SUPERSEDED: FaultState.LOST,
    EndReason.NOT_ACKNOWLEDGED: FaultState.FAILED,
    EndReason.UNSUPPORTED: FaultState.FAILED,
    EndReason.COULD_NOT_APPLY: FaultState.FAILED,
}
"""Why a fault ended → the final state this makes."""


@dataclass(frozen=True, slots=True)
class FaultStep:
    """A fault after something happened to it; the same record object when nothing did."""

    record: FaultRecord
    happenings: tuple[Happening, ...] = ()


def ended(
    record: FaultRecord,
    target: FaultTargetRecord,
    reason: EndReason,
    at: float,
    detail: str = "",
) -> tuple[FaultTargetRecord, list[Happening]]:
    """Return the target ended, and that it did."""
    state = STATE_AFTER[reason]
    target = msgspec.structs.replace(
        target, state=state, ended_at=at, end_reason=reason, detail=detail
    )
    text = f"{fault_type(record.fault)} ended on {target.instance}: {reason}, {target.injected} injected"
    return target, [
        happening(
            EventType.FAULT_ENDED,
            record,
            target,
            at,
            text,
            state=state.value,
            reason=reason.value,
            injected=target.injected,
            passed=target.passed,
            detail=detail,
        )
    ]


def happening(
    type_: EventType,
    record: FaultRecord,
    target: FaultTargetRecord,
    at: float,
    text: str,
    **data: Datum,
) -> Happening:
    """Return what happened to the fault on one target."""
    return Happening(
        type=type_,
        service=record.service,
        at=at,
        text=text,
        instance=target.instance,
        fault=record.id,
        data={"fault_type": fault_type(record.fault), **data},
    )


def step_one(
    record: FaultRecord, key: str, target: FaultTargetRecord, happenings: list[Happening]
) -> FaultStep:
    """Put one target in its place."""
    if target is record.targets[key]:
        return FaultStep(record)
    targets = {**record.targets, key: target}
    return FaultStep(msgspec.structs.replace(record, targets=targets), tuple(happenings))


def step(
    record: FaultRecord,
    change: Callable[[FaultTargetRecord], tuple[FaultTargetRecord, list[Happening]]],
) -> FaultStep:
    """Apply a change to every target that has not ended."""
    targets = dict(record.targets)
    happenings: list[Happening] = []
    for key, target in record.targets.items():
        if not target.state.is_final:
            targets[key], more = change(target)
            happenings.extend(more)
    if all(targets[key] is target for key, target in record.targets.items()):
        return FaultStep(record)
    return FaultStep(msgspec.structs.replace(record, targets=targets), tuple(happenings))
