"""What the documentation shows: one small, true example of each thing."""

from __future__ import annotations

from tagent_contract.events import Event
from tagent_contract.faults import FaultState, FaultTarget, FaultView, Latency, Match
from tagent_contract.health import Health, HealthReason, InstanceState
from tagent_contract.incidents import Cause, IncidentState, IncidentView, Severity
from tagent_contract.plan import Plan, PlanFault, PlanRevision
from tagent_contract.policy import Mode, ServicePolicy
from tagent_contract.reports import Batch, Report, Window
from tagent_contract.services import (
    Figures,
    Halt,
    HealingDecision,
    HealingPass,
    LogEntry,
    Maintenance,
    Role,
    SeriesPoint,
    SeriesView,
    ServiceView,
    TokenView,
)

_AT = "2026-01-31T09:30:00.125Z"
_LATER = "2026-01-31T09:32:00.125Z"
_SERVICE = "chat-service"
_INSTANCE = "chat-service-9001"
_FAULT_ID = "k3v9x2m7q1ab"

FAULT = Latency(latency_ms=2500.0, match=Match(method="POST", path="/v1/*"), reason="game day 12")
FAULT_VIEW = FaultView(
    id=_FAULT_ID,
    service=_SERVICE,
    type="latency",
    fault=FAULT,
    state=FaultState.PENDING,
    created_at=_AT,
    expires_at=_LATER,
    created_by="ada",
    targets=(FaultTarget(instance=_INSTANCE, state=FaultState.PENDING),),
)
SERVICE_VIEW = ServiceView(
    name=_SERVICE,
    health=Health.HEALTHY,
    since=_AT,
    reason=HealthReason.HEALTHY,
    detail="",
    mode=Mode.HEAL,
    instances=(),
    faults=(),
    incident=None,
    figures=Figures(requests_per_s=12.5, error_ratio=0.0, first_byte_p95_ms=41.0),
)
INCIDENT_VIEW = IncidentView(
    id="p8d2n6w4r0cz",
    service=_SERVICE,
    state=IncidentState.VERIFYING,
    severity=Severity.ERROR,
    cause=Cause.INJECTED,
    summary="chat-service exited",
    opened_at=_AT,
    detected_at=_AT,
    faults=(_FAULT_ID,),
    instances=(_INSTANCE,),
)
EVENT = Event(
    cursor="7f3a.42",
    sequence=7,
    service=_SERVICE,
    at=_AT,
    type="fault.armed",
    text="latency armed on chat-service-9001 for 120 s",
    actor="ada",
    instance=_INSTANCE,
    fault=_FAULT_ID,
)
REPORT = Report(
    service=_SERVICE,
    instance=_INSTANCE,
    boot_id="b1946ac92492",
    seq=17,
    sent_at=_AT,
    boot_age_s=85.0,
    incarnation="1",
    state=InstanceState(health=Health.HEALTHY, reason=HealthReason.HEALTHY, since_age_s=80.0),
    address="127.0.0.1:9001",
    supervised=True,
    windows=(Window(age_s=0.0, duration_s=5.0, requests=60),),
)
BATCH = Batch(reports=(REPORT,))
PLAN_REVISION = PlanRevision(epoch="7f3a", plan_revision=41)
PLAN = Plan(
    epoch="7f3a",
    revision=42,
    faults=(PlanFault(id=_FAULT_ID, fault=FAULT, ttl_left_s=118.5, incarnation="1"),),
)
HALT = Halt(halted=True, reason="too much at once", by="ada", at=_AT, faults_ending=3)
RELEASED = Halt(halted=False)
POLICY = ServicePolicy()
MAINTENANCE = Maintenance(reason="moving its database", until=_LATER, by="ada")
SERIES = SeriesView(
    service=_SERVICE,
    metric="requests_per_s",
    step_s=5.0,
    points=(SeriesPoint(at=_AT, value=12.5), SeriesPoint(at=_LATER, value=None)),
)
LOG_ENTRY = LogEntry(
    at=_AT, instance=_INSTANCE, stream="stderr", level="error", text="cannot reach the database"
)
HEALING_PASS = HealingPass(
    at=_AT,
    mode="check",
    decisions=(
        HealingDecision(
            service=_SERVICE,
            instance=_INSTANCE,
            decision="act",
            remedy="restart_instance",
            reason="unhealthy",
            text="would restart chat-service-9001",
        ),
    ),
)
ROLE = Role(name="ada", role="operator")
TOKEN_VIEW = TokenView(
    id="h5j1t9s3e8yf",
    name="chat-service-sidecar",
    role="sidecar",
    service=_SERVICE,
    created_at=_AT,
    token="shown-once",  # noqa: S106 - an example, and no token
)


def page_of(item: object) -> dict[str, object]:
    """Return a page with this one item."""
    return {"items": [item], "next": None}
