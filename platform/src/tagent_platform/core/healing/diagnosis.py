"""Who complains: instances that do not do well, and exits that their sidecars have dealt with already."""

from __future__ import annotations

from tagent_contract.faults import Healing
from tagent_contract.health import Health
from tagent_platform.core.healing.facts import Facts
from tagent_platform.core.incidents.attempts import health_now
from tagent_platform.core.incidents.causes import Causes, causes_at, causes_of
from tagent_platform.core.incidents.opening import Complaint
from tagent_platform.core.records import ExitRecord, InstanceRecord

ILL = frozenset({Health.DEGRADED, Health.UNHEALTHY, Health.OFFLINE})
_DOWN = frozenset({Health.UNHEALTHY, Health.OFFLINE})


def is_seen(facts: Facts, instance: InstanceRecord) -> bool:
    """Return whether what is known of the instance is known first-hand, or its silence is."""
    return instance.health is Health.OFFLINE or instance.name in facts.heard


def sick_since(facts: Facts, instance: InstanceRecord) -> float:
    """Return when the instance fell sick, over all the states it has been in since."""
    incident = facts.incident
    patient = incident.patients.get(instance.name) if incident is not None else None
    return instance.since if patient is None else patient.since


def causes_for(facts: Facts, instance: InstanceRecord, now: float) -> Causes:
    """Return what is behind an instance's sickness."""
    policy = facts.service.policy.health
    return causes_of(instance, sick_since(facts, instance), facts.faults, policy, now)


def complaints_of(facts: Facts, now: float) -> tuple[Complaint, ...]:
    """Return who an incident is to be about: the worst first, but for what a fault asks to be suppressed."""
    found = [
        complaint
        for name in sorted(facts.live)
        for complaint in (
            _sickness(facts, facts.live[name], now),
            _exit(facts, facts.live[name], now),
        )
        if complaint is not None and complaint.causes.healing is not Healing.SUPPRESS
    ]
    found.sort(key=lambda complaint: (complaint.is_over, complaint.instance.health not in _DOWN))
    return tuple(found)


def _sickness(facts: Facts, instance: InstanceRecord, now: float) -> Complaint | None:
    if instance.health not in ILL or not is_seen(facts, instance):
        return None
    if facts.incident is None and was_closed(facts, instance):
        return None
    why = instance.detail or instance.reason.value.replace("_", " ")
    return Complaint(
        instance=instance,
        since=sick_since(facts, instance),
        causes=causes_for(facts, instance, now),
        text=f"{instance.name} is {instance.health}: {why}",
        exited_at=exits[0].at if (exits := untold_exits(instance)) else None,
    )


def was_closed(facts: Facts, instance: InstanceRecord) -> bool:
    """Return whether a person has ended the incident about this very sickness."""
    closed = facts.latest
    if closed is None or closed.closed_by is None or closed.resolved_at is None:
        return False
    return instance.since <= closed.resolved_at


def untold_exits(instance: InstanceRecord) -> tuple[ExitRecord, ...]:
    """Return the exits that no incident's timeline has yet."""
    return tuple(seen for seen in instance.exits if seen.number > instance.exits_told)


def _exit(facts: Facts, instance: InstanceRecord, now: float) -> Complaint | None:
    """Complain of the latest exit of an instance that is not sick any more, so that even a short outage has its incident."""
    untold = untold_exits(instance)
    if not untold or instance.health in ILL or instance.health is Health.RECOVERING:
        return None
    last = untold[-1]
    return Complaint(
        instance=instance,
        since=untold[0].at,
        causes=causes_at(
            instance.name, untold[0].at, facts.faults, facts.service.policy.health, now
        ),
        text=f"the process of {instance.name} ended by itself: {last.status}",
        is_over=health_now(instance) is not Health.UNKNOWN,
        exited_at=untold[0].at,
    )
