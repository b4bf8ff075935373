"""What a review looks at, gathered from the store and from memory."""

from __future__ import annotations

from collections.abc import Mapping

from tagent_contract.incidents import IncidentState
from tagent_contract.policy import Mode
from tagent_platform.core.faults import last_ended_at
from tagent_platform.core.healing.facts import Facts
from tagent_platform.core.incidents.causes import aftermath_s
from tagent_platform.core.ladder import Remedies
from tagent_platform.core.records import (
    STORM_KEY,
    BudgetRecord,
    FaultRecord,
    IncidentRecord,
    InstanceRecord,
    ServiceRecord,
    StormRecord,
    instance_key,
)
from tagent_platform.core.storm import StormNumbers, is_possible
from tagent_platform.ports.runtime import RuntimeCapability, RuntimeDescription
from tagent_platform.usecases.lookups import halt_of
from tagent_platform.usecases.platform import Platform


def gather_facts(
    platform: Platform,
    service: ServiceRecord,
    remedies: Remedies,
    mode_at_most: Mode = Mode.HEAL,
) -> Facts:
    """Return everything that a look at the service needs, as of now."""
    live = {
        name: found.record
        for name, found in platform.fleet.serving_instances_of(service.name).items()
    }
    incidents = [found.record for found in platform.fleet.incidents_of(service.name)]
    unresolved = platform.fleet.unresolved_incidents().get(service.name)
    incident = unresolved.record if unresolved is not None else None
    resolved = sorted(
        (i for i in incidents if i.state is IncidentState.RESOLVED),
        key=lambda i: i.resolved_at or 0.0,
        reverse=True,
    )
    limits = platform.limits
    may_storm = is_possible(len(platform.store.all(ServiceRecord)), storm_numbers(platform))
    halt, _ = halt_of(platform)
    return Facts(
        service=service,
        live=live,
        faults=_relevant_faults(platform, service, incident),
        incident=incident,
        latest=resolved[0] if resolved else None,
        resolved=resolved,
        budgets=budgets_of(platform, service.name),
        halt=halt,
        heard=frozenset(name for name, record in live.items() if is_heard(platform, record)),
        proven=frozenset(
            name for name, record in live.items() if _is_proven(platform, service, record, incident)
        ),
        remedies=remedies,
        is_storm=platform.store.get(StormRecord, STORM_KEY) is not None,
        storm_settle_s=limits.storm_settle_s if may_storm else 0.0,
        listening_since=platform.contacts.grace_from_at,
        order_acknowledged_within_s=limits.order_acknowledged_within_s,
        roll_out_within_s=limits.roll_out_within_s,
        mode_at_most=mode_at_most,
    )


def budgets_of(platform: Platform, service: str) -> Mapping[str, BudgetRecord]:
    """Return what the service and its instances have spent."""
    return {
        key: found.record
        for key, found in platform.store.all(BudgetRecord).items()
        if found.record.service == service
    }


def storm_numbers(platform: Platform) -> StormNumbers:
    """Return when many is too many."""
    limits = platform.limits
    return StormNumbers(
        services_min=limits.storm_services_min,
        ratio=limits.storm_ratio,
        window_s=limits.storm_window_s,
    )


def remedies_of(description: RuntimeDescription) -> Remedies:
    """Return what the runtime says that it can do."""
    can = description.capabilities
    return Remedies(
        restart_instance=RuntimeCapability.RESTART_INSTANCE in can,
        restart_service=RuntimeCapability.RESTART_SERVICE in can,
        roll_back=RuntimeCapability.ROLL_BACK in can,
        through_sidecar=description.through_sidecar,
        rolls_out=description.rolls_out,
    )


def _relevant_faults(
    platform: Platform, service: ServiceRecord, incident: IncidentRecord | None
) -> tuple[FaultRecord, ...]:
    """Return the faults that have not ended, that ended lately, or that the incident is about."""
    faults = platform.fleet.faults_of(service.name)
    since = platform.clock.now() - aftermath_s(service.policy.health)
    if incident is not None:
        began = min((p.since for p in incident.patients.values()), default=incident.detected_at)
        since = min(since, began - aftermath_s(service.policy.health))
    known = incident.faults if incident is not None else ()
    return tuple(
        found.record
        for key, found in faults.all.items()
        if key in faults.live or key in known or (last_ended_at(found.record) or 0.0) >= since
    )


def is_heard(platform: Platform, record: InstanceRecord) -> bool:
    """Return whether the instance has reported since the platform has been listening without a gap."""
    contact = platform.contacts.get(instance_key(record.service, record.name))
    return (
        contact is not None
        and contact.boot_id == record.boot_id
        and contact.heard_at >= platform.contacts.grace_from_at
    )


def _is_proven(
    platform: Platform,
    service: ServiceRecord,
    record: InstanceRecord,
    incident: IncidentRecord | None,
) -> bool:
    if service.policy.healing.verify is not None:
        since = None if incident is None else incident.verifying_since
        return since is not None and platform.proofs.is_proven(record, since)
    contact = platform.contacts.get(instance_key(record.service, record.name))
    return (
        contact is not None
        and contact.boot_id == record.boot_id
        and contact.checks_passed_in_row >= service.policy.health.success_threshold
    )
