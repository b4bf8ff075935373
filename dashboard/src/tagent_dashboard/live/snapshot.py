"""Everything the pages show of the fleet, as of one moment. Immutable, and shared by all sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tagent_contract.faults import FaultView
from tagent_contract.incidents import IncidentView
from tagent_contract.services import Halt, ServiceView


@dataclass(frozen=True)
class Snapshot:
    """The fleet as the platform last told it. `taken_at` is when, in seconds since the epoch; 0 for never."""

    taken_at: float = 0.0
    services: tuple[ServiceView, ...] = ()
    faults: tuple[FaultView, ...] = ()
    """Those that have not ended, newest first."""
    incidents: tuple[IncidentView, ...] = ()
    """Those that are not resolved, newest first, without timelines."""
    healed: tuple[IncidentView, ...] = ()
    """Those that were resolved lately, the latest first, with timelines."""
    halt: Halt = field(default_factory=lambda: Halt(halted=False))
    problem: str = ""
    """Why the latest poll failed, as one sentence; then the rest is what was known before."""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was ever heard."""
        return self.taken_at == 0.0

    @cached_property
    def by_name(self) -> Mapping[str, ServiceView]:
        """Services by name."""
        return {service.name: service for service in self.services}

    @cached_property
    def faults_by_service(self) -> Mapping[str, tuple[FaultView, ...]]:
        """Faults that have not ended, by service."""
        found: dict[str, tuple[FaultView, ...]] = {}
        for fault in self.faults:
            found[fault.service] = (*found.get(fault.service, ()), fault)
        return found

    @cached_property
    def healed_by_service(self) -> Mapping[str, IncidentView]:
        """The incident that each service was last healed of, where that was lately."""
        return {incident.service: incident for incident in reversed(self.healed)}

    @cached_property
    def incident_by_service(self) -> Mapping[str, IncidentView]:
        """The unresolved incident of each service that has one."""
        return {incident.service: incident for incident in reversed(self.incidents)}
