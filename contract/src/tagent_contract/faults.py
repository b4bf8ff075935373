"""Faults: what can be broken, with every parameter's bounds and default.

This union is the table of fault types. The sidecar's `faults/` folder says, one file a type, what each does.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from tagent_contract.incidents import TimelineEntry
from tagent_contract.names import Count, Id, InstanceName, Probability

TTL_S_DEFAULT = 120.0
TTL_S_MAX = 3600.0

Milliseconds = Annotated[float, Meta(ge=0, le=TTL_S_MAX * 1000)]
HeaderName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$(?!\n)")]
HeaderValue = Annotated[str, Meta(max_length=1000)]


class Scope(StrEnum):
    """`instance`: a bug that a restart cures. `service`: a failure outside, which no restart cures."""

    INSTANCE = "instance"
    SERVICE = "service"


class Healing(StrEnum):
    """What healing does about a fault's effects: act; decide but leave the act to a person; open no incident."""

    ACT = "act"
    OBSERVE = "observe"
    SUPPRESS = "suppress"


class Match(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which requests a fault touches; what is not given matches all. `path` may hold `*` for any characters."""

    method: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Z]{1,20}$(?!\n)", examples=["POST"])] | None,
        Meta(description="Only requests with this method."),
    ] = None
    path: Annotated[
        Annotated[str, Meta(min_length=1, max_length=1000, examples=["/v1/*"])] | None,
        Meta(description="Only requests for this path; * stands for any characters."),
    ] = None
    headers: Annotated[
        dict[HeaderName, HeaderValue],
        Meta(max_length=20, description="Only requests with these headers."),
    ] = {}


class Target(Struct, frozen=True, kw_only=True):
    """Which instances of the service a fault is for: all, or the named ones."""

    instances: Annotated[
        Literal["all"] | Annotated[tuple[InstanceName, ...], Meta(min_length=1, max_length=1000)],
        Meta(description="Only these instances of the service."),
    ] = "all"


class FaultBase(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every fault has. A fault that acts on no request (crash, cpu ...) takes no notice of `match`."""

    probability: Annotated[
        Probability, Meta(description="The share of matching requests to affect.")
    ] = 1.0
    match: Match = Match()
    scope: Annotated[
        Scope,
        Meta(
            description="instance: a bug that a restart cures. service: a failure outside, which none cures."
        ),
    ] = Scope.INSTANCE
    ttl_s: Annotated[
        float, Meta(gt=0, le=TTL_S_MAX, description="End by itself after this time.")
    ] = TTL_S_DEFAULT
    max_count: Annotated[
        Annotated[int, Meta(ge=1, le=2**53)] | None,
        Meta(description="End after this many requests were affected."),
    ] = None
    seed: Annotated[
        Annotated[int, Meta(ge=0, le=2**53)] | None,
        Meta(description="Makes chance repeatable; without one the platform draws it."),
    ] = None
    target: Target = Target()
    healing: Annotated[
        Healing,
        Meta(
            description="What healing does about it: act, observe (leave the act to a person), suppress (open no incident)."
        ),
    ] = Healing.ACT
    reason: Annotated[str, Meta(max_length=500, description="Why, for the event log.")] = ""
    run_id: Annotated[
        Id | None,
        Meta(
            description="The experiment run this belongs to; the fault ends when the run's heartbeat stops."
        ),
    ] = None


class Latency(FaultBase, frozen=True, kw_only=True, tag="latency"):
    """Delays a request before it goes upstream."""

    latency_ms: Annotated[Milliseconds, Meta(description="How long each request waits.")] = 2500.0
    jitter_ms: Annotated[
        Milliseconds, Meta(description="Up to this much more or less, by chance.")
    ] = 0.0


class Error(FaultBase, frozen=True, kw_only=True, tag="error"):
    """Answers instead of the service."""

    http_status: Annotated[
        Annotated[int, Meta(ge=400, le=599)], Meta(description="The status to answer.")
    ] = 500
    retry_after_s: Annotated[
        Annotated[int, Meta(ge=0, le=86400)] | None,
        Meta(description="Also send Retry-After with this."),
    ] = None
    body: Annotated[
        Annotated[str, Meta(max_length=10_000)] | None, Meta(description="The body to answer.")
    ] = None


class Reset(FaultBase, frozen=True, kw_only=True, tag="reset"):
    """Sends a TCP reset to the caller, after this many bytes of the response."""

    after_bytes: Annotated[
        Count, Meta(description="Let this many bytes of the response through first.")
    ] = 0


class Timeout(FaultBase, frozen=True, kw_only=True, tag="timeout"):
    """Swallows the request; 0 holds it until the fault ends."""

    timeout_ms: Annotated[
        Milliseconds,
        Meta(description="Drop the connection after this; 0 holds it until the fault ends."),
    ] = 0.0


class Bandwidth(FaultBase, frozen=True, kw_only=True, tag="bandwidth"):
    """Limits the rate of the response."""

    rate_kb_s: Annotated[
        Annotated[float, Meta(gt=0, le=10**7)],
        Meta(description="Kilobytes a second of each response."),
    ] = 64.0


class RateLimit(FaultBase, frozen=True, kw_only=True, tag="rate_limit"):
    """Answers 429 with Retry-After past the quota of a window."""

    quota: Annotated[
        Annotated[int, Meta(ge=0, le=10**9)], Meta(description="Requests let through in a window.")
    ] = 10
    window_s: Annotated[
        Annotated[float, Meta(gt=0, le=TTL_S_MAX)], Meta(description="The length of a window.")
    ] = 60.0


class Down(FaultBase, frozen=True, kw_only=True, tag="down"):
    """Refuses connections."""


class Crash(FaultBase, frozen=True, kw_only=True, tag="crash"):
    """Kills the service."""

    signal: Annotated[
        Literal["KILL", "TERM", "ABRT", "SEGV", "INT", "QUIT"],
        Meta(description="The signal to kill it with."),
    ] = "KILL"


class Hang(FaultBase, frozen=True, kw_only=True, tag="hang"):
    """Stops the service (SIGSTOP) and continues it at the fault's end."""


class Cpu(FaultBase, frozen=True, kw_only=True, tag="cpu"):
    """Burns processor time beside the service."""

    load_ratio: Annotated[
        Annotated[float, Meta(gt=0, le=1)],
        Meta(description="How busy each worker keeps its core; 1 is wholly."),
    ] = 1.0
    workers: Annotated[
        Annotated[int, Meta(ge=1, le=1024)],
        Meta(description="How many cores to load, at most those there are."),
    ] = 1


class Memory(FaultBase, frozen=True, kw_only=True, tag="memory"):
    """Holds memory beside the service."""

    bytes: Annotated[
        Annotated[int, Meta(ge=1, le=2**46)],
        Meta(description="How much to hold, at most half of what is free."),
    ] = 256 * 2**20


class LimitData(FaultBase, frozen=True, kw_only=True, tag="limit_data"):
    """Cuts the response after this many bytes of it."""

    bytes: Annotated[
        Count, Meta(description="Let this many bytes of the response through, then cut it.")
    ] = 1024


class SlowClose(FaultBase, frozen=True, kw_only=True, tag="slow_close"):
    """Delays the close of the connection."""

    delay_ms: Annotated[
        Milliseconds, Meta(description="How long the close of a connection is put off.")
    ] = 1000.0


class Corrupt(FaultBase, frozen=True, kw_only=True, tag="corrupt"):
    """Flips this share of the response body's bytes."""

    ratio: Annotated[Probability, Meta(description="The share of bytes to flip.")] = 0.01


Fault: TypeAlias = (
    Latency
    | Error
    | Reset
    | Timeout
    | Bandwidth
    | RateLimit
    | Down
    | Crash
    | Hang
    | Cpu
    | Memory
    | LimitData
    | SlowClose
    | Corrupt
)

FAULT_KINDS: dict[str, type[FaultBase]] = {
    kind.__struct_config__.tag: kind  # type: ignore[misc]
    for kind in (
        Latency,
        Error,
        Reset,
        Timeout,
        Bandwidth,
        RateLimit,
        Down,
        Crash,
        Hang,
        Cpu,
        Memory,
        LimitData,
        SlowClose,
        Corrupt,
    )
}
"""Fault type's name → its class, in the order people are shown them."""

PROCESS_FAULTS = frozenset({"crash", "hang", "cpu", "memory"})
"""Act on the process or the machine, not on requests: their `injected` is 1 when done."""

CONNECTION_FAULTS = frozenset(
    {"latency", "reset", "timeout", "bandwidth", "down", "limit_data", "slow_close"}
)
"""Can act on a TCP connection whose protocol nobody parses (`--protocol tcp`)."""


def fault_type(fault: FaultBase) -> str:
    """Return the type's name, such as `latency`."""
    return str(fault.__struct_config__.tag)


class FaultState(StrEnum):
    """A fault on one target. The last five are final; each ends exactly once."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    ENDING = "ENDING"
    EXPIRED = "EXPIRED"
    CLEARED = "CLEARED"
    HALTED = "HALTED"
    LOST = "LOST"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        return self in _FINAL


_FINAL = frozenset(
    {FaultState.EXPIRED, FaultState.CLEARED, FaultState.HALTED, FaultState.LOST, FaultState.FAILED}
)


class EndReason(StrEnum):
    """Why a fault ended on a target."""

    TTL = "ttl"
    MAX_COUNT = "max_count"
    CLEARED = "cleared"
    HALTED = "halted"
    RESTARTED = "restarted"
    RECOVERED = "recovered"
    LEASE_LOST = "lease_lost"
    SIDECAR_STOPPED = "sidecar_stopped"
    SIDECAR_LOST = "sidecar_lost"
    SUPERSEDED = "superseded"
    RUN_ENDED = "run_ended"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    UNSUPPORTED = "unsupported"
    COULD_NOT_APPLY = "could_not_apply"


class FaultTarget(Struct, frozen=True, kw_only=True):
    """A fault on one instance, as the platform knows it from the sidecar's reports. Times are RFC 3339."""

    instance: InstanceName
    state: FaultState
    boot_id: str = ""
    incarnation: str = ""
    acked_at: str | None = None
    ended_at: str | None = None
    end_reason: EndReason | None = None
    detail: str = ""
    injected: Count = 0
    passed: Count = 0
    first_affected_at: str | None = None
    last_affected_at: str | None = None


class FaultView(Struct, frozen=True, kw_only=True):
    """A fault as the API shows it. `state` sums up its targets: the least final of them."""

    id: Id
    service: str
    type: str
    fault: Fault
    state: FaultState
    created_at: str
    expires_at: str
    created_by: str
    targets: tuple[FaultTarget, ...]
    ended_at: str | None = None
    end_reason: EndReason | None = None
    injected: Count = 0
    passed: Count = 0
    incident: Id | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    """Empty in lists; whole for one fault."""
