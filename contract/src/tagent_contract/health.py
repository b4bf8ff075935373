"""How well an instance or a service is, and why."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tagent_contract.names import AgeSeconds


class Health(StrEnum):
    """One word for an instance or a service. Instances are RECOVERING or OFFLINE only in the platform's eyes."""

    UNKNOWN = "UNKNOWN"
    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    UNHEALTHY = "UNHEALTHY"
    RECOVERING = "RECOVERING"
    OFFLINE = "OFFLINE"


class HealthReason(StrEnum):
    """Why the health is what it is; the same value in log, metric and UI."""

    STARTING = "starting"
    HEALTHY = "healthy"
    EXITED = "exited"
    GAVE_UP = "gave_up"
    STARTUP_TIMEOUT = "startup_timeout"
    INSIDE_CHECK_REFUSED = "inside_check_refused"
    INSIDE_CHECK_FAILED = "inside_check_failed"
    OUTSIDE_CHECK_FAILED = "outside_check_failed"
    ERROR_RATIO = "error_ratio"
    LATENCY = "latency"
    # What only the platform can say:
    NO_CONTACT = "no_contact"
    NO_INSTANCES = "no_instances"
    INSTANCES_DIFFER = "instances_differ"
    RESTARTING = "restarting"


class InstanceState(Struct, frozen=True, kw_only=True):
    """The sidecar's own judgement of its instance."""

    health: Health
    reason: HealthReason
    since_age_s: AgeSeconds = 0.0
    detail: str = ""
    """One line for people, such as `p95 2512 ms over the limit of 1000 ms`."""
