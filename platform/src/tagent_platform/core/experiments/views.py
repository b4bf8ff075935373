"""Runs and experiments as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from tagent_contract.experiments import ExperimentView, RunView
from tagent_contract.times import format_time
from tagent_platform.core.records import ExperimentRecord, RunRecord
from tagent_platform.core.views import moment


def run_view(run: RunRecord, *, whole: bool = True) -> RunView:
    """Show a run; without its promises and timeline where it is one of many."""
    result = run.result
    if result is not None and not whole:
        result = replace(result, promises=(), timeline=())
    return RunView(
        id=run.id,
        experiment=run.experiment,
        title=run.title,
        hypothesis=run.hypothesis,
        targets=run.targets,
        state=run.state,
        created_at=format_time(run.created_at),
        created_by=run.created_by,
        reason=run.reason,
        wanted=run.wanted,
        runner=run.runner,
        started_at=moment(run.started_at),
        heartbeat_at=moment(run.heartbeat_at),
        progress=run.progress,
        stop_asked_by=run.stop_asked_by,
        ended_at=moment(run.ended_at),
        verdict=None if run.result is None else run.result.verdict,
        result=result,
    )


def experiment_view(experiment: ExperimentRecord, runs: Iterable[RunRecord]) -> ExperimentView:
    """Show an experiment with these runs of it."""
    return ExperimentView(
        name=experiment.name,
        title=experiment.title,
        hypothesis=experiment.hypothesis,
        targets=experiment.targets,
        tags=experiment.tags,
        weight=experiment.weight,
        wanted=experiment.wanted,
        runs=tuple(run_view(run, whole=False) for run in runs),
    )
