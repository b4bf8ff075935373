"""What a fault would hit, said before it is injected. The platform decides; this says what it is likely to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tagent_contract.faults import PROCESS_FAULTS, Match
from tagent_contract.health import Health
from tagent_contract.policy import Mode
from tagent_contract.services import InstanceView, ServiceView
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.times import clock, duration

_GOOD = frozenset({Health.HEALTHY, Health.DEGRADED})
_NAMES_MAX = 6
_SICK = frozenset({Health.DEGRADED, Health.UNHEALTHY, Health.OFFLINE, Health.RECOVERING})


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a fault would reach in one service; `left_out` says why the others are not."""

    service: str
    instances: tuple[str, ...]
    live: int
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """Lines to read before confirming. `warnings` are what may be worse than meant; `refusals` what the platform will refuse."""

    hits: tuple[str, ...]
    share: str
    lasts: str
    healing: str
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]


def live_instances(service: ServiceView) -> tuple[InstanceView, ...]:
    """Return the instances that can be reached at all."""
    return tuple(item for item in service.instances if item.health is not Health.OFFLINE)


def why_not(instance: InstanceView, fault_type: str) -> str:
    """Return why an instance cannot apply a type; empty when it can."""
    if fault_type in instance.missing:
        return instance.missing[fault_type]
    return "" if fault_type in instance.capabilities else "its sidecar does not know this fault"


def impossible(
    fault_types: Sequence[str], services: Sequence[ServiceView]
) -> dict[str, tuple[str, ...]]:
    """Return the types that no live instance of these services can apply, with why."""
    live = [item for service in services for item in live_instances(service)]
    found = {}
    for kind in fault_types:
        reasons = [f"{item.name}: {why}" for item in live if (why := why_not(item, kind))]
        if live and len(reasons) == len(live):
            found[kind] = tuple(reasons)
    return found


def reach_of(service: ServiceView, fault_type: str, wanted: Sequence[str] | None) -> Reach:
    """Return whom the fault would reach; `wanted` are the chosen instances, None for all that can."""
    live = live_instances(service)
    chosen = [item for item in live if wanted is None or item.name in wanted]
    reasons = {item.name: why for item in chosen if (why := why_not(item, fault_type))}
    reached = tuple(item.name for item in chosen if item.name not in reasons)
    return Reach(service.name, reached, len(live), reasons)


def blast_radius(
    fault: Mapping[str, Any], reaches: Sequence[Reach], snapshot: Snapshot, now: float
) -> BlastRadius:
    """Return what injecting this fault would do, as far as is known. `fault` is as it would be sent."""
    services = [snapshot.by_name[reach.service] for reach in reaches]
    return BlastRadius(
        hits=tuple(map(_hit, reaches)),
        share=_share(fault, sum(map(_rate, reaches, services))),
        lasts=_lasts(float(fault.get("ttl_s", 0)), now),
        healing=_healing(fault, services),
        warnings=tuple(_warnings(str(fault["type"]), reaches, snapshot)),
        refusals=tuple(_refusals(fault, reaches, snapshot)),
    )


def _hit(reach: Reach) -> str:
    if not reach.instances:
        return f"{reach.service}: no instance"
    count = len(reach.instances)
    of = f"all {count}" if count == reach.live else f"{count} of {reach.live}"
    noun = "instance" if reach.live == 1 else "instances"
    names = _names(reach.instances)
    return f"{reach.service}: {'its only' if reach.live == 1 else of} {noun}, {names}"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES_MAX} more" if len(names) > _NAMES_MAX else ""
    return ", ".join(names[:_NAMES_MAX]) + more


def _share(fault: Mapping[str, Any], rate: float) -> str:
    if fault["type"] in PROCESS_FAULTS:
        return "The process itself, and with it every request"
    probability = float(fault.get("probability", 1.0))
    share = "Every request" if probability >= 1 else f"{probability * 100:g} % of requests"
    only = _matched(fault)
    if only:
        share += f" that match{'es' if probability >= 1 else ''} {only}"
    if fault.get("max_count") is not None:
        share += f", {fault['max_count']} at most"
    return f"{share} (of {rate:.1f} a second)" if rate else f"{share} (there are none now)"


def _matched(fault: Mapping[str, Any]) -> str:
    match = fault.get("match") or {}
    only = [str(match[name]) for name in ("method", "path") if match.get(name)]
    only += [f"{name}: {value}" for name, value in (match.get("headers") or {}).items()]
    return " ".join(only)


def _rate(reach: Reach, service: ServiceView) -> float:
    return sum(
        item.figures.requests_per_s for item in service.instances if item.name in reach.instances
    )


def _lasts(ttl_s: float, now: float) -> str:
    return f"For {duration(ttl_s)} at most, until {clock(now + ttl_s)} UTC"


def _healing(fault: Mapping[str, Any], services: Sequence[ServiceView]) -> str:
    said = {
        "observe": "An incident opens and says what healing would do; nothing is done until you press Recover or it ends",
        "suppress": "No incident opens, and nothing is healed because of it",
    }.get(str(fault.get("healing")))
    if said is not None:
        return said
    held = [f"{item.name} is {item.mode.value}" for item in services if item.mode is not Mode.HEAL]
    if held:
        return f"Healing will not act: the mode of {', '.join(held)}"
    if fault.get("scope") == "service":
        return "A restart does not cure it: healing tries, backs off and then calls a person"
    if fault["type"] == "crash":
        return "The sidecar starts the process again at once"
    return "Should it become UNHEALTHY, healing restarts it, which ends the fault; while only DEGRADED, it waits for the end"


def _warnings(fault_type: str, reaches: Sequence[Reach], snapshot: Snapshot) -> list[str]:
    found = []
    for reach in reaches:
        service = snapshot.by_name[reach.service]
        if service.health in _SICK:
            why = f": {service.detail}" if service.detail else ""
            found.append(f"{service.name} is {service.health.value} already{why}")
        if _leaves_none(reach, service):
            found.append(f"No healthy instance of {service.name} is left untouched")
        found += [
            f"{reach.service} cannot take it on {name}: {why}"
            for name, why in reach.left_out.items()
        ]
    hit = {reach.service for reach in reaches}
    at_hit = [item for item in snapshot.faults if item.service in hit]
    # The same type again adds nothing up: it is refused, or has another match.
    here = [f"{item.type} on {item.service}" for item in at_hit if item.type != fault_type]
    others = len(snapshot.faults) - len(at_hit)
    if here:
        found.append(f"Already under a fault: {_names(here)}; different types add up")
    if others:
        found.append(f"{others} other fault{'s are' if others > 1 else ' is'} active elsewhere")
    return found


def _leaves_none(reach: Reach, service: ServiceView) -> bool:
    good = {item.name for item in service.instances if item.health in _GOOD}
    return bool(good) and good <= set(reach.instances)


def _refusals(fault: Mapping[str, Any], reaches: Sequence[Reach], snapshot: Snapshot) -> list[str]:
    found = []
    if snapshot.halt.halted:
        found.append(f"All faults are halted: {snapshot.halt.reason}. Release the halt first")
    for reach in reaches:
        maintenance = snapshot.by_name[reach.service].maintenance
        if maintenance is not None:
            found.append(
                f"{reach.service} is in maintenance until {clock(maintenance.until)} UTC: {maintenance.reason}"
            )
        elif not reach.instances:
            found.append(f"{reach.service} has no live instance that can take {fault['type']}")
        found += _same(fault, reach, snapshot)
    return found


def _same(fault: Mapping[str, Any], reach: Reach, snapshot: Snapshot) -> list[str]:
    """Say which fault does this already; the platform takes no second one."""
    kind = fault["type"]
    return [
        f"{kind} acts on {reach.service} already, until {clock(other.expires_at)} UTC"
        for other in snapshot.faults_by_service.get(reach.service, ())
        if other.type == kind
        and (kind in PROCESS_FAULTS or _is_same_match(fault, other.fault.match))
        and any(
            not target.state.is_final and target.instance in reach.instances
            for target in other.targets
        )
    ]


def _is_same_match(fault: Mapping[str, Any], match: Match) -> bool:
    asked = fault.get("match") or {}
    return (asked.get("method"), asked.get("path"), asked.get("headers") or {}) == (
        match.method,
        match.path,
        match.headers,
    )
