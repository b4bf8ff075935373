"""Show one incident with its whole timeline."""

from __future__ import annotations

from tagent_contract.incidents import IncidentView
from tagent_platform.core.incidents.views import incident_view
from tagent_platform.core.records import IncidentRecord
from tagent_platform.usecases.lookups import incident_named
from tagent_platform.usecases.platform import Platform


async def show_incident(platform: Platform, *, incident_id: str) -> IncidentView:
    """Return the incident. Raises NotFoundError."""
    return view_with_timeline(platform, incident_named(platform, incident_id).record)


def view_with_timeline(platform: Platform, record: IncidentRecord) -> IncidentView:
    """Return the incident with its own lines and those of the faults behind it."""
    faults = platform.fleet.faults_of(record.service).all
    behind = [faults[key].record for key in record.faults if key in faults]
    return incident_view(record, behind, with_timeline=True)
