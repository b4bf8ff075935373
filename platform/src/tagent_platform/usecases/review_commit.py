"""From what a review says to what is committed: records, the service's health, events, and messages to be sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tagent_contract.events import EventType
from tagent_platform.core.happenings import Happening
from tagent_platform.core.healing.facts import Facts, Review
from tagent_platform.core.incidents.notices import TOLD, notice_of
from tagent_platform.core.records import (
    HALT_KEY,
    STORM_KEY,
    BudgetRecord,
    DeliveryRecord,
    HaltRecord,
    IncidentRecord,
    InstanceRecord,
    Record,
    ServiceRecord,
    StormRecord,
    instance_key,
)
from tagent_platform.core.service_health import settle
from tagent_platform.ports.store import Change, Guard, NewEvent
from tagent_platform.usecases.events import event_of
from tagent_platform.usecases.platform import Actor, Platform


@dataclasses.dataclass(slots=True)
class Written:
    """What is to be committed together."""

    changes: list[Change | Guard] = dataclasses.field(default_factory=list)
    events: list[NewEvent] = dataclasses.field(default_factory=list)


def write_review(
    platform: Platform, facts: Facts, review: Review, actor: Actor, why: str = ""
) -> Written:
    """Return what makes a review true. A decision to act holds only while the policy, the halt and the storm stay what they are."""
    written = Written()
    for name, instance in review.live.items():
        if instance is not facts.live.get(name) and instance != facts.live.get(name):
            key = instance_key(instance.service, name)
            written.changes.append(change_of(platform, InstanceRecord, key, instance))
    for key, budget in review.budgets.items():
        written.changes.append(change_of(platform, BudgetRecord, key, budget))
    write_service_health(platform, facts.service, list(review.live.values()), written)
    if review.incident is not None:
        write_incident(platform, review.incident, review.happenings, actor, written, why)
    if written.changes and any(h.type is EventType.INCIDENT_DECIDED for h in review.happenings):
        _guard(platform, facts.service.name, written)
    return written


def write_incident(
    platform: Platform,
    incident: IncidentRecord,
    happenings: Sequence[Happening],
    actor: Actor,
    written: Written,
    why: str = "",
) -> None:
    """Add an incident if it changed, what is to be told of it, and whom to tell outside."""
    held = platform.store.get(IncidentRecord, incident.id)
    if held is None or held.record != incident:
        version = 0 if held is None else held.version
        written.changes.append(Change(IncidentRecord, incident.id, incident, version))
    for happening in happenings:
        event = event_of(happening, actor, why)
        written.events.append(dataclasses.replace(event, incident=incident.id))
        if platform.notifier is not None and happening.type in TOLD:
            delivery_id = platform.new_id()
            record = DeliveryRecord(
                id=delivery_id,
                payload=notice_of(incident, happening, delivery_id),
                created_at=platform.clock.now(),
            )
            written.changes.append(Change(DeliveryRecord, delivery_id, record, 0))


def write_service_health(
    platform: Platform,
    service: ServiceRecord,
    live: Sequence[InstanceRecord],
    written: Written,
) -> None:
    """Add the service's record if its instances' health makes it another one."""
    settled = settle(service, live, platform.clock.now())
    if settled is None:
        return
    written.changes.append(change_of(platform, ServiceRecord, service.name, settled))
    if (settled.health, settled.reason) == (service.health, service.reason):
        return
    reason = settled.reason.value.replace("_", " ")
    written.events.append(
        NewEvent(
            service=service.name,
            at=settled.since if settled.health is not service.health else platform.clock.now(),
            type=EventType.SERVICE_HEALTH_CHANGED,
            text=f"{service.name} is {settled.health}: {settled.detail or reason}",
            data={
                "from": service.health.value,
                "to": settled.health.value,
                "reason": settled.reason.value,
            },
        )
    )


def change_of(platform: Platform, kind: type[Record], key: str, record: Record | None) -> Change:
    """Return the change from what the store holds now."""
    held = platform.store.get(kind, key)
    return Change(kind, key, record, 0 if held is None else held.version)


def _guard(platform: Platform, service: str, written: Written) -> None:
    """Let an order stand only while nobody changed what allowed it."""
    changed = {(change.kind, change.key) for change in written.changes}
    for kind, key in ((HaltRecord, HALT_KEY), (StormRecord, STORM_KEY), (ServiceRecord, service)):
        if (kind, key) not in changed:
            held = platform.store.get(kind, key)
            written.changes.append(Guard(kind, key, 0 if held is None else held.version))
