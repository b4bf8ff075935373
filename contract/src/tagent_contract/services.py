"""What the API says of services and instances."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from tagent_contract.faults import FaultState
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import HeldBack, IncidentState, Severity
from tagent_contract.policy import Mode


class Figures(Struct, frozen=True, kw_only=True):
    """The latest 10 s. Over several instances: sums, and percentiles of the merged histograms. None: not known."""

    requests_per_s: float = 0.0
    error_ratio: float | None = None
    first_byte_p50_ms: float | None = None
    first_byte_p95_ms: float | None = None
    first_byte_p99_ms: float | None = None
    whole_p95_ms: float | None = None
    check_latency_ms: float | None = None
    in_flight: int = 0
    cpu_ratio: float | None = None
    rss_bytes: int | None = None
    restarts: int = 0


class InstanceView(Struct, frozen=True, kw_only=True):
    name: str
    health: Health
    since: str
    reason: HealthReason
    detail: str
    last_contact_at: str
    address: str
    protocol: str
    supervised: bool
    boot_id: str
    incarnation: str
    version: str
    clock_offset_s: float
    """The instance's clock minus the platform's."""
    capabilities: tuple[str, ...]
    missing: dict[str, str]
    figures: Figures
    revision: str = ""
    """Of a runtime that has revisions."""
    retired: bool = False
    """Its revision serves no more: it counts for nothing, and will be gone."""


class FaultBrief(Struct, frozen=True, kw_only=True):
    id: str
    type: str
    state: FaultState
    expires_at: str
    injected: int


class IncidentBrief(Struct, frozen=True, kw_only=True):
    id: str
    state: IncidentState
    severity: Severity
    summary: str
    opened_at: str
    held_back: HeldBack | None = None


class Maintenance(Struct, frozen=True, kw_only=True):
    """A window in which nothing is healed and no fault is accepted."""

    reason: str
    until: str
    by: str


class MaintenanceRequest(Struct, frozen=True, kw_only=True):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    duration_s: Annotated[float, Meta(gt=0, le=7 * 86_400)] = 3600.0


class ServiceView(Struct, frozen=True, kw_only=True):
    name: str
    health: Health
    since: str
    reason: HealthReason
    detail: str
    mode: Mode
    instances: tuple[InstanceView, ...]
    faults: tuple[FaultBrief, ...]
    """Those that have not ended."""
    incident: IncidentBrief | None
    """The one that is not resolved."""
    figures: Figures
    maintenance: Maintenance | None = None


class SeriesPoint(Struct, frozen=True, kw_only=True):
    at: str
    value: float | None


class SeriesView(Struct, frozen=True, kw_only=True):
    service: str
    metric: str
    step_s: float
    points: tuple[SeriesPoint, ...]


class LogEntry(Struct, frozen=True, kw_only=True):
    at: str
    instance: str
    stream: str
    level: str
    text: str


class Halt(Struct, frozen=True, kw_only=True):
    halted: bool
    reason: str = ""
    by: str = ""
    at: str | None = None
    faults_ending: int = 0
    """Targets that have not yet confirmed their fault's end."""


class HaltRequest(Struct, frozen=True, kw_only=True):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class ReasonRequest(Struct, frozen=True, kw_only=True):
    """Why a person does something; for the event log."""

    reason: Annotated[str, Meta(max_length=500)] = ""
    instance: str | None = None
    """For a restart: only this one."""


class Role(Struct, frozen=True, kw_only=True):
    """The answer of `GET /whoami`."""

    name: str
    role: str
    service: str | None = None


TOKEN_TTL_S_MAX = 366 * 86_400


class TokenRequest(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._@-]{1,100}$(?!\n)")]
    role: Annotated[str, Meta(pattern=r"^(viewer|operator|admin|sidecar)$(?!\n)")]
    service: str | None = None
    """For role sidecar: the one service it may report for."""
    ttl_s: Annotated[
        Annotated[float, Meta(gt=0, le=TOKEN_TTL_S_MAX)] | None,
        Meta(
            description="End by itself after this time; without one it lasts until it is revoked."
        ),
    ] = None


class TokenView(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    role: str
    created_at: str
    service: str | None = None
    token: str | None = None
    """Shown once, when it is minted."""
    expires_at: str | None = None


class HealingDecision(Struct, frozen=True, kw_only=True):
    """What one pass decided for one target."""

    service: str
    instance: str | None
    decision: str
    """`act`, `wait`, `hold`, `escalate` or `none`."""
    remedy: str | None
    reason: str
    text: str
    until: str | None = None
    incident: str | None = None


class HealingPass(Struct, frozen=True, kw_only=True):
    at: str
    mode: str
    decisions: tuple[HealingDecision, ...]


class HealingPassRequest(Struct, frozen=True, kw_only=True):
    mode: Mode = Mode.CHECK
