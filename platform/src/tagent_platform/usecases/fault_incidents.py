"""Which incidents a fault brought about."""

from __future__ import annotations

from tagent_platform.core.records import FaultRecord, IncidentRecord
from tagent_platform.usecases.platform import Platform


def incidents_of_fault(platform: Platform, record: FaultRecord) -> list[IncidentRecord]:
    """Return the incidents that name the fault, the newest first."""
    return [
        versioned.record
        for versioned in platform.fleet.incidents_of(record.service)
        if record.id in versioned.record.faults
    ]


def incident_of_fault(platform: Platform, record: FaultRecord) -> str | None:
    """Return the newest incident that names the fault."""
    incidents = incidents_of_fault(platform, record)
    return incidents[0].id if incidents else None
