"""Services as the API shows them: records, contacts and the latest figures together."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_contract.incidents import HeldBack, IncidentState
from tagent_contract.reports import Window
from tagent_contract.services import IncidentBrief, InstanceView, ServiceView
from tagent_contract.times import format_time
from tagent_platform.core.figures import NO_FIGURES, figures_of
from tagent_platform.core.records import (
    IncidentRecord,
    InstanceRecord,
    ServiceRecord,
    instance_key,
)
from tagent_platform.core.views import fault_brief, maintenance_view, moment
from tagent_platform.usecases.platform import Platform

TOLD_LATE_S = 5.0
"""What another process heard comes with its next heartbeat."""


def view_service(platform: Platform, record: ServiceRecord) -> ServiceView:
    """Return the service as of now."""
    now = platform.clock.now()
    instances = [
        versioned.record
        for _, versioned in sorted(platform.fleet.instances_of(record.name).items())
    ]
    windows = [_latest_windows(platform, instance, now) for instance in instances]
    views = tuple(
        view_instance(platform, instance, latest)
        for instance, latest in zip(instances, windows, strict=True)
    )
    faults = platform.fleet.faults_of(record.name).live.values()
    return ServiceView(
        name=record.name,
        health=record.health,
        since=format_time(record.since),
        reason=record.reason,
        detail=record.detail,
        mode=record.policy.healing.mode,
        instances=views,
        faults=tuple(fault_brief(versioned.record) for versioned in faults),
        incident=_incident(platform, record.name),
        figures=views[0].figures if len(views) == 1 else figures_of(windows),
        maintenance=maintenance_view(record.maintenance, now),
    )


def view_instance(
    platform: Platform, record: InstanceRecord, latest: Sequence[Window]
) -> InstanceView:
    """Return the instance; its figures are those of its latest windows."""
    contact = platform.contacts.get(instance_key(record.service, record.name))
    is_heard = contact is not None and contact.boot_id == record.boot_id and contact.seq >= 0
    is_own_word = record.health is record.reported and record.reason is record.reported_reason
    return InstanceView(
        name=record.name,
        health=record.health,
        since=format_time(record.since),
        reason=record.reason,
        detail=contact.detail if contact and is_heard and is_own_word else record.detail,
        last_contact_at=format_time(contact.heard_at if contact and is_heard else record.since),
        address=record.address,
        protocol=record.protocol,
        supervised=record.supervised,
        boot_id=record.boot_id,
        incarnation=record.incarnation,
        version=record.version,
        clock_offset_s=contact.clock_offset_s if contact and is_heard else 0.0,
        capabilities=record.capabilities,
        missing=record.missing,
        figures=figures_of([latest]) if latest else NO_FIGURES,
        revision=record.place.revision if record.place is not None else "",
        retired=record.retired,
    )


def _latest_windows(platform: Platform, record: InstanceRecord, now: float) -> list[Window]:
    since = now - platform.limits.figures_window_s
    samples = platform.series.recent(record.service, record.name, since)
    contact = platform.contacts.get(instance_key(record.service, record.name))
    if (
        contact is not None
        and contact.window_told is not None
        and contact.heard_at >= since - TOLD_LATE_S
    ):
        return [contact.window_told]
    return [sample.window for sample in samples]


def _incident(platform: Platform, service: str) -> IncidentBrief | None:
    for versioned in platform.fleet.incidents_of(service):
        if versioned.record.state is not IncidentState.RESOLVED:
            return incident_brief(versioned.record)
    return None


def incident_brief(record: IncidentRecord) -> IncidentBrief:
    """Show an incident in one line of its service."""
    held = record.held_back
    return IncidentBrief(
        id=record.id,
        state=record.state,
        severity=record.severity,
        summary=record.summary,
        opened_at=format_time(record.opened_at),
        held_back=None
        if held is None
        else HeldBack(reason=held.reason, until=moment(held.until), text=held.text),
    )
