"""Experiments: a hypothesis, a run that tries it, and what came of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from tagent_contract.incidents import TimelineEntry
from tagent_contract.names import Count, Id, ServiceName

RUN_HEARTBEAT_S = 3.0
"""How often whoever runs an experiment says that it still does."""

ExperimentName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$(?!\n)",
        description="An experiment by its hypothesis: the name of its file.",
        examples=["error-is-cured-by-restart"],
    ),
]
Line = Annotated[str, Meta(max_length=1000)]
Seconds = Annotated[float, Meta(ge=0, le=10**6)]
Targets = Annotated[tuple[ServiceName, ...], Meta(min_length=1, max_length=100)]


class RunState(StrEnum):
    """`WAITING` for a runner, `RUNNING`, or `ENDED`, which is final."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    ENDED = "ENDED"


class Verdict(StrEnum):
    """What a run says of its hypothesis. Only `passed` is a yes."""

    PASSED = "passed"
    DEVIATED = "deviated"
    """A promise was broken."""
    BASELINE_NOT_MET = "baseline-not-met"
    """All was not well before anything was broken."""
    INCONCLUSIVE = "inconclusive"
    """Nothing was broken enough to prove anything."""
    ABORTED = "aborted"
    """It was stopped before its end."""
    ERROR = "error"
    """It could not be carried out."""


class Promise(Struct, frozen=True, kw_only=True):
    """One thing that the hypothesis promised, what was measured of it, and what is allowed."""

    text: Line
    kept: bool
    measured: Annotated[str, Meta(max_length=200)] = ""
    allowed: Annotated[str, Meta(max_length=200)] = ""


class HealerFigures(Struct, frozen=True, kw_only=True):
    """What healing did right and wrong: the four corners of its confusion matrix."""

    healed: Count = 0
    """Faults that harmed, and were healed as they should be."""
    missed: Count = 0
    """Faults that harmed, should have been healed, and were not."""
    false_restarts: Count = 0
    """Restarts of what needed none."""
    left_alone: Count = 0
    """Faults that no restart cures, or that did no harm, rightly left alone."""


class RunResult(Struct, frozen=True, kw_only=True):
    """What came of a run, as whoever ran it says."""

    verdict: Verdict
    why: Line = ""
    """One sentence; of a red one the broken promise, measured against allowed."""
    promises: Annotated[tuple[Promise, ...], Meta(max_length=200)] = ()
    injected: Count = 0
    faults: Annotated[tuple[Id, ...], Meta(max_length=1000)] = ()
    incidents: Annotated[tuple[Id, ...], Meta(max_length=1000)] = ()
    mttd_s: Annotated[tuple[Seconds, ...], Meta(max_length=1000)] = ()
    """One for each incident of which it is known."""
    mttr_s: Annotated[tuple[Seconds, ...], Meta(max_length=1000)] = ()
    healer: HealerFigures = HealerFigures()
    timeline: Annotated[tuple[TimelineEntry, ...], Meta(max_length=2000)] = ()


class RunRequest(Struct, frozen=True, kw_only=True):
    """Asks for a run of an experiment on services, which are reserved for it while it runs."""

    experiment: ExperimentName
    targets: Targets
    title: Line = ""
    hypothesis: Line = ""
    wanted: Verdict = Verdict.PASSED
    """How it is to end; anything but `passed` shows that red is possible."""
    wait: bool = False
    """Leave it to a runner, which claims it; else the run begins now, and the caller runs it."""
    reason: Annotated[str, Meta(max_length=500)] = ""


class RunHeartbeat(Struct, frozen=True, kw_only=True):
    """Says that a run goes on, and with what."""

    progress: Annotated[str, Meta(max_length=300)] = ""


class ClaimRequest(Struct, frozen=True, kw_only=True):
    """Asks for a waiting run of one of these experiments; without names, of any."""

    runner: Annotated[str, Meta(min_length=1, max_length=200)]
    experiments: Annotated[tuple[ExperimentName, ...], Meta(max_length=1000)] = ()


class RunView(Struct, frozen=True, kw_only=True):
    """A run as the API shows it."""

    id: Id
    experiment: str
    title: str
    hypothesis: str
    targets: tuple[str, ...]
    state: RunState
    created_at: str
    created_by: str
    reason: str = ""
    wanted: Verdict = Verdict.PASSED
    runner: str = ""
    started_at: str | None = None
    heartbeat_at: str | None = None
    progress: str = ""
    stop_asked_by: str | None = None
    """Whoever runs it is to stop it, and to play its rollbacks."""
    ended_at: str | None = None
    verdict: Verdict | None = None
    result: RunResult | None = None
    """In lists without promises and timeline."""


class ExperimentInfo(Struct, frozen=True, kw_only=True):
    """An experiment as its catalog describes it."""

    name: ExperimentName
    title: Line
    hypothesis: Line = ""
    targets: Targets
    tags: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...], Meta(max_length=50)
    ] = ()
    weight: Annotated[
        float, Meta(ge=0, le=100, description="How much it counts in the score; 0: not at all.")
    ] = 1.0
    wanted: Verdict = Verdict.PASSED
    """How it is to end."""


class Catalog(Struct, frozen=True, kw_only=True):
    """The experiments that somebody can run."""

    experiments: Annotated[tuple[ExperimentInfo, ...], Meta(max_length=1000)]


class ExperimentView(Struct, frozen=True, kw_only=True):
    """An experiment with what its latest runs said, the newest first."""

    name: str
    title: str
    hypothesis: str
    targets: tuple[str, ...]
    tags: tuple[str, ...]
    weight: float
    wanted: Verdict = Verdict.PASSED
    runs: tuple[RunView, ...] = ()


class ScorePart(Struct, frozen=True, kw_only=True):
    """What one experiment adds to a score: `value` of it, 0 to 1, counts with `weight`."""

    experiment: str
    weight: float
    value: float
    text: str
    """Why, in a few words."""


class ScorePoint(Struct, frozen=True, kw_only=True):
    at: str
    score: float


class Percentiles(Struct, frozen=True, kw_only=True):
    """Of so many measured times, in seconds."""

    count: Count = 0
    p50_s: float | None = None
    p95_s: float | None = None


class ScoreView(Struct, frozen=True, kw_only=True):
    """How resilient a service has proven to be, 0 to 100; `service` is empty for all of them together."""

    service: str
    score: float | None
    """None: no experiment is about it."""
    parts: tuple[ScorePart, ...] = ()
    healer: HealerFigures = HealerFigures()
    mttd: Percentiles = Percentiles()
    mttr: Percentiles = Percentiles()
    history: tuple[ScorePoint, ...] = ()
