"""Replace a service's policy."""

from __future__ import annotations

from typing import Any

import msgspec

from tagent_contract.events import EventType
from tagent_contract.policy import ServicePolicy
from tagent_platform.core.records import ServiceRecord
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import InvalidError
from tagent_platform.usecases.events import event_by
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.platform import Actor, Platform


async def set_policy(
    platform: Platform, *, service: str, policy: ServicePolicy, actor: Actor, reason: str = ""
) -> ServicePolicy:
    """Return the policy that holds from now on; the sidecars get it with their plan.

    Raises NotFoundError, and InvalidError for numbers that contradict each other.
    """
    _refuse_contradictions(policy)

    def decide() -> Decision[ServicePolicy]:
        found = service_named(platform, service)
        differences = _differences(found.record.policy, policy)
        if not differences:
            return Decision(policy)
        record = msgspec.structs.replace(found.record, policy=policy)
        event = event_by(
            actor,
            EventType.POLICY_CHANGED,
            service,
            f"policy changed: {', '.join(differences)}",
            at=platform.clock.now(),
            why=reason,
        )
        return Decision(policy, [Change(ServiceRecord, service, record, found.version)], [event])

    return await commit_decision(platform, decide)


def _refuse_contradictions(policy: ServicePolicy) -> None:
    health, restart = policy.health, policy.restart
    if health.error_ratio_unhealthy < health.error_ratio_degraded:
        raise InvalidError("$.health.error_ratio_unhealthy", "is below error_ratio_degraded")
    if restart.backoff_max_s < restart.backoff_first_s:
        raise InvalidError("$.restart.backoff_max_s", "is below backoff_first_s")


def _differences(before: ServicePolicy, after: ServicePolicy) -> list[str]:
    old, new = _flat(before), _flat(after)
    return [f"{name} {old[name]} → {new[name]}" for name in sorted(new) if old[name] != new[name]]


def _flat(policy: ServicePolicy) -> dict[str, Any]:
    parts: dict[str, dict[str, Any]] = msgspec.to_builtins(policy)
    return {
        f"{part}.{name}": value for part, values in parts.items() for name, value in values.items()
    }
