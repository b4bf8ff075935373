"""What a service's owner can set: every threshold, interval and limit of health and healing, with its default."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from tagent_contract.names import Ratio

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
PositiveSeconds = Annotated[float, Meta(gt=0, le=86_400)]
PositiveCount = Annotated[int, Meta(ge=1, le=1_000_000)]


class Mode(StrEnum):
    """`off`: look away. `check`: say what would be done. `heal`: do it."""

    OFF = "off"
    CHECK = "check"
    HEAL = "heal"


class HealthPolicy(Struct, frozen=True, kw_only=True):
    """When an instance counts as sick. The sidecar applies it."""

    check_interval_s: PositiveSeconds = 1.0
    inside_timeout_s: PositiveSeconds = 1.0
    outside_timeout_s: PositiveSeconds = 5.0
    failure_threshold: PositiveCount = 3
    success_threshold: PositiveCount = 2
    startup_timeout_s: Seconds = 30.0
    window_s: PositiveSeconds = 10.0
    requests_min: PositiveCount = 10
    latency_limit_ms: Annotated[float, Meta(gt=0, le=3_600_000)] = 1000.0
    error_ratio_degraded: Ratio = 0.05
    error_ratio_unhealthy: Ratio = 0.5


class RestartPolicy(Struct, frozen=True, kw_only=True):
    """How often and how fast something may be restarted; the same numbers for a sidecar's and the platform's restarts."""

    backoff_first_s: Seconds = 10.0
    """Before restart 2; doubled for each further one. Restart 1 is immediate."""
    backoff_max_s: Seconds = 300.0
    intensity: PositiveCount = 3
    intensity_window_s: PositiveSeconds = 1800.0
    reset_after_s: PositiveSeconds = 600.0
    """Healthy for this long sets the count back."""
    stop_grace_s: Seconds = 10.0
    """SIGTERM to SIGKILL."""


class VerifyRequest(Struct, frozen=True, kw_only=True):
    """A real request that a recovered service must answer, through its sidecar."""

    method: Annotated[str, Meta(pattern=r"^[A-Z]{1,20}$(?!\n)")] = "GET"
    path: Annotated[str, Meta(pattern=r"^/[\x21-\x7e]*$(?!\n)", max_length=1000)] = "/healthz"
    status: Annotated[int, Meta(ge=100, le=599)] = 200


class HealingPolicy(Struct, frozen=True, kw_only=True):
    """How the platform heals this service."""

    mode: Mode = Mode.HEAL
    verify_hold_s: Seconds = 10.0
    verify_within_s: PositiveSeconds = 60.0
    """Beside the start-up time."""
    reopen_within_s: Seconds = 600.0
    reopens_max: PositiveCount = 3
    healthy_instances_min: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """Never restart when fewer others than this would be healthy meanwhile (the last-healthy guard)."""
    verify: VerifyRequest | None = None


class ServicePolicy(Struct, frozen=True, kw_only=True):
    """All of a service's policy; `PUT` replaces it whole."""

    health: HealthPolicy = HealthPolicy()
    restart: RestartPolicy = RestartPolicy()
    healing: HealingPolicy = HealingPolicy()
