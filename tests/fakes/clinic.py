"""Records for tests of what healing decides: an instance, a fault on it, and the facts about its service."""

from __future__ import annotations

from typing import Any

from tagent_contract.faults import Error, Fault, FaultState
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import Cause, IncidentState, Remedy, Severity
from tagent_platform.core.backoff import Allowed
from tagent_platform.core.healing.facts import Facts
from tagent_platform.core.incidents.causes import Causes
from tagent_platform.core.incidents.opening import Complaint
from tagent_platform.core.ladder import Remedies, Rung
from tagent_platform.core.records import (
    FaultRecord,
    FaultTargetRecord,
    IncidentRecord,
    InstanceRecord,
    PatientRecord,
    ServiceRecord,
)

NOW = 10_000.0

_REASONS = {
    Health.HEALTHY: HealthReason.HEALTHY,
    Health.UNKNOWN: HealthReason.STARTING,
    Health.DEGRADED: HealthReason.LATENCY,
    Health.OFFLINE: HealthReason.NO_CONTACT,
}


def instance(
    health: Health = Health.UNHEALTHY, name: str = "chat-1", **said: Any
) -> InstanceRecord:
    reason = _REASONS.get(health, HealthReason.ERROR_RATIO)
    reported = Health.UNHEALTHY if health in (Health.RECOVERING, Health.OFFLINE) else health
    fields: dict[str, Any] = {
        "service": "chat",
        "name": name,
        "boot_id": "boot-0001",
        "boot_started_at": 0.0,
        "incarnation": "1",
        "health": health,
        "reason": reason,
        "since": NOW - 5,
        "reported": reported,
        "reported_reason": reason,
        "supervised": True,
    }
    return InstanceRecord(**{**fields, **said})


def fault(
    fault_id: str = "f1",
    of: Fault | None = None,
    *,
    on: str = "chat-1",
    state: FaultState = FaultState.ACTIVE,
    armed_at: float = NOW - 20,
    ended_at: float | None = None,
    first_affected_at: float | None = None,
    injected: int = 0,
) -> FaultRecord:
    target = FaultTargetRecord(
        instance=on,
        state=state,
        armed_at=armed_at,
        ended_at=ended_at,
        first_affected_at=first_affected_at,
        injected=injected,
    )
    return FaultRecord(
        id=fault_id,
        service="chat",
        fault=of or Error(),
        created_at=armed_at,
        expires_at=armed_at + 120,
        created_by="olga",
        targets={f"{on}@boot-0001": target},
    )


def incident(state: IncidentState = IncidentState.OPEN, **said: Any) -> IncidentRecord:
    fields: dict[str, Any] = {
        "id": "i1",
        "service": "chat",
        "state": state,
        "severity": Severity.ERROR,
        "cause": Cause.ORGANIC,
        "summary": "chat-1 is UNHEALTHY",
        "opened_at": NOW - 5,
        "detected_at": NOW - 5,
        "patients": {"chat-1": PatientRecord(since=NOW - 5)},
    }
    return IncidentRecord(**{**fields, **said})


def complaint(who: InstanceRecord | None = None, *faults: FaultRecord, **said: Any) -> Complaint:
    who = who or instance()
    fields: dict[str, Any] = {
        "instance": who,
        "since": who.since,
        "causes": Causes(faults=faults),
        "text": f"{who.name} is {who.health}",
    }
    return Complaint(**{**fields, **said})


def facts(*live: InstanceRecord, **said: Any) -> Facts:
    fields: dict[str, Any] = {
        "service": ServiceRecord(name="chat"),
        "live": {each.name: each for each in live},
        "heard": {each.name for each in live},
        "remedies": Remedies(through_sidecar=True),
    }
    return Facts(**{**fields, **said})


def rung(remedy: Remedy = Remedy.RESTART_INSTANCE, verdict: Any = None, *targets: str) -> Rung:
    targets = targets or ("chat-1",)
    payer = targets[0] if remedy is Remedy.RESTART_INSTANCE else None
    return Rung(remedy, targets, payer, verdict or Allowed(1))
