"""May a run begin on these services, and may a fault be injected beside one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tagent_contract.experiments import RunState
from tagent_contract.faults import FaultState
from tagent_contract.problems import ConflictReason
from tagent_platform.core.fault_admission import NotAdmitted
from tagent_platform.core.records import FaultRecord, HaltRecord, RunRecord, ServiceRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSituation:
    """What the decision looks at: the run's services, their faults that have not ended, and all runs that have not."""

    services: Mapping[str, ServiceRecord]
    faults: Iterable[FaultRecord]
    runs: Iterable[RunRecord]
    halt: HaltRecord | None
    now: float


def may_run(run: RunRecord, situation: RunSituation) -> NotAdmitted | None:
    """Return why a run may not begin now, None if it may.

    Its services are its own while it lasts: a second run on one of them, or a fault that somebody left there, would make both prove nothing.
    """
    halt = situation.halt
    if halt is not None and halt.halted:
        text = f"all faults are halted by {halt.by}: {halt.reason}; release the halt first"
        return NotAdmitted(ConflictReason.HALTED, text)
    for name, service in situation.services.items():
        window = service.maintenance
        if window is not None and situation.now < window.until:
            text = f"{name} is in maintenance by {window.by}: {window.reason}"
            return NotAdmitted(ConflictReason.MAINTENANCE, text, window.until)
    for other in situation.runs:
        shared = sorted(set(run.targets) & set(other.targets))
        if other.id != run.id and other.state is RunState.RUNNING and shared:
            return NotAdmitted(ConflictReason.TARGET_RESERVED, _reserved(shared[0], other))
    for fault in situation.faults:
        if fault.service in run.targets:
            return _occupied(fault)
    return None


def _occupied(fault: FaultRecord) -> NotAdmitted:
    states = {target.state for target in fault.targets.values()}
    if FaultState.ENDING in states:
        text = f"fault {fault.id} is still ending on {fault.service}"
        return NotAdmitted(ConflictReason.END_PENDING, text)
    text = f"fault {fault.id} acts on {fault.service}; end it first"
    return NotAdmitted(ConflictReason.ALREADY_ACTIVE, text, fault.expires_at)


def may_inject_beside(
    service: str, run_id: str | None, runs: Iterable[RunRecord]
) -> NotAdmitted | None:
    """Return why a fault may not be injected into this service, as far as runs are concerned.

    `run_id` is what the fault carries; that there is such a run is for the caller to see.
    """
    by_id = {run.id: run for run in runs}
    if run_id is not None:
        run = by_id.get(run_id)
        if run is None or run.state is not RunState.RUNNING:
            text = f"run {run_id} does not go on any more, so nothing would end its fault"
            return NotAdmitted(ConflictReason.RUN_ENDED, text)
        if service not in run.targets:
            text = f"run {run_id} has reserved {', '.join(run.targets)}, not {service}"
            return NotAdmitted(ConflictReason.TARGET_RESERVED, text)
        return None
    for run in by_id.values():
        if run.state is RunState.RUNNING and service in run.targets:
            return NotAdmitted(ConflictReason.TARGET_RESERVED, _reserved(service, run))
    return None


def _reserved(service: str, run: RunRecord) -> str:
    return f"{service} is reserved for run {run.id} of {run.experiment} by {run.created_by}"
