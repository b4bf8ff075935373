"""The life of a fault on its targets.

    PENDING ──acknowledged──► ACTIVE ──its end is reported──► EXPIRED CLEARED HALTED LOST FAILED
       │                        │                                        ▲
       ├──not acknowledged in time: FAILED                               │
       └────────────┴──cleared, halted, recovered──► ENDING ──reported───┘

The platform only wishes: it arms a fault and asks for its end. What became of it is what the sidecar's reports say.
Silence alone decides in two cases. A fault nobody acknowledged has failed. A fault whose sidecar is out of touch is
LOST once both the lease and the ttl are over, since a frozen sidecar's helpers live as long as the ttl, and at once
when another boot took the instance's name. A final state is never left, so each target ends exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from tagent_contract.events import EventType
from tagent_contract.faults import EndReason, Fault, FaultState, Scope, fault_type
from tagent_platform.core.fault_steps import FaultStep, ended, happening, step, step_one
from tagent_platform.core.happenings import Happening
from tagent_platform.core.records import (
    FaultRecord,
    FaultTargetRecord,
    InstanceRecord,
    target_key,
)

_LEAST_FINAL_FIRST = (
    FaultState.PENDING,
    FaultState.ENDING,
    FaultState.ACTIVE,
    FaultState.FAILED,
    FaultState.LOST,
    FaultState.HALTED,
    FaultState.CLEARED,
    FaultState.EXPIRED,
)


@dataclass(frozen=True, slots=True)
class FaultTimes:
    """How long the platform waits for a sidecar's word."""

    acknowledged_within_s: float = 10.0
    lease_s: float = 15.0
    lost_margin_s: float = 2.0


def arm(
    fault_id: str, fault: Fault, instances: Sequence[InstanceRecord], *, now: float, by: str
) -> FaultRecord:
    """Return the fault, PENDING on these instances of one service; there is at least one."""
    targets = {
        target_key(instance.name, instance.boot_id): _pending(instance, now)
        for instance in instances
    }
    return FaultRecord(
        id=fault_id,
        service=instances[0].service,
        fault=fault,
        created_at=now,
        expires_at=now + fault.ttl_s,
        created_by=by,
        targets=targets,
    )


def reach(record: FaultRecord, instance: InstanceRecord, now: float) -> FaultStep:
    """Arm a fault of scope service on an instance or boot that came after it, for the time it has left."""
    key = target_key(instance.name, instance.boot_id)
    wanted = record.fault.target.instances
    if (
        record.fault.scope is not Scope.SERVICE
        or record.ending is not None
        or now >= record.expires_at
        or key in record.targets
        or (wanted != "all" and instance.name not in wanted)
    ):
        return FaultStep(record)
    target = _pending(instance, now)
    return FaultStep(
        msgspec.structs.replace(record, targets={**record.targets, key: target}),
        (armed(record, target),),
    )


def armed(record: FaultRecord, target: FaultTargetRecord) -> Happening:
    """Say that a fault was armed on a target."""
    left_s = record.expires_at - target.armed_at
    text = f"{fault_type(record.fault)} armed on {target.instance} for {left_s:g} s"
    return happening(EventType.FAULT_ARMED, record, target, target.armed_at, text, ttl_s=left_s)


def end(record: FaultRecord, reason: EndReason, now: float) -> FaultStep:
    """Wish a fault to end. The first wish stands, except that a halt goes before all others."""
    stands = record.ending is not None and reason is not EndReason.HALTED
    if stands or record.ending is reason or not is_live(record):
        return FaultStep(record)
    record = msgspec.structs.replace(record, ending=reason)
    return step(record, lambda target: _ask_to_end(record, target, now))


def _ask_to_end(
    record: FaultRecord, target: FaultTargetRecord, now: float
) -> tuple[FaultTargetRecord, list[Happening]]:
    if target.state is FaultState.ENDING:
        return target, []
    target = msgspec.structs.replace(target, state=FaultState.ENDING)
    text = f"{fault_type(record.fault)} is to end on {target.instance}: {record.ending}"
    return target, [
        happening(EventType.FAULT_ENDING, record, target, now, text, reason=str(record.ending)),
    ]


def pass_time(
    record: FaultRecord,
    *,
    now: float,
    listening_since: float,
    out_of_touch_s: Callable[[str], float],
    times: FaultTimes,
) -> FaultStep:
    """End what silence alone may end. Silence before `listening_since` proves nothing.

    `out_of_touch_s` says for how long an instance has neither reported nor been given a plan.
    """
    over_at = record.expires_at + times.lost_margin_s

    def pass_over(target: FaultTargetRecord) -> tuple[FaultTargetRecord, list[Happening]]:
        if target.state is FaultState.PENDING:
            waited_s = now - max(target.armed_at, listening_since)
            if waited_s >= times.acknowledged_within_s:
                return ended(record, target, EndReason.NOT_ACKNOWLEDGED, now)
            return target, []
        if now < over_at:
            return target, []
        # A sidecar in touch that never says how it ended has forgotten; the lease's length is its chance to speak.
        speechless = now >= max(over_at, listening_since) + times.lease_s
        if speechless or out_of_touch_s(target.instance) >= times.lease_s:
            return ended(record, target, EndReason.SIDECAR_LOST, now)
        return target, []

    return step(record, pass_over)


def leave(record: FaultRecord, key: str, reason: EndReason, now: float) -> FaultStep:
    """End the fault on one target whose sidecar is gone: it said goodbye, or another boot took its name."""
    target = record.targets.get(key)
    if target is None or target.state.is_final:
        return FaultStep(record)
    return step_one(record, key, *ended(record, target, reason, now))


def is_live(record: FaultRecord) -> bool:
    """Return whether it has not ended on some target."""
    return any(not target.state.is_final for target in record.targets.values())


def state_of(record: FaultRecord) -> FaultState:
    """Sum up the targets: the least final of them, where acting goes before ending and waiting."""
    states = {target.state for target in record.targets.values()}
    if FaultState.ACTIVE in states:
        return FaultState.ACTIVE
    return next(state for state in _LEAST_FINAL_FIRST if state in states)


def last_ended_at(record: FaultRecord) -> float | None:
    """Return when it ended on its last target, None while it lives."""
    if is_live(record):
        return None
    return max(target.ended_at or record.created_at for target in record.targets.values())


def _pending(instance: InstanceRecord, now: float) -> FaultTargetRecord:
    return FaultTargetRecord(
        instance=instance.name,
        state=FaultState.PENDING,
        armed_at=now,
        boot_id=instance.boot_id,
        incarnation=instance.incarnation,
    )
