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

    check_interval_s: Annotated[
        PositiveSeconds, Meta(description="How often each instance is checked.")
    ] = 1.0
    inside_timeout_s: Annotated[
        PositiveSeconds, Meta(description="How long the service itself may take to answer a check.")
    ] = 1.0
    outside_timeout_s: Annotated[
        PositiveSeconds,
        Meta(description="How long an answer through the sidecar, as callers get it, may take."),
    ] = 5.0
    failure_threshold: Annotated[
        PositiveCount, Meta(description="Failed checks in a row that make it UNHEALTHY.")
    ] = 3
    success_threshold: Annotated[
        PositiveCount, Meta(description="Good checks in a row that make it HEALTHY again.")
    ] = 2
    startup_timeout_s: Annotated[
        Seconds, Meta(description="Until then after its start, failed checks do not count.")
    ] = 30.0
    window_s: Annotated[
        PositiveSeconds, Meta(description="Latency and errors are judged over this long.")
    ] = 10.0
    requests_min: Annotated[
        PositiveCount,
        Meta(description="With fewer requests in the window the outside check alone is judged."),
    ] = 10
    latency_limit_ms: Annotated[
        Annotated[float, Meta(gt=0, le=3_600_000)], Meta(description="A p95 over it is DEGRADED.")
    ] = 1000.0
    error_ratio_degraded: Annotated[
        Ratio, Meta(description="A share of errors over it is DEGRADED.")
    ] = 0.05
    error_ratio_unhealthy: Annotated[
        Ratio, Meta(description="A share of errors over it is UNHEALTHY.")
    ] = 0.5


class RestartPolicy(Struct, frozen=True, kw_only=True):
    """How often and how fast something may be restarted; the same numbers for a sidecar's and the platform's restarts."""

    backoff_first_s: Annotated[
        Seconds,
        Meta(
            description="The wait before restart 2, doubled for each further one. Restart 1 is immediate."
        ),
    ] = 10.0
    backoff_max_s: Annotated[Seconds, Meta(description="The longest wait before a restart.")] = (
        300.0
    )
    intensity: Annotated[
        PositiveCount, Meta(description="The most restarts within the intensity window.")
    ] = 3
    intensity_window_s: Annotated[
        PositiveSeconds, Meta(description="Restarts are counted over this long.")
    ] = 1800.0
    reset_after_s: Annotated[
        PositiveSeconds, Meta(description="Healthy for this long sets the count back.")
    ] = 600.0
    stop_grace_s: Annotated[Seconds, Meta(description="The time between SIGTERM and SIGKILL.")] = (
        10.0
    )


class VerifyRequest(Struct, frozen=True, kw_only=True):
    """A real request that a recovered service must answer, through its sidecar."""

    method: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Z]{1,20}$(?!\n)")],
        Meta(description="The request's method."),
    ] = "GET"
    path: Annotated[
        Annotated[str, Meta(pattern=r"^/[\x21-\x7e]*$(?!\n)", max_length=1000)],
        Meta(description="The request's path."),
    ] = "/healthz"
    status: Annotated[
        Annotated[int, Meta(ge=100, le=599)],
        Meta(description="The status that proves the recovery."),
    ] = 200


class HealingPolicy(Struct, frozen=True, kw_only=True):
    """How the platform heals this service."""

    mode: Annotated[
        Mode, Meta(description="off: look away. check: say what would be done. heal: do it.")
    ] = Mode.HEAL
    verify_hold_s: Annotated[
        Seconds, Meta(description="Health must hold for this long after a restart.")
    ] = 10.0
    verify_within_s: Annotated[
        PositiveSeconds,
        Meta(description="Beside the start-up time, an attempt must be verified within this long."),
    ] = 60.0
    reopen_within_s: Annotated[
        Seconds, Meta(description="Sick again within this long reopens the incident.")
    ] = 600.0
    reopens_max: Annotated[
        PositiveCount, Meta(description="Reopened this often, a person is called.")
    ] = 3
    healthy_instances_min: Annotated[
        Annotated[int, Meta(ge=0, le=1_000_000)],
        Meta(description="Never restart when fewer others than this would be healthy meanwhile."),
    ] = 0
    verify: Annotated[
        VerifyRequest | None,
        Meta(description="A request of its own that proves a recovery, beside the health check."),
    ] = None


class ServicePolicy(Struct, frozen=True, kw_only=True):
    """All of a service's policy; `PUT` replaces it whole."""

    health: HealthPolicy = HealthPolicy()
    restart: RestartPolicy = RestartPolicy()
    healing: HealingPolicy = HealingPolicy()
