"""How often something may be restarted: at once first, then after waits that double, and not forever.

Restarts are counted per target and cause, so that drills never use up what real failures need. Both the waits and the
count start over once the target has been healthy for long enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tagent_contract.policy import RestartPolicy
from tagent_platform.core.records import BudgetRecord

RESTARTS_KEPT = 64
"""Enough for every wait to reach its maximum; an intensity above it counts as this."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """The next restart, number `number`, may come now."""

    number: int


@dataclass(frozen=True, slots=True)
class BackingOff:
    """Restart `number` has to wait until then."""

    number: int
    until: float


@dataclass(frozen=True, slots=True)
class UsedUp:
    """As many restarts as the intensity allows lie within its window; the oldest leaves it at `until`."""

    restarts: int
    until: float


Verdict = Allowed | BackingOff | UsedUp


def budget_key(service: str, instance: str | None, cause_key: str) -> str:
    """Return a budget's key; without an instance it is the whole service's."""
    target = f"{service}/{instance}" if instance is not None else service
    return f"{target}|{cause_key}"


def wait_before_s(number: int, policy: RestartPolicy) -> float:
    """Return how long restart `number` (from 1) waits after the one before it."""
    if number < 2:
        return 0.0
    # Beyond 2^64 the maximum has long been reached; larger powers would overflow a float.
    doublings = min(number - 2, 64)
    return min(policy.backoff_max_s, policy.backoff_first_s * 2.0**doublings)


def may_restart(budget: BudgetRecord | None, policy: RestartPolicy, now: float) -> Verdict:
    """Decide whether one more restart may come now."""
    restarts = budget.restarts if budget is not None else ()
    intensity = min(policy.intensity, RESTARTS_KEPT)
    within = [at for at in restarts if now - at < policy.intensity_window_s]
    if len(within) >= intensity:
        return UsedUp(len(within), within[-intensity] + policy.intensity_window_s)
    number = len(restarts) + 1
    if not restarts:
        return Allowed(number)
    until = restarts[-1] + wait_before_s(number, policy)
    return BackingOff(number, until) if now < until else Allowed(number)


def spend(
    budget: BudgetRecord | None,
    *,
    service: str,
    instance: str | None,
    cause_key: str,
    now: float,
) -> BudgetRecord:
    """Count one restart."""
    before: Sequence[float] = budget.restarts if budget is not None else ()
    return BudgetRecord(
        service=service,
        instance=instance,
        cause_key=cause_key,
        restarts=(*before, now)[-RESTARTS_KEPT:],
    )


def observe_health(
    budget: BudgetRecord, *, is_healthy: bool, policy: RestartPolicy, now: float
) -> BudgetRecord | None:
    """Follow the target's health: the same budget, one that starts or stops counting healthy time, or None once it is forgiven."""
    if not is_healthy:
        if budget.healthy_since is None:
            return budget
        return msgspec.structs.replace(budget, healthy_since=None)
    if budget.healthy_since is None:
        return msgspec.structs.replace(budget, healthy_since=now)
    return None if now - budget.healthy_since >= policy.reset_after_s else budget
