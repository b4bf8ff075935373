"""A service's health, summed up from its live instances.

The rules are tried in this order, and the first that holds decides:

    all HEALTHY                                → HEALTHY
    all OFFLINE                                → OFFLINE
    all UNHEALTHY or OFFLINE                   → UNHEALTHY
    some RECOVERING, none HEALTHY              → RECOVERING
    none, or all UNKNOWN                       → UNKNOWN
    anything else                              → DEGRADED
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from tagent_contract.health import Health, HealthReason
from tagent_contract.reports import Place
from tagent_platform.core.records import InstanceRecord, ServiceRecord
from tagent_platform.core.roll_outs import revisions_of

DOWN = frozenset({Health.UNHEALTHY, Health.OFFLINE})
"""Serves nobody, as far as is known: what healing acts on."""

GOOD_REVISIONS_KEPT = 10

_WORST_FIRST = (
    Health.OFFLINE,
    Health.UNHEALTHY,
    Health.DEGRADED,
    Health.RECOVERING,
    Health.UNKNOWN,
    Health.HEALTHY,
)


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """The word, why, and one line for people."""

    health: Health
    reason: HealthReason
    detail: str = ""


def service_health(instances: Iterable[InstanceRecord]) -> ServiceHealth:
    """Sum up the live instances of one service; whom nobody expects back is no longer among them."""
    live = list(instances)
    if not live:
        return ServiceHealth(Health.UNKNOWN, HealthReason.NO_INSTANCES, "no instance is live")
    if len(live) == 1:
        only = live[0]
        is_recovering = only.health is Health.RECOVERING
        reason = HealthReason.RESTARTING if is_recovering else only.reason
        return ServiceHealth(only.health, reason, only.detail)
    live.sort(key=_worst_first)
    health = _health(Counter(instance.health for instance in live), len(live))
    return ServiceHealth(health, _reason(health, live), _detail(live))


def settle(
    service: ServiceRecord, instances: Iterable[InstanceRecord], now: float
) -> ServiceRecord | None:
    """Return the service's record with the health its instances give it, None if that is what it holds."""
    live = list(instances)
    found = service_health(live)
    good = _with_good(service.good_revisions, found.health, live)
    place = _place_of(service, live)
    if (found.health, found.reason, found.detail, good, place) == (
        service.health,
        service.reason,
        service.detail,
        service.good_revisions,
        service.place,
    ):
        return None
    return msgspec.structs.replace(
        service,
        health=found.health,
        reason=found.reason,
        detail=found.detail,
        since=service.since if found.health is service.health else now,
        good_revisions=good,
        place=place,
    )


def _place_of(service: ServiceRecord, live: Sequence[InstanceRecord]) -> Place | None:
    """Return what runs the service: as its instances say, and when none is left, as they said last."""
    if not live:
        return service.place
    place = next((instance.place for instance in live if instance.place is not None), None)
    return None if place is None else msgspec.structs.replace(place, revision="")


def _with_good(
    known: tuple[str, ...], health: Health, live: Iterable[InstanceRecord]
) -> tuple[str, ...]:
    """Remember the revision under which the service is healthy; only when there is one."""
    revisions = revisions_of(live)
    if health is not Health.HEALTHY or len(revisions) != 1 or revisions <= set(known[-1:]):
        return known
    (revision,) = revisions
    return (*(name for name in known if name != revision), revision)[-GOOD_REVISIONS_KEPT:]


def _health(counts: Counter[Health], total: int) -> Health:
    def all_are(*kinds: Health) -> bool:
        return sum(counts[kind] for kind in kinds) == total

    if all_are(Health.HEALTHY):
        return Health.HEALTHY
    if all_are(Health.OFFLINE):
        return Health.OFFLINE
    if all_are(Health.UNHEALTHY, Health.OFFLINE):
        return Health.UNHEALTHY
    if counts[Health.RECOVERING] and not counts[Health.HEALTHY]:
        return Health.RECOVERING
    return Health.UNKNOWN if all_are(Health.UNKNOWN) else Health.DEGRADED


def _reason(health: Health, live: Sequence[InstanceRecord]) -> HealthReason:
    if health is Health.RECOVERING:
        return HealthReason.RESTARTING
    reasons = {i.reason for i in live if i.health is not Health.HEALTHY}
    if not reasons:
        return HealthReason.HEALTHY
    if len(reasons) > 1 or health is Health.DEGRADED:
        return HealthReason.INSTANCES_DIFFER
    return reasons.pop()


def _detail(live: Sequence[InstanceRecord]) -> str:
    """Name the worst of several instances, and how many are like it."""
    worst = live[0]
    if worst.health is Health.HEALTHY:
        return ""
    like_it = sum(1 for instance in live if instance.health is worst.health)
    why = worst.detail or worst.reason.value.replace("_", " ")
    return f"{like_it} of {len(live)} instances {worst.health}, such as {worst.name}: {why}"


def _worst_first(instance: InstanceRecord) -> tuple[int, str]:
    return _WORST_FIRST.index(instance.health), instance.name
