"""Incidents: from the first bad health to the verified recovery."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from tagent_contract.names import Id


class IncidentState(StrEnum):
    OPEN = "OPEN"
    REMEDIATING = "REMEDIATING"
    VERIFYING = "VERIFYING"
    RESOLVED = "RESOLVED"
    ESCALATED = "ESCALATED"


class Severity(StrEnum):
    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Cause(StrEnum):
    """What brought it about, as far as the platform knows."""

    INJECTED = "injected"
    ORGANIC = "organic"
    MANUAL = "manual"


class Remedy(StrEnum):
    """A rung of the ladder."""

    RESTART_INSTANCE = "restart_instance"
    RESTART_SERVICE = "restart_service"
    ROLL_BACK = "roll_back"
    ESCALATE = "escalate"


class Outcome(StrEnum):
    """How an attempt ended."""

    PENDING = "pending"
    VERIFIED = "verified"
    STILL_SICK = "still_sick"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_NEEDED = "not_needed"
    FAILED = "failed"


class Refusal(StrEnum):
    """Why healing does not act now; the same value in log, metric and UI. In the order of the decision."""

    MODE_OFF = "mode_off"
    MODE_CHECK = "mode_check"
    MAINTENANCE = "maintenance"
    HALTED = "halted"
    FAULT_OBSERVED = "fault_observed"
    FAULT_SUPPRESSED = "fault_suppressed"
    STORM = "storm"
    TARGET_LOCKED = "target_locked"
    BACK_OFF = "back_off"
    INTENSITY = "intensity"
    LAST_HEALTHY = "last_healthy"
    SIDECAR_UNREACHABLE = "sidecar_unreachable"
    NOT_SUPERVISED = "not_supervised"
    GAVE_UP = "gave_up"
    DEGRADED_ONLY = "degraded_only"
    STARTING = "starting"
    REOPENED_TOO_OFTEN = "reopened_too_often"
    LADDER_EXHAUSTED = "ladder_exhausted"


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """One line of a timeline. `kind` is a word of the glossary such as `acknowledged` or `detected`."""

    at: str
    kind: str
    text: str
    instance: str | None = None


class RollOutState(StrEnum):
    """How far a new revision, or the traffic's way back to an old one, has come."""

    RUNNING = "running"
    SERVING = "serving"
    FAILED = "failed"


class RollOutView(Struct, frozen=True, kw_only=True):
    """How a remedy that gives a service another revision goes."""

    revision: str
    """That is to serve; empty until it has a name."""
    state: RollOutState
    text: str
    """Where it stands, in one line."""
    at: str
    """Since when."""


class AttemptView(Struct, frozen=True, kw_only=True):
    """One try at a remedy."""

    id: Id
    number: int
    remedy: Remedy
    instance: str | None
    decided_at: str
    by: str
    outcome: Outcome = Outcome.PENDING
    started_at: str | None = None
    healthy_at: str | None = None
    ended_at: str | None = None
    detail: str = ""
    roll_out: RollOutView | None = None
    """None where no revision changes."""


class HeldBack(Struct, frozen=True, kw_only=True):
    """Healing waits: why, and until when if that is known."""

    reason: Refusal
    until: str | None = None
    text: str = ""


class IncidentView(Struct, frozen=True, kw_only=True):
    """An incident as the API shows it. `mttd_s`: first affected request (organic: first bad check) → detected; `mttr_s`: detected → verified."""

    id: Id
    service: str
    state: IncidentState
    severity: Severity
    cause: Cause
    summary: str
    opened_at: str
    detected_at: str
    first_affected_at: str | None = None
    resolved_at: str | None = None
    acknowledged_at: str | None = None
    acknowledged_by: str | None = None
    escalated_at: str | None = None
    reopened: int = 0
    reopened_at: str | None = None
    """When it came back the last time."""
    faults: tuple[Id, ...] = ()
    instances: tuple[str, ...] = ()
    attempts: tuple[AttemptView, ...] = ()
    held_back: HeldBack | None = None
    mttd_s: float | None = None
    mttr_s: float | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    """Empty in lists; whole for one incident."""


class Note(Struct, frozen=True, kw_only=True):
    """What a person says of an incident."""

    text: Annotated[str, Meta(min_length=1, max_length=5000)]
