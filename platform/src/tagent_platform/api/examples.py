"""What the documentation shows: one small, true example of each thing."""

from __future__ import annotations

from tagent_contract.events import Event
from tagent_contract.experiments import (
    Catalog,
    ClaimRequest,
    ExperimentInfo,
    ExperimentView,
    HealerFigures,
    Percentiles,
    Promise,
    RunHeartbeat,
    RunRequest,
    RunResult,
    RunState,
    RunView,
    ScorePart,
    ScorePoint,
    ScoreView,
    Verdict,
)
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


_EXPERIMENT = "error-is-cured-by-restart"
_TITLE = "An error fault is detected and cured by a restart"
RUN_REQUEST = RunRequest(experiment=_EXPERIMENT, targets=(_SERVICE,), title=_TITLE)
RUN_HEARTBEAT = RunHeartbeat(progress="method: inject-error")
CLAIM_REQUEST = ClaimRequest(runner="runner on ci-7")
RUN_RESULT = RunResult(
    verdict=Verdict.PASSED,
    promises=(Promise(text="recovered", kept=True, measured="11.2 s", allowed="30 s"),),
    injected=14,
    faults=(_FAULT_ID,),
    incidents=("p8d2n6w4r0cz",),
    mttd_s=(0.2,),
    mttr_s=(11.2,),
    healer=HealerFigures(healed=1),
)
RUN_VIEW = RunView(
    id="r7c1x5b9k2mn",
    experiment=_EXPERIMENT,
    title=_TITLE,
    hypothesis="",
    targets=(_SERVICE,),
    state=RunState.RUNNING,
    created_at=_AT,
    created_by="ada",
    runner="ada",
    started_at=_AT,
    heartbeat_at=_AT,
)
CATALOG = Catalog(
    experiments=(ExperimentInfo(name=_EXPERIMENT, title=_TITLE, targets=(_SERVICE,)),)
)
EXPERIMENT_VIEW = ExperimentView(
    name=_EXPERIMENT,
    title=_TITLE,
    hypothesis="",
    targets=(_SERVICE,),
    tags=(),
    weight=1.0,
    runs=(RUN_VIEW,),
)
SCORE_VIEW = ScoreView(
    service=_SERVICE,
    score=87.5,
    parts=(
        ScorePart(
            experiment=_EXPERIMENT,
            weight=1.0,
            value=0.875,
            text="9 of the last 10 passed, the newest within a day",
        ),
    ),
    healer=HealerFigures(healed=9, missed=1),
    mttr=Percentiles(count=9, p50_s=10.9, p95_s=12.4),
    history=(ScorePoint(at=_AT, score=87.5),),
)
