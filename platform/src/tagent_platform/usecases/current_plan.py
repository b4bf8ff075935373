"""The plan of an instance as of now, made again only when one of its records changed."""

from __future__ import annotations

import msgspec

from tagent_contract.plan import Plan
from tagent_platform.core.plans import PlanParts, plan_for, says_the_same
from tagent_platform.core.records import (
    HALT_KEY,
    FaultRecord,
    HaltRecord,
    InstanceRecord,
    ServiceRecord,
    instance_key,
)
from tagent_platform.ports.store import Versioned
from tagent_platform.usecases.contacts import Contact, PlanSeen
from tagent_platform.usecases.platform import Platform


def current_plan(platform: Platform, instance: Versioned[InstanceRecord]) -> Plan:
    """Return the plan, to be shown but not sent: what is left of its ttls may be out of date.

    Its revision is the highest version of the records it is made from, as of when it last said something new: a fault's counters
    change the fault's record and not the plan, and so wake no sidecar.
    """
    record = instance.record
    contact = platform.contacts.of_boot(instance_key(record.service, record.name), record.boot_id)
    newest = _newest_version(platform, instance)
    seen = contact.plan_seen
    if seen is not None and seen.newest == newest:
        return seen.plan
    plan = _made(platform, record, newest)
    return _remember(contact, seen, plan, newest)


def plan_to_send(platform: Platform, instance: Versioned[InstanceRecord]) -> Plan:
    """Return the plan with what is left of its ttls now."""
    revision = current_plan(platform, instance).revision
    return _made(platform, instance.record, revision)


def _newest_version(platform: Platform, instance: Versioned[InstanceRecord]) -> int:
    service = platform.store.get(ServiceRecord, instance.record.service)
    halt = platform.store.get(HaltRecord, HALT_KEY)
    return max(
        instance.version,
        platform.fleet.faults_of(instance.record.service).newest,
        0 if service is None else service.version,
        0 if halt is None else halt.version,
    )


def _made(platform: Platform, record: InstanceRecord, revision: int) -> Plan:
    service = platform.store.get(ServiceRecord, record.service)
    halt = platform.store.get(HaltRecord, HALT_KEY)
    faults: list[FaultRecord] = [
        versioned.record for versioned in platform.fleet.faults_of(record.service).live.values()
    ]
    parts = PlanParts(
        service=ServiceRecord(name=record.service) if service is None else service.record,
        instance=record,
        faults=faults,
        halt=None if halt is None else halt.record,
    )
    return plan_for(parts, epoch=platform.store.epoch, revision=revision, now=platform.clock.now())


def _remember(contact: Contact, seen: PlanSeen | None, plan: Plan, newest: int) -> Plan:
    if seen is not None and says_the_same(seen.plan, plan):
        plan = seen.plan
    elif seen is not None and plan.revision <= seen.plan.revision:
        # Records that are pruned take their versions with them; what was sent before must not look newer.
        plan = msgspec.structs.replace(plan, revision=seen.plan.revision)
    contact.plan_seen = PlanSeen(newest, plan)
    return plan
