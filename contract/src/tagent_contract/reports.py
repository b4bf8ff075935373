"""What a sidecar pushes: its instance's current state, and separately windows of figures."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from tagent_contract.faults import EndReason
from tagent_contract.health import InstanceState
from tagent_contract.names import (
    AgeSeconds,
    BootId,
    Count,
    Id,
    Incarnation,
    InstanceName,
    ServiceName,
)

REPORTS_MAX = 1000
WINDOWS_MAX = 1000
LOG_LINES_MAX = 1000
LOG_LINE_LENGTH_MAX = 4096


class Histogram(Struct, frozen=True, kw_only=True):
    """Latencies counted in buckets that grow by 2^(1/8), about 9 % wide.

    Bucket i counts values in (2^((i-1)/8), 2^(i/8)] microseconds; `counts` is sparse.
    """

    counts: dict[int, Count] = {}
    sum_ms: Annotated[float, Meta(ge=0)] = 0.0


class ErrorClass(StrEnum):
    """How a request failed, as its caller saw it."""

    STATUS_5XX = "5xx"
    CONNECT = "connect"
    CUT = "cut"
    RESET = "reset"
    TIMEOUT = "timeout"
    MALFORMED = "malformed"


class CheckFigures(Struct, frozen=True, kw_only=True):
    """Health checks in a window."""

    passed: Count = 0
    failed: Count = 0
    latency_ms: Annotated[float, Meta(ge=0)] | None = None
    """The slowest answered check of the window."""


class Window(Struct, frozen=True, kw_only=True):
    """Figures of one interval. `age_s` is the age of its end. Ratios: 1.0 is one core."""

    age_s: AgeSeconds
    duration_s: Annotated[float, Meta(gt=0, le=86_400)]
    requests: Count = 0
    errors: dict[ErrorClass, Count] = {}
    rejected: Count = 0
    """Requests refused with 4xx by us: malformed, too large, too many connections."""
    first_byte: Histogram = Histogram()
    whole: Histogram = Histogram()
    cut_streams: Count = 0
    in_flight: Count = 0
    connections: Count = 0
    bytes_in: Count = 0
    bytes_out: Count = 0
    inside: CheckFigures = CheckFigures()
    outside: CheckFigures = CheckFigures()
    cpu_ratio: Annotated[float, Meta(ge=0)] | None = None
    rss_bytes: Count | None = None
    descriptors: Count | None = None
    threads: Count | None = None
    restarts: Count = 0
    cpu_limit_ratio: Annotated[float, Meta(ge=0)] | None = None
    memory_limit_bytes: Count | None = None
    sidecar_rss_bytes: Count | None = None
    sidecar_cpu_ratio: Annotated[float, Meta(ge=0)] | None = None
    windows_dropped: Count = 0
    """Windows lost before this one, since the buffer was full."""
    log_lines_dropped: Count = 0


class LogLine(Struct, frozen=True, kw_only=True):
    """A line the service wrote; secrets are redacted and control characters replaced before it leaves the sidecar."""

    age_s: AgeSeconds
    stream: str
    level: str
    text: Annotated[str, Meta(max_length=LOG_LINE_LENGTH_MAX)]


class FaultProgress(Struct, frozen=True, kw_only=True):
    """What became of a fault in this sidecar. Sent until a report with it was answered, at the latest until its ttl is over."""

    id: Id
    active: bool
    ack_age_s: AgeSeconds | None = None
    injected: Count = 0
    passed: Count = 0
    first_affected_age_s: AgeSeconds | None = None
    last_affected_age_s: AgeSeconds | None = None
    ended_age_s: AgeSeconds | None = None
    end_reason: EndReason | None = None
    detail: str = ""


class RestartCause(StrEnum):
    """Who restarted the service process."""

    EXIT = "exit"
    ORDER = "order"


class ExitSeen(Struct, frozen=True, kw_only=True):
    """A service process that ended, and its successor if there is one. `number` counts exits within a boot."""

    number: Count
    incarnation: Incarnation
    age_s: AgeSeconds
    status: str
    """Such as `exit 1` or `signal KILL`."""
    cause: RestartCause = RestartCause.EXIT
    restarted_as: Incarnation | None = None
    back_ms: Annotated[float, Meta(ge=0)] | None = None
    """From the exit to the successor's first answered check."""
    held_until_s: Annotated[float, Meta(ge=0)] | None = None
    """Seconds from `sent_at` until the next restart is allowed, while back-off holds it."""


class AttemptState(StrEnum):
    """How far a restart order got in the sidecar."""

    STOPPING = "stopping"
    STARTED = "started"
    ANSWERED = "answered"
    NOT_THAT_INCARNATION = "not_that_incarnation"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"


class AttemptProgress(Struct, frozen=True, kw_only=True):
    """What became of a restart order."""

    attempt_id: Id
    state: AttemptState
    age_s: AgeSeconds = 0.0
    incarnation: Incarnation | None = None
    """The new one, once started."""
    detail: str = ""


PlaceName = Annotated[str, Meta(max_length=100)]


class Place(Struct, frozen=True, kw_only=True):
    """What runs an instance, as that says itself. Whoever acts on it checks it first: a sidecar may say anything."""

    runtime: PlaceName
    """Such as `cloud_run`."""
    service: PlaceName
    """The service's name there."""
    revision: PlaceName = ""
    project: PlaceName = ""
    region: PlaceName = ""


class Report(Struct, frozen=True, kw_only=True):
    """The current state under `(boot_id, seq)`: of those that arrive only the highest drives decisions.

    A newer boot takes the name over (`boot_started_age_s` decides which is newer); the older is answered 409 `superseded`.
    """

    service: ServiceName
    instance: InstanceName
    boot_id: BootId
    seq: Count
    sent_at: Annotated[str, Meta(max_length=40)]
    boot_age_s: AgeSeconds
    incarnation: Incarnation
    state: InstanceState
    address: Annotated[str, Meta(max_length=300)] = ""
    """Where callers reach the service through this sidecar, `host:port`."""
    protocol: str = "http"
    supervised: bool = False
    """True when the sidecar is the parent, so that a restart can be ordered."""
    version: Annotated[str, Meta(max_length=40)] = ""
    capabilities: tuple[str, ...] = ()
    missing: dict[str, str] = {}
    """Fault type → why this sidecar cannot apply it."""
    place: Place | None = None
    """None: the machine that it is on, or nobody could say."""
    checks_passed_in_row: Count = 0
    """Outside checks answered in a row, the proof of a real request."""
    faults: tuple[FaultProgress, ...] = ()
    attempts: tuple[AttemptProgress, ...] = ()
    exits: tuple[ExitSeen, ...] = ()
    windows: Annotated[tuple[Window, ...], Meta(max_length=WINDOWS_MAX)] = ()
    """The latest and what could not be sent before, oldest first; for series and timelines only."""
    logs: Annotated[tuple[LogLine, ...], Meta(max_length=LOG_LINES_MAX)] = ()
    goodbye: bool = False


class Batch(Struct, frozen=True, kw_only=True):
    """The body of `POST /telemetry`."""

    reports: Annotated[tuple[Report, ...], Meta(min_length=1, max_length=REPORTS_MAX)]
