"""How states look, in one place: the same state looks the same everywhere."""

from __future__ import annotations

from tagent_client.cli.views.sheet import Cell
from tagent_contract.faults import FaultState
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, Severity

_HEALTH = {
    Health.HEALTHY: "good",
    Health.DEGRADED: "warn",
    Health.UNHEALTHY: "bad",
    Health.RECOVERING: "busy",
    Health.OFFLINE: "bad",
    Health.UNKNOWN: "dim",
}
_INCIDENT = {
    IncidentState.OPEN: "warn",
    IncidentState.REMEDIATING: "busy",
    IncidentState.VERIFYING: "busy",
    IncidentState.RESOLVED: "good",
    IncidentState.ESCALATED: "bad",
}
_FAULT = {FaultState.PENDING: "busy", FaultState.ACTIVE: "warn", FaultState.ENDING: "busy"}
_SEVERITY = {Severity.CRITICAL: "bad", Severity.ERROR: "bad", Severity.WARNING: "warn"}


def health(value: Health) -> Cell:
    """Show a health."""
    return Cell(value.value, _HEALTH[value])


def incident_state(value: IncidentState) -> Cell:
    """Show an incident's state."""
    return Cell(value.value, _INCIDENT[value])


def fault_state(value: FaultState) -> Cell:
    """Show a fault's state; what is over is dim, what never acted is bad."""
    if value in (FaultState.FAILED, FaultState.LOST):
        return Cell(value.value, "bad")
    return Cell(value.value, _FAULT.get(value, "dim"))


def severity(value: Severity) -> Cell:
    """Show a severity."""
    return Cell(value.value, _SEVERITY.get(value, "dim"))
