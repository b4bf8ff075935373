"""How resilient a service has proven to be: a number from 0 to 100, with every step of its making.

- Each experiment of the catalog that is about the service counts with its weight (1 unless the catalog says otherwise; 0: not at all).
- An experiment that was never run is worth 0. Nothing proven, nothing earned.
- Of one that was, its latest ten runs count, each newer one more than the one before it: the newest 1, the next 0.7, then 0.49 and so on.
  A run that ended as it was to is worth 1, any other 0; an aborted one says nothing and is left out.
- What is old counts less: halved with every fourteen days since the newest of these runs.
- The score is the weighted mean, times 100. That of all services together is the mean of theirs.
- MTTD, MTTR and what healing did right and wrong are of the same runs: the latest ten of each experiment that counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from tagent_contract.experiments import (
    HealerFigures,
    RunState,
    ScorePart,
    Verdict,
)
from tagent_platform.core.records import ExperimentRecord, RunRecord

RUNS_COUNTED = 10
RUN_DECAY = 0.7
HALF_LIFE_DAYS = 14.0
DAY_S = 86_400.0
SCORE_MAX = 100.0

Results = Mapping[str, Sequence[RunRecord]]
"""Experiment's name → its runs that say something of one service, the newest first."""


@dataclass(frozen=True, slots=True)
class Score:
    """A service's score, None when no experiment that counts is about it, and what it is made of."""

    value: float | None
    parts: tuple[ScorePart, ...] = ()


def results_of(service: str, runs: Iterable[RunRecord]) -> Results:
    """Return the service's runs that have an outcome which says something, by experiment, the newest first."""
    found: dict[str, list[RunRecord]] = {}
    for run in sorted(runs, key=_ended_at, reverse=True):
        if service in run.targets and _speaks(run):
            found.setdefault(run.experiment, []).append(run)
    return found


def score_of(
    service: str, experiments: Iterable[ExperimentRecord], results: Results, now: float
) -> Score:
    """Return the score of one service at `now`; results that came later are not looked at."""
    parts = []
    for experiment in experiments:
        so_far = (run for run in results.get(experiment.name, ()) if _ended_at(run) <= now)
        latest = list(islice(so_far, RUNS_COUNTED))
        if experiment.weight > 0 and (latest or service in experiment.targets):
            parts.append(_part(experiment, latest, now))
    weights = sum(part.weight for part in parts)
    if not weights:
        return Score(None)
    mean = sum(part.weight * part.value for part in parts) / weights
    return Score(round(mean * SCORE_MAX, 1), tuple(parts))


def counted(runs: Iterable[RunRecord], experiments: Iterable[ExperimentRecord]) -> list[RunRecord]:
    """Return the runs by which healing is judged: the latest ten of each experiment that say something, but of none that counts for nothing."""
    weightless = {experiment.name for experiment in experiments if experiment.weight == 0}
    latest: dict[str, list[RunRecord]] = {}
    for run in sorted(runs, key=_ended_at, reverse=True):
        if _speaks(run) and run.experiment not in weightless:
            latest.setdefault(run.experiment, []).append(run)
    return [run for each in latest.values() for run in each[:RUNS_COUNTED]]


def overall(scores: Iterable[float | None]) -> float | None:
    """Return the mean of the services that have a score."""
    known = [score for score in scores if score is not None]
    return round(sum(known) / len(known), 1) if known else None


def _speaks(run: RunRecord) -> bool:
    return (
        run.state is RunState.ENDED
        and run.result is not None
        and run.result.verdict is not Verdict.ABORTED
    )


def _ended_at(run: RunRecord) -> float:
    return run.ended_at or 0.0


def _part(experiment: ExperimentRecord, latest: Sequence[RunRecord], now: float) -> ScorePart:
    """Return what an experiment adds; `latest` are the runs that count, the newest first."""
    name, weight = experiment.name, experiment.weight
    if not latest:
        return ScorePart(experiment=name, weight=weight, value=0.0, text="never run")
    weights = [RUN_DECAY**place for place in range(len(latest))]
    passed = [_is_passed(run) for run in latest]
    share = sum(each for each, is_passed in zip(weights, passed, strict=True) if is_passed)
    age_days = max(0.0, now - _ended_at(latest[0])) / DAY_S
    value = share / sum(weights) * 0.5 ** (age_days / HALF_LIFE_DAYS)
    age = f"{age_days:.0f} d ago" if age_days >= 1 else "within a day"
    text = f"{sum(passed)} of the last {len(passed)} passed, the newest {age}"
    return ScorePart(experiment=name, weight=weight, value=round(value, 4), text=text)


def _is_passed(run: RunRecord) -> bool:
    return run.result is not None and run.result.verdict is run.wanted


def healer_of(runs: Iterable[RunRecord]) -> HealerFigures:
    """Add up what healing did right and wrong."""
    figures = [run.result.healer for run in runs if run.result is not None]
    return HealerFigures(
        healed=sum(each.healed for each in figures),
        missed=sum(each.missed for each in figures),
        false_restarts=sum(each.false_restarts for each in figures),
        left_alone=sum(each.left_alone for each in figures),
    )
