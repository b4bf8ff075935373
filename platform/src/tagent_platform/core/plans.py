"""What one instance should do now, made from the records alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tagent_contract.faults import FaultState, Scope
from tagent_contract.plan import Plan, PlanFault
from tagent_platform.core.records import (
    FaultRecord,
    HaltRecord,
    InstanceRecord,
    ServiceRecord,
    target_key,
)


@dataclass(frozen=True, slots=True)
class PlanParts:
    """The records that an instance's plan is made from."""

    service: ServiceRecord
    instance: InstanceRecord
    faults: Iterable[FaultRecord]
    """The service's faults that have not ended."""
    halt: HaltRecord | None


def plan_for(parts: PlanParts, *, epoch: str, revision: int, now: float) -> Plan:
    """Return the instance's plan. `revision` is the highest version among the records it is made from.

    A fault stays on the plan until its end was reported, so that it ends for the sidecar's own reason and not as cleared. One
    that the sidecar has not acknowledged within its ttl never starts. While halted, no fault is on any plan.
    """
    instance = parts.instance
    halted = parts.halt is not None and parts.halt.halted
    key = target_key(instance.name, instance.boot_id)
    planned: list[PlanFault] = []
    ending: dict[str, str] = {}
    for record in sorted(parts.faults, key=_by_age):
        target = record.targets.get(key)
        if target is None or target.state.is_final:
            continue
        if record.ending is not None:
            ending[record.id] = record.ending.value
        elif not halted and (target.state is FaultState.ACTIVE or now < record.expires_at):
            planned.append(_planned(record, target.incarnation, now))
    return Plan(
        epoch=epoch,
        revision=revision,
        policy=parts.service.policy,
        faults=tuple(planned),
        restart=instance.restart,
        halted=halted,
        ending=ending,
    )


def _by_age(record: FaultRecord) -> tuple[float, str]:
    return record.created_at, record.id


def _planned(record: FaultRecord, incarnation: str, now: float) -> PlanFault:
    bound_to = incarnation if record.fault.scope is Scope.INSTANCE else None
    ttl_left_s = max(0.0, min(record.expires_at - now, record.fault.ttl_s))
    return PlanFault(id=record.id, fault=record.fault, ttl_left_s=ttl_left_s, incarnation=bound_to)


def says_the_same(plan: Plan, other: Plan) -> bool:
    """Return whether a sidecar that has one of them needs the other: what is left of the ttls does not matter."""
    return (
        plan.halted == other.halted
        and plan.restart == other.restart
        and plan.ending == other.ending
        and [fault.id for fault in plan.faults] == [fault.id for fault in other.faults]
        and plan.policy == other.policy
        and plan.epoch == other.epoch
    )
