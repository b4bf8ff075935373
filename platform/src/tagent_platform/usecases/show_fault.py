"""Show one fault with its timeline."""

from __future__ import annotations

from tagent_contract.faults import FaultView
from tagent_platform.core.timeline import whole_timeline
from tagent_platform.core.views import fault_view
from tagent_platform.usecases.fault_incidents import incident_of_fault, incidents_of_fault
from tagent_platform.usecases.lookups import fault_named
from tagent_platform.usecases.platform import Platform


async def show_fault(platform: Platform, *, fault_id: str) -> FaultView:
    """Return the fault; its timeline goes on into its incident's, from armed to verified. Raises NotFoundError."""
    record = fault_named(platform, fault_id).record
    incidents = incidents_of_fault(platform, record)
    return fault_view(
        record,
        incident=incident_of_fault(platform, record),
        timeline=whole_timeline(record, incidents),
    )
