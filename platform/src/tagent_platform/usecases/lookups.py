"""Records by the names people use, or an error that names the near ones."""

from __future__ import annotations

from tagent_contract.experiments import RunState
from tagent_contract.problems import ConflictReason
from tagent_platform.core.records import (
    HALT_KEY,
    FaultRecord,
    HaltRecord,
    IncidentRecord,
    RunRecord,
    ServiceRecord,
)
from tagent_platform.ports.store import Guard, Versioned
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.platform import Platform


def service_named(platform: Platform, name: str) -> Versioned[ServiceRecord]:
    """Return the service. Raises NotFoundError."""
    found = platform.store.get(ServiceRecord, name)
    if found is None:
        raise NotFoundError("service", name, platform.store.all(ServiceRecord))
    return found


def fault_named(platform: Platform, fault_id: str) -> Versioned[FaultRecord]:
    """Return the fault. Raises NotFoundError."""
    found = platform.store.get(FaultRecord, fault_id)
    if found is None:
        raise NotFoundError("fault", fault_id, platform.store.all(FaultRecord))
    return found


def incident_named(platform: Platform, incident_id: str) -> Versioned[IncidentRecord]:
    """Return the incident. Raises NotFoundError."""
    found = platform.store.get(IncidentRecord, incident_id)
    if found is None:
        raise NotFoundError("incident", incident_id, platform.store.all(IncidentRecord))
    return found


def run_with_id(platform: Platform, run_id: str) -> Versioned[RunRecord]:
    """Return the run. Raises NotFoundError."""
    found = platform.store.get(RunRecord, run_id)
    if found is None:
        raise NotFoundError("run", run_id, platform.store.all(RunRecord))
    return found


def run_that_goes_on(platform: Platform, run_id: str) -> Versioned[RunRecord]:
    """Return the run. Raises NotFoundError, and RefusedError when it waits or has ended."""
    found = run_with_id(platform, run_id)
    if found.record.state is not RunState.RUNNING:
        text = f"run {run_id} is {found.record.state.value}, not RUNNING"
        raise RefusedError(ConflictReason.RUN_ENDED, text)
    return found


def halt_of(platform: Platform) -> tuple[HaltRecord | None, Guard]:
    """Return the halt, and the guard under which a commit holds only while nobody changed it."""
    found = platform.store.get(HaltRecord, HALT_KEY)
    guard = Guard(HaltRecord, HALT_KEY, 0 if found is None else found.version)
    return (None if found is None else found.record), guard
