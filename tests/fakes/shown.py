"""Contract structs as the API shows them, with what a test does not care about filled in."""

from __future__ import annotations

from typing import Any

from tagent_contract.experiments import ExperimentView, RunResult, RunState, RunView, Verdict
from tagent_contract.faults import FaultState, FaultTarget, FaultView, Latency
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import Cause, IncidentState, IncidentView, Severity, TimelineEntry
from tagent_contract.policy import Mode
from tagent_contract.services import Figures, InstanceView, ServiceView
from tagent_contract.times import format_time

NOW = 1_700_000_000.0


def ago(seconds: float) -> str:
    """Return the wire time so long before NOW."""
    return format_time(NOW - seconds)


def service(name: str = "chat-service", **changes: Any) -> ServiceView:
    known: dict[str, Any] = {
        "name": name,
        "health": Health.HEALTHY,
        "since": ago(12),
        "reason": HealthReason.HEALTHY,
        "detail": "",
        "mode": Mode.HEAL,
        "instances": (),
        "faults": (),
        "incident": None,
        "figures": Figures(),
    }
    return ServiceView(**{**known, **changes})


def instance(name: str = "chat-service-9001", **changes: Any) -> InstanceView:
    known: dict[str, Any] = {
        "name": name,
        "health": Health.HEALTHY,
        "since": ago(12),
        "reason": HealthReason.HEALTHY,
        "detail": "",
        "last_contact_at": ago(1),
        "address": "127.0.0.1:9001",
        "protocol": "http",
        "supervised": True,
        "boot_id": "boot-0001",
        "incarnation": "1",
        "version": "0.1.0",
        "clock_offset_s": 0.0,
        "capabilities": ("latency",),
        "missing": {},
        "figures": Figures(),
    }
    return InstanceView(**{**known, **changes})


def target(**changes: Any) -> FaultTarget:
    known: dict[str, Any] = {"instance": "chat-service-9001", "state": FaultState.ACTIVE}
    return FaultTarget(**{**known, **changes})


def fault(**changes: Any) -> FaultView:
    known: dict[str, Any] = {
        "id": "f1",
        "service": "chat-service",
        "type": "latency",
        "fault": Latency(),
        "state": FaultState.ACTIVE,
        "created_at": ago(5),
        "expires_at": ago(-115),
        "created_by": "anna",
        "targets": (target(),),
    }
    return FaultView(**{**known, **changes})


def incident(**changes: Any) -> IncidentView:
    known: dict[str, Any] = {
        "id": "i1",
        "service": "chat-service",
        "state": IncidentState.RESOLVED,
        "severity": Severity.CRITICAL,
        "cause": Cause.INJECTED,
        "summary": "it was sick",
        "opened_at": ago(60),
        "detected_at": ago(60),
        "mttd_s": 0.38,
        "mttr_s": 13.0,
    }
    return IncidentView(**{**known, **changes})


def run(**changes: Any) -> RunView:
    """Return a run that passed, from a minute to half a minute before NOW; one in another state has no result."""
    known: dict[str, Any] = {
        "id": "r1",
        "experiment": "crash-is-cured",
        "title": "A crash is cured",
        "hypothesis": "It is back in time.",
        "targets": ("chat-service",),
        "state": RunState.ENDED,
        "created_at": ago(61),
        "created_by": "anna",
    }
    state = changes.get("state", RunState.ENDED)
    if state is not RunState.WAITING:
        known |= {"runner": "runner-1", "started_at": ago(60)}
    if state is RunState.ENDED:
        result = changes.get("result", RunResult(verdict=Verdict.PASSED))
        known |= {"ended_at": ago(30), "result": result, "verdict": result.verdict}
    return RunView(**{**known, **changes})


def experiment(name: str = "crash-is-cured", **changes: Any) -> ExperimentView:
    known: dict[str, Any] = {
        "name": name,
        "title": "A crash is cured",
        "hypothesis": "It is back in time.",
        "targets": ("chat-service",),
        "tags": ("fast",),
        "weight": 1.0,
    }
    return ExperimentView(**{**known, **changes})


def entry(kind: str, after_s: float, text: str = "x") -> TimelineEntry:
    """Return a line of a timeline that began a minute before NOW."""
    return TimelineEntry(at=ago(60 - after_s), kind=kind, text=text)
