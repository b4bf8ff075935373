"""What to do about each instance, the worst first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from tagent_contract.health import Health
from tagent_contract.incidents import Refusal
from tagent_platform.core.healing.diagnosis import causes_for, is_seen, was_closed
from tagent_platform.core.healing.facts import Decided, Facts
from tagent_platform.core.healing.purse import Purse
from tagent_platform.core.incidents.attempts import covers, pending
from tagent_platform.core.ladder import lasting_setback, rungs_for, since_person
from tagent_platform.core.policy import Act, Case, Nothing, decide
from tagent_platform.core.records import IncidentRecord, InstanceRecord
from tagent_platform.core.service_health import service_health

_ORDER = (
    Health.OFFLINE,
    Health.UNHEALTHY,
    Health.RECOVERING,
    Health.DEGRADED,
    Health.UNKNOWN,
    Health.HEALTHY,
)
FOR_GOOD = frozenset({Refusal.INTENSITY, Refusal.LADDER_EXHAUSTED, Refusal.REOPENED_TOO_OFTEN})
"""Escalations that only a person or health that holds takes back; the others end with their reason."""


def decide_all(facts: Facts, now: float) -> tuple[Decided, ...]:
    """Decide for every instance. What one decision takes in hand is locked for the next ones."""
    decided: list[Decided] = []
    taken: set[str] = set()
    for instance in sorted(facts.live.values(), key=_worst_first):
        idle = _left_alone(facts, instance)
        if idle is not None:
            decided.append(Decided(instance.name, idle))
            continue
        case, cause_key = case_of(facts, instance, now)
        if instance.name in taken:
            case = replace(case, locked_by="decided just now")
        decision = decide(case, now)
        if isinstance(decision, Act):
            busy = _busy(facts.incident, decision.rung.targets, taken)
            if busy is not None:
                decision = decide(replace(case, locked_by=busy), now)
            else:
                taken.update(decision.rung.targets)
        decided.append(Decided(instance.name, decision, cause_key))
    return tuple(decided)


def case_of(
    facts: Facts, instance: InstanceRecord, now: float, *, by_person: bool = False
) -> tuple[Case, str]:
    """Put together all that bears on one instance, and name the cause that its restarts are budgeted by."""
    attempts = since_person(facts.incident.attempts) if facts.incident is not None else ()
    causes = causes_for(facts, instance, now)
    policy, incident = facts.service.policy, facts.incident
    purse = Purse(facts.budgets, policy.restart)
    rungs = rungs_for(
        instance,
        facts.live,
        facts.remedies,
        lambda target: purse.verdict(instance.service, target, causes.key, now),
        attempts,
        by_person=by_person,
    )
    healthy = (name for name, other in facts.live.items() if other.health is Health.HEALTHY)
    case = Case(
        instance=instance,
        policy=policy,
        mode=facts.mode,
        maintenance=facts.service.maintenance,
        halt=facts.halt,
        healing=causes.healing,
        healing_until=causes.healing_until,
        is_organic=causes.is_organic,
        is_storm=facts.is_storm,
        storm_settle_s=facts.storm_settle_s,
        locked_by=_lock(incident, instance.name),
        is_given_up=_is_given_up(incident, instance.name),
        reopened=incident.reopened if incident is not None else 0,
        through_sidecar=facts.remedies.through_sidecar,
        rolls_out=facts.remedies.rolls_out,
        service_health=service_health(facts.live.values()).health,
        instances=len(facts.live),
        lasting=lasting_setback(attempts),
        rungs=rungs,
        healthy=frozenset(healthy),
    )
    return case, causes.key


def _left_alone(facts: Facts, instance: InstanceRecord) -> Nothing | None:
    if not is_seen(facts, instance):
        return Nothing(f"{instance.name} was not heard of since the platform began to listen")
    if facts.incident is None and was_closed(facts, instance):
        return Nothing(f"a person closed the incident about {instance.name}")
    return None


def _lock(incident: IncidentRecord | None, instance: str) -> str | None:
    if incident is None:
        return None
    return next((a.id for a in pending(incident) if covers(a, instance)), None)


def _busy(
    incident: IncidentRecord | None, targets: Iterable[str], taken: Collection[str]
) -> str | None:
    """Return what has one of a restart's targets in hand already: a whole service's is also about those that are not sick."""
    for name in targets:
        if name in taken:
            return "decided just now"
        if (lock := _lock(incident, name)) is not None:
            return lock
    return None


def _is_given_up(incident: IncidentRecord | None, instance: str) -> bool:
    return incident is not None and incident.escalated.get(instance) in FOR_GOOD


def _worst_first(instance: InstanceRecord) -> tuple[int, str]:
    return _ORDER.index(instance.health), instance.name
