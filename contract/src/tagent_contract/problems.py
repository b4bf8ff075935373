"""Problems: RFC 9457 details, with a stable type and, for refusals, a reason."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

PROBLEM_TYPE_PREFIX = "urn:tagent:problem:"


class ProblemType(StrEnum):
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    REFUSED = "refused"
    TOO_LARGE = "too-large"
    RATE_LIMITED = "rate-limited"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class ConflictReason(StrEnum):
    """Why something well-formed was refused with 409."""

    ALREADY_ACTIVE = "already_active"
    HALTED = "halted"
    UNSUPPORTED = "unsupported"
    NO_INSTANCES = "no_instances"
    END_PENDING = "end_pending"
    TARGET_RESERVED = "target_reserved"
    MAINTENANCE = "maintenance"
    LAST_HEALTHY_INSTANCE = "last_healthy_instance"
    SUPERSEDED = "superseded"
    TARGET_LOCKED = "target_locked"
    NOT_SUPERVISED = "not_supervised"
    SIDECAR_UNREACHABLE = "sidecar_unreachable"
    NOT_HALTED = "not_halted"
    INCIDENT_ENDED = "incident_ended"
    SERVICE_LIVE = "service_live"
    RUN_ENDED = "run_ended"
    LAST_ADMIN = "last_admin"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    CHANGED_MEANWHILE = "changed_meanwhile"


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every error, as `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str = ""
    field: str | None = None
    """The path of the wrong field, `$.ttl_s`."""
    reason: str | None = None
    until: str | None = None
    near: tuple[str, ...] = ()
    """Known names like the unknown one."""
