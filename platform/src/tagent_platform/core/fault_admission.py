"""May this fault be injected now, and if not, why not and until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tagent_contract.faults import PROCESS_FAULTS, Fault, FaultState, fault_type
from tagent_contract.health import Health
from tagent_contract.problems import ConflictReason
from tagent_platform.core.records import (
    FaultRecord,
    HaltRecord,
    InstanceRecord,
    ServiceRecord,
    target_key,
)

GOOD = frozenset({Health.HEALTHY, Health.DEGRADED})


@dataclass(frozen=True, slots=True)
class Admitted:
    """The instances that the fault is to act on."""

    instances: tuple[InstanceRecord, ...]


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """Why not. `until` is when the reason ends by itself, where that is known."""

    reason: ConflictReason
    text: str
    until: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the decision looks at. `faults` are those of the service that have not ended."""

    service: ServiceRecord
    instances: Mapping[str, InstanceRecord]
    faults: Iterable[FaultRecord]
    halt: HaltRecord | None
    now: float


def may_inject(
    fault: Fault, situation: Situation, *, forced: bool = False
) -> Admitted | NotAdmitted:
    """Decide whether the fault may be armed, and on which instances.

    Offline instances are no targets. A target that is DEGRADED or UNHEALTHY is allowed; one that healing is restarting is reserved.

    `last_healthy_instance` protects what still answers callers when something else is wrong already: with two or more live
    instances, of which some are sick or carry another fault, a fault that reaches every remaining good one is refused unless
    forced. A fault on all of an entirely good service is what its words say, and so is one on a service's only instance.
    """
    refused = _refused_by_service(situation)
    if refused is not None:
        return refused
    targets = _targets(fault, situation.instances)
    if not targets:
        return NotAdmitted(
            ConflictReason.NO_INSTANCES,
            f"{situation.service.name} has no live instance that this fault is for",
        )
    refused = (
        _unsupported(fault, targets)
        or _overlap(fault, targets, situation)
        or _reserved(targets)
        or (None if forced else _last_healthy(targets, situation))
    )
    return refused or Admitted(targets)


def _refused_by_service(situation: Situation) -> NotAdmitted | None:
    halt, maintenance = situation.halt, situation.service.maintenance
    if halt is not None and halt.halted:
        text = f"all faults are halted by {halt.by}: {halt.reason}; release the halt first"
        return NotAdmitted(ConflictReason.HALTED, text)
    if maintenance is not None and situation.now < maintenance.until:
        text = (
            f"{situation.service.name} is in maintenance by {maintenance.by}: {maintenance.reason}"
        )
        return NotAdmitted(ConflictReason.MAINTENANCE, text, maintenance.until)
    return None


def _targets(fault: Fault, instances: Mapping[str, InstanceRecord]) -> tuple[InstanceRecord, ...]:
    wanted = fault.target.instances
    names = sorted(instances) if wanted == "all" else sorted(set(wanted))
    known = (instances[name] for name in names if name in instances)
    return tuple(instance for instance in known if instance.health is not Health.OFFLINE)


def _unsupported(fault: Fault, targets: Iterable[InstanceRecord]) -> NotAdmitted | None:
    kind = fault_type(fault)
    for instance in targets:
        if kind in instance.missing or kind not in instance.capabilities:
            why = instance.missing.get(kind, "its sidecar does not know this fault")
            text = f"{instance.name} cannot apply {kind}: {why}"
            return NotAdmitted(ConflictReason.UNSUPPORTED, text)
    return None


def _overlap(
    fault: Fault, targets: Iterable[InstanceRecord], situation: Situation
) -> NotAdmitted | None:
    keys = [target_key(instance.name, instance.boot_id) for instance in targets]
    for other in situation.faults:
        if not _is_same_rule(fault, other.fault):
            continue
        for target in (other.targets[key] for key in keys if key in other.targets):
            if target.state is FaultState.ENDING:
                text = f"fault {other.id} is still ending on {target.instance}"
                return NotAdmitted(ConflictReason.END_PENDING, text)
            if not target.state.is_final:
                text = f"fault {other.id} already does this on {target.instance}"
                return NotAdmitted(ConflictReason.ALREADY_ACTIVE, text, other.expires_at)
    return None


def _is_same_rule(fault: Fault, other: Fault) -> bool:
    kind = fault_type(fault)
    if kind != fault_type(other):
        return False
    # Faults on the process match no requests, so two of one type always are the same rule.
    return kind in PROCESS_FAULTS or fault.match == other.match


def _reserved(targets: Iterable[InstanceRecord]) -> NotAdmitted | None:
    for instance in targets:
        if instance.health is Health.RECOVERING:
            text = f"{instance.name} is being restarted; wait until it is verified"
            return NotAdmitted(ConflictReason.TARGET_RESERVED, text)
    return None


def _last_healthy(targets: Iterable[InstanceRecord], situation: Situation) -> NotAdmitted | None:
    live = {name for name, item in situation.instances.items() if item.health is not Health.OFFLINE}
    faulty = {
        target.instance
        for record in situation.faults
        for target in record.targets.values()
        if not target.state.is_final
    }
    good = {name for name in live - faulty if situation.instances[name].health in GOOD}
    reached = {instance.name for instance in targets}
    if len(live) < 2 or not good or good == live or not good <= reached:
        return None
    others = ", ".join(sorted(live - good))
    text = f"{', '.join(sorted(good))} would be the last to go: {others} is sick or faulty already; force it if you mean it"
    return NotAdmitted(ConflictReason.LAST_HEALTHY_INSTANCE, text)
