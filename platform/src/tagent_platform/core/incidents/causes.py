"""Which faults are behind an instance's sickness, and what they want healing to do.

A fault is behind it while it acts on the instance, and when its end came too shortly before the sickness to have left the
health figures: those look back over a window, and a threshold needs its failures in a row. A fault that nobody acknowledged,
or that failed, did nothing. An instance out of contact is not sick by a fault: no fault silences a sidecar.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tagent_contract.faults import FaultState, Healing
from tagent_contract.health import Health
from tagent_contract.policy import HealthPolicy
from tagent_platform.core.records import FaultRecord, FaultTargetRecord, InstanceRecord

ORGANIC = "organic"
"""The cause key of what no known fault explains."""

MANUAL = "manual"
"""The cause key of what a person ordered."""

NO_EFFECT = frozenset({FaultState.PENDING, FaultState.FAILED})


@dataclass(frozen=True, slots=True)
class Causes:
    """The faults behind a sickness, the latest armed first; none means organic."""

    faults: tuple[FaultRecord, ...] = ()
    healing: Healing = Healing.ACT
    healing_until: float | None = None
    """When the faults that hold healing back will have ended, at the latest."""

    @property
    def key(self) -> str:
        """Restarts are budgeted by it."""
        return self.faults[0].id if self.faults else ORGANIC

    @property
    def is_organic(self) -> bool:
        """Whether no known fault is behind it."""
        return not self.faults


def aftermath_s(policy: HealthPolicy) -> float:
    """Return for how long after its end a fault may still show in an instance's health."""
    failing_s = policy.failure_threshold * (policy.check_interval_s + policy.inside_timeout_s)
    return policy.window_s + failing_s


def causes_of(
    instance: InstanceRecord,
    sick_since: float,
    faults: Iterable[FaultRecord],
    policy: HealthPolicy,
    now: float,
) -> Causes:
    """Return what is behind a sickness that began at `sick_since`."""
    if instance.health is Health.OFFLINE:
        return Causes()
    return causes_at(instance.name, sick_since, faults, policy, now)


def causes_at(
    instance: str,
    since: float,
    faults: Iterable[FaultRecord],
    policy: HealthPolicy,
    now: float,
) -> Causes:
    """Return what is behind something that happened to the instance at `since`."""
    aftermath = aftermath_s(policy)
    behind: list[tuple[float, FaultRecord]] = []
    in_force: list[FaultRecord] = []
    for fault in faults:
        targets = [
            target
            for target in fault.targets.values()
            if target.instance == instance and _was_behind(target, since - aftermath)
        ]
        if targets:
            behind.append((max(target.armed_at for target in targets), fault))
        if any(target.ended_at is None or now - target.ended_at <= aftermath for target in targets):
            in_force.append(fault)
    # What acted then explains it; only where nothing did is it the aftermath of what had ended.
    acting = [pair for pair in behind if _acted_on(pair[1], instance, since)]
    behind = acting or _the_last_of(behind, instance)
    behind.sort(key=lambda pair: (-pair[0], pair[1].id))
    healing = _strictest(in_force)
    holding = [fault.expires_at + aftermath for fault in in_force if fault.fault.healing is healing]
    return Causes(
        faults=tuple(fault for _, fault in behind),
        healing=healing,
        healing_until=max(holding) if holding and healing is not Healing.ACT else None,
    )


def _was_behind(target: FaultTargetRecord, earliest_end: float) -> bool:
    had_effect = target.state not in NO_EFFECT or target.injected > 0
    return had_effect and (target.ended_at is None or target.ended_at >= earliest_end)


def _the_last_of(
    behind: list[tuple[float, FaultRecord]], instance: str
) -> list[tuple[float, FaultRecord]]:
    """Return what had not ended before another began: of faults that followed one another, the last explains it."""
    return [
        (armed_at, fault)
        for armed_at, fault in behind
        if all(other is fault or _acted_on(fault, instance, later_at) for later_at, other in behind)
    ]


def _acted_on(fault: FaultRecord, instance: str, at: float) -> bool:
    return any(
        target.instance == instance and (target.ended_at is None or target.ended_at >= at)
        for target in fault.targets.values()
    )


def _strictest(faults: Iterable[FaultRecord]) -> Healing:
    """Sum up what the faults ask for: one to be observed holds for all, and only all together can be suppressed."""
    wishes = {fault.fault.healing for fault in faults}
    if Healing.OBSERVE in wishes:
        return Healing.OBSERVE
    return Healing.SUPPRESS if wishes == {Healing.SUPPRESS} else Healing.ACT
