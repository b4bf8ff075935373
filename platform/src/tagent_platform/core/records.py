"""What the store keeps, one struct a kind. Times are seconds since the epoch on the platform's clock.

A record is replaced whole; its version is the commit that wrote it. The key is in `key_of`.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from tagent_contract.experiments import RunResult, RunState, Verdict
from tagent_contract.faults import EndReason, Fault, FaultState
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import Cause, IncidentState, Refusal, Severity
from tagent_contract.plan import RestartOrder
from tagent_contract.policy import ServicePolicy
from tagent_contract.reports import AttemptState, Place
from tagent_platform.core.incidents.records import AttemptRecord
from tagent_platform.core.roll_outs import RollBack


class MaintenanceWindow(Struct, frozen=True, kw_only=True):
    """Nothing is healed and no fault accepted until `until`."""

    reason: str
    by: str
    until: float


class ServiceRecord(Struct, frozen=True, kw_only=True):
    """A logical service. Key: its name."""

    name: str
    policy: ServicePolicy = ServicePolicy()
    maintenance: MaintenanceWindow | None = None
    health: Health = Health.UNKNOWN
    reason: HealthReason = HealthReason.NO_INSTANCES
    detail: str = ""
    since: float = 0.0
    place: Place | None = None
    """What runs it, as its instances said last; without the revision."""
    good_revisions: tuple[str, ...] = ()
    """Revisions under which it has been healthy, the latest last."""
    roll_back: RollBack | None = None
    """While its traffic is held on an earlier revision."""


class AttemptSeen(Struct, frozen=True, kw_only=True):
    """How far the sidecar said it got with a restart order; the latest word on it."""

    attempt_id: str
    state: AttemptState
    at: float
    incarnation: str | None = None
    """The new one, once started."""
    detail: str = ""


class ExitRecord(Struct, frozen=True, kw_only=True):
    """An exit of the service process that nobody ordered."""

    number: int
    at: float
    status: str
    """Such as `exit 1` or `signal KILL`."""
    back_at: float | None = None
    """When the successor that the sidecar started first answered a check."""


class InstanceRecord(Struct, frozen=True, kw_only=True):
    """One running copy, as its sidecar last said *with a change*. Key: `service/instance`.

    When it was last heard of is not here: it changes with each report, and lives in memory.
    """

    service: str
    name: str
    boot_id: str
    boot_started_at: float
    incarnation: str
    health: Health
    """What the platform holds of it: the sidecar's word, or RECOVERING or OFFLINE."""
    reason: HealthReason
    since: float
    reported: Health = Health.UNKNOWN
    """The sidecar's word alone."""
    reported_reason: HealthReason = HealthReason.STARTING
    detail: str = ""
    address: str = ""
    protocol: str = "http"
    supervised: bool = False
    version: str = ""
    capabilities: tuple[str, ...] = ()
    missing: dict[str, str] = {}
    exits_seen: int = 0
    """The highest exit number of this boot that became an event."""
    backs_seen: int = 0
    """The highest exit number of this boot after which the process is known to be back."""
    exits: tuple[ExitRecord, ...] = ()
    """The latest few of this boot, oldest first."""
    exits_told: int = 0
    """The highest exit number that healing has put on an incident's timeline."""
    backs_told: int = 0
    """The highest exit number whose recovery healing has put on an incident's timeline."""
    held_until: float | None = None
    """Until when the sidecar's own back-off holds the next start of an exited process."""
    restart: RestartOrder | None = None
    attempt: AttemptSeen | None = None
    place: Place | None = None
    retired: bool = False
    """Its revision serves no more: it counts for nothing, and will be gone."""
    seq: int = -1
    """Of the report that changed the record last. One before it decides nothing, whichever process it comes to."""
    superseded_boots: tuple[str, ...] = ()
    """Boots that a newer one replaced, the latest few; they get 409."""


class FaultTargetRecord(Struct, frozen=True, kw_only=True):
    """A fault on one instance."""

    instance: str
    state: FaultState
    armed_at: float
    boot_id: str = ""
    incarnation: str = ""
    acked_at: float | None = None
    ended_at: float | None = None
    end_reason: EndReason | None = None
    detail: str = ""
    injected: int = 0
    passed: int = 0
    first_affected_at: float | None = None
    last_affected_at: float | None = None


class FaultRecord(Struct, frozen=True, kw_only=True):
    """A fault on its targets. Key: its id."""

    id: str
    service: str
    fault: Fault
    created_at: float
    expires_at: float
    created_by: str
    targets: dict[str, FaultTargetRecord]
    """By `target_key`: a later boot of the same instance is a target of its own."""
    ending: EndReason | None = None
    """Why the platform wants it ended before its time, once it does."""


class TimelineRecord(Struct, frozen=True, kw_only=True):
    """One line of an incident's or fault's timeline."""

    at: float
    kind: str
    text: str
    instance: str | None = None


class HeldBackRecord(Struct, frozen=True, kw_only=True):
    """Why healing waits."""

    reason: Refusal
    since: float
    until: float | None = None
    text: str = ""


class PatientRecord(Struct, frozen=True, kw_only=True):
    """An instance that an incident is about, from falling sick until its health has held."""

    since: float
    """When it fell sick, on the platform's clock."""


class IncidentRecord(Struct, frozen=True, kw_only=True):
    """An incident. Key: its id. At most one per service is neither RESOLVED nor closed."""

    id: str
    service: str
    state: IncidentState
    severity: Severity
    cause: Cause
    summary: str
    opened_at: float
    detected_at: float
    first_affected_at: float | None = None
    resolved_at: float | None = None
    escalated_at: float | None = None
    acknowledged_at: float | None = None
    acknowledged_by: str | None = None
    reopened: int = 0
    faults: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    attempts: tuple[AttemptRecord, ...] = ()
    held_back: HeldBackRecord | None = None
    verifying_since: float | None = None
    """Since when every instance has been well without a break."""
    patients: dict[str, PatientRecord] = {}
    """By instance."""
    escalated: dict[str, Refusal] = {}
    """Instance → why a person is needed for it."""
    closed_by: str | None = None
    """The person who ended it, if one did."""
    timeline: tuple[TimelineRecord, ...] = ()


class BudgetRecord(Struct, frozen=True, kw_only=True):
    """Restarts already spent on a target for one cause. Key: `service/instance|cause` (`service|cause` for a whole service)."""

    service: str
    instance: str | None
    cause_key: str
    restarts: tuple[float, ...] = ()
    healthy_since: float | None = None


class HaltRecord(Struct, frozen=True, kw_only=True):
    """All faults end and new ones are refused while `halted`. Key: `halt`; a new fault's commit expects its version."""

    halted: bool
    reason: str = ""
    by: str = ""
    at: float = 0.0


class StormRecord(Struct, frozen=True, kw_only=True):
    """The storm breaker. Key: `storm`."""

    since: float
    services: tuple[str, ...]
    incident: str


class LeaderRecord(Struct, frozen=True, kw_only=True):
    """Which of several platform processes runs the control loop; alone none is needed. Key: `leader`.

    Its version is in every commit of the loop, so that what an earlier leader still wants to write is refused.
    """

    term: int
    holder: str
    """The process's own name; empty: given back."""
    since: float


class TokenRole(StrEnum):
    """Weakest first; `sidecar` stands beside the others."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    SIDECAR = "sidecar"


PEOPLE = (TokenRole.VIEWER, TokenRole.OPERATOR, TokenRole.ADMIN)


class TokenRecord(Struct, frozen=True, kw_only=True):
    """A token, by its SHA-256 alone. Key: its id."""

    id: str
    name: str
    role: TokenRole
    digest: str
    created_at: float
    service: str | None = None
    expires_at: float | None = None


class ReceiptRecord(Struct, frozen=True, kw_only=True):
    """The answer already given to an Idempotency-Key. Key: token id and key, hashed."""

    request_digest: str
    status: int
    body: str
    at: float


class DeliveryRecord(Struct, frozen=True, kw_only=True):
    """A webhook message to be sent until it is answered. Key: its id. Committed with what it tells of."""

    id: str
    payload: str
    created_at: float
    tries: int = 0
    next_try_at: float = 0.0
    last_error: str = ""


class ExperimentRecord(Struct, frozen=True, kw_only=True):
    """An experiment that somebody can run, as its catalog said last. Key: its name."""

    name: str
    title: str
    hypothesis: str = ""
    targets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    weight: float = 1.0
    wanted: Verdict = Verdict.PASSED
    published_at: float = 0.0
    published_by: str = ""


class RunRecord(Struct, frozen=True, kw_only=True):
    """A run of an experiment. Key: its id."""

    id: str
    experiment: str
    title: str
    hypothesis: str
    targets: tuple[str, ...]
    """The services that are its own while it runs."""
    state: RunState
    created_at: float
    created_by: str
    reason: str = ""
    wanted: Verdict = Verdict.PASSED
    runner: str = ""
    started_at: float | None = None
    heartbeat_at: float | None = None
    progress: str = ""
    stop_asked_by: str | None = None
    stop_reason: str = ""
    ended_at: float | None = None
    result: RunResult | None = None


Record = (
    ServiceRecord
    | InstanceRecord
    | FaultRecord
    | IncidentRecord
    | BudgetRecord
    | HaltRecord
    | StormRecord
    | TokenRecord
    | ReceiptRecord
    | DeliveryRecord
    | ExperimentRecord
    | RunRecord
    | LeaderRecord
)
RECORD_KINDS: dict[str, type[Record]] = {
    "service": ServiceRecord,
    "instance": InstanceRecord,
    "fault": FaultRecord,
    "incident": IncidentRecord,
    "budget": BudgetRecord,
    "halt": HaltRecord,
    "storm": StormRecord,
    "token": TokenRecord,
    "receipt": ReceiptRecord,
    "delivery": DeliveryRecord,
    "experiment": ExperimentRecord,
    "run": RunRecord,
    "leader": LeaderRecord,
}
"""The kind's name in storage → its struct."""

HALT_KEY = "halt"
STORM_KEY = "storm"
LEADER_KEY = "leader"


def instance_key(service: str, instance: str) -> str:
    """Return an instance's key; neither name can hold a slash."""
    return f"{service}/{instance}"


def target_key(instance: str, boot_id: str) -> str:
    """Return a fault target's key; an instance's name can hold no at sign."""
    return f"{instance}@{boot_id}"
