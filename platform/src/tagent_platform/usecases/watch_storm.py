"""Notice that many services fell sick together, call a person once, and notice when it is over."""

from __future__ import annotations

from tagent_platform.core import storm
from tagent_platform.core.incidents.causes import causes_of
from tagent_platform.core.records import (
    STORM_KEY,
    IncidentRecord,
    InstanceRecord,
    ServiceRecord,
    StormRecord,
)
from tagent_platform.core.service_health import DOWN, service_health
from tagent_platform.core.storm import Pulse
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.healing_facts import storm_numbers
from tagent_platform.usecases.platform import HEALING, Platform
from tagent_platform.usecases.review_commit import Written, write_incident


async def watch_storm(platform: Platform) -> None:
    """Begin or end a storm if it is time; while it lasts, healing leaves organic sickness alone."""
    await commit_decision(platform, lambda: _decide(platform))


def _decide(platform: Platform) -> Decision[None]:
    now, numbers = platform.clock.now(), storm_numbers(platform)
    ongoing = platform.store.get(StormRecord, STORM_KEY)
    services = platform.store.all(ServiceRecord)
    if ongoing is None and not storm.is_possible(_with_someone_down(platform), numbers):
        return Decision(None)
    pulses = [
        _pulse(platform, found.record, now)
        for name, found in services.items()
        if platform.fleet.serving_instances_of(name)
    ]
    struck = storm.struck(pulses, numbers, now, is_ongoing=ongoing is not None)
    if bool(struck) is (ongoing is not None):
        return Decision(None)
    written = Written()
    if ongoing is None:
        record, step = storm.begin(struck, len(pulses), incident_id=platform.new_id(), now=now)
        written.changes.append(Change(StormRecord, STORM_KEY, record, 0))
        write_incident(platform, step.incident, step.happenings, HEALING, written)
    else:
        written.changes.append(Change(StormRecord, STORM_KEY, None, ongoing.version))
        incident = platform.store.get(IncidentRecord, ongoing.record.incident)
        if incident is not None:
            step = storm.finish(incident.record, now)
            write_incident(platform, step.incident, step.happenings, HEALING, written)
    return Decision(None, written.changes, written.events)


def _with_someone_down(platform: Platform) -> int:
    instances = platform.store.all(InstanceRecord).values()
    return len({found.record.service for found in instances if found.record.health in DOWN})


def _pulse(platform: Platform, service: ServiceRecord, now: float) -> Pulse:
    live = [found.record for found in platform.fleet.serving_instances_of(service.name).values()]
    is_down = service_health(live).health in DOWN
    down = [instance for instance in live if instance.health in DOWN] if is_down else []
    return Pulse(
        service=service.name,
        is_down=is_down,
        since=max((instance.since for instance in down), default=now),
        is_organic=any(_is_organic(platform, service, instance, now) for instance in down),
    )


def _is_organic(
    platform: Platform, service: ServiceRecord, instance: InstanceRecord, now: float
) -> bool:
    faults = (found.record for found in platform.fleet.faults_of(service.name).all.values())
    causes = causes_of(instance, instance.since, faults, service.policy.health, now)
    return causes.is_organic
