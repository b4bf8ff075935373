"""Forget a service that was retired."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_contract.health import Health
from tagent_contract.problems import ConflictReason
from tagent_platform.core.records import (
    BudgetRecord,
    FaultRecord,
    IncidentRecord,
    InstanceRecord,
    Record,
    ServiceRecord,
    instance_key,
)
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.events import event_by
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.platform import Actor, Platform


async def forget_service(
    platform: Platform, *, service: str, actor: Actor, reason: str = ""
) -> None:
    """Forget the service and all that is kept of it but its events and figures.

    Raises NotFoundError, and RefusedError(SERVICE_LIVE) while one of its instances is in contact.
    """
    forgotten = tuple(platform.fleet.instances_of(service))
    await commit_decision(platform, lambda: _decide(platform, service, actor, reason))
    for name in forgotten:
        platform.contacts.forget(instance_key(service, name))


def _decide(platform: Platform, service: str, actor: Actor, reason: str) -> Decision[None]:
    found = service_named(platform, service)
    instances = platform.fleet.instances_of(service)
    for name, versioned in instances.items():
        if versioned.record.health is not Health.OFFLINE:
            text = f"{name} of {service} is in contact; stop it first"
            raise RefusedError(ConflictReason.SERVICE_LIVE, text)
    changes = [Change(ServiceRecord, service, None, found.version)]
    kinds: tuple[type[Record], ...] = (InstanceRecord, FaultRecord, IncidentRecord, BudgetRecord)
    for kind in kinds:
        changes.extend(
            Change(kind, key, None, versioned.version)
            for key, versioned in platform.store.all(kind).items()
            if getattr(versioned.record, "service", None) == service
        )
    text, now = f"{service} is forgotten", platform.clock.now()
    event = event_by(actor, EventType.SERVICE_FORGOTTEN, service, text, at=now, why=reason)
    return Decision(None, changes, [event])
