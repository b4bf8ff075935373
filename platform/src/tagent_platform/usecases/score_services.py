"""Work out how resilient services have proven to be, now and after each run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tagent_contract.experiments import RunState, ScorePoint, ScoreView
from tagent_contract.percentiles import percentiles_of
from tagent_contract.times import format_time
from tagent_platform.core.experiments.score import (
    Results,
    Score,
    counted,
    healer_of,
    overall,
    results_of,
    score_of,
)
from tagent_platform.core.records import ExperimentRecord, RunRecord, ServiceRecord
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.platform import Platform

HISTORY_POINTS_MAX = 50
ALL = ""
"""The name under which all services together are shown."""


async def score_services(
    platform: Platform, *, service: str | None = None
) -> tuple[ScoreView, ...]:
    """Return all services together, then each that an experiment is about, by name; or one alone. Raises NotFoundError for an unknown one."""
    experiments = [found.record for found in platform.store.all(ExperimentRecord).values()]
    experiments.sort(key=lambda each: each.name)
    runs = [
        found.record
        for found in platform.store.all(RunRecord).values()
        if found.record.state is RunState.ENDED
    ]
    runs.sort(key=lambda run: run.ended_at or 0.0)
    named = {name for each in experiments for name in each.targets}
    named.update(name for run in runs for name in run.targets)
    # What a catalog is about by default need not be here, and what was forgotten has no score.
    named &= platform.store.all(ServiceRecord).keys()
    if service is not None:
        service_named(platform, service)
    book = _Book(experiments, runs, platform.clock.now())
    if service is not None:
        return (book.view_of(service),)
    return (book.view_of_all(sorted(named)), *map(book.view_of, sorted(named)))


class _Book:
    """Results sorted once, for many scores."""

    def __init__(
        self, experiments: Sequence[ExperimentRecord], runs: Sequence[RunRecord], now: float
    ) -> None:
        self._experiments, self._runs, self._now = experiments, runs, now
        self._results: dict[str, Results] = {}

    def view_of(self, service: str) -> ScoreView:
        mine = [run for run in self._runs if service in run.targets]
        moments = [run.ended_at or 0.0 for run in mine[-HISTORY_POINTS_MAX:]]
        history = [(at, self._score(service, at).value) for at in moments]
        return _view(service, self._score(service, self._now), self._counted(mine), history)

    def view_of_all(self, services: Sequence[str]) -> ScoreView:
        def score(at: float) -> float | None:
            return overall([self._score(name, at).value for name in services])

        moments = [run.ended_at or 0.0 for run in self._runs[-HISTORY_POINTS_MAX:]]
        history = [(at, score(at)) for at in moments]
        return _view(ALL, Score(score(self._now)), self._counted(self._runs), history)

    def _counted(self, runs: Iterable[RunRecord]) -> list[RunRecord]:
        return counted(runs, self._experiments)

    def _score(self, service: str, at: float) -> Score:
        if service not in self._results:
            self._results[service] = results_of(service, self._runs)
        return score_of(service, self._experiments, self._results[service], at)


def _view(
    service: str,
    score: Score,
    runs: Sequence[RunRecord],
    points: Iterable[tuple[float, float | None]],
) -> ScoreView:
    results = [run.result for run in runs if run.result is not None]
    return ScoreView(
        service=service,
        score=score.value,
        parts=score.parts,
        healer=healer_of(runs),
        mttd=percentiles_of(value for result in results for value in result.mttd_s),
        mttr=percentiles_of(value for result in results for value in result.mttr_s),
        history=tuple(
            ScorePoint(at=format_time(at), score=value) for at, value in points if value is not None
        ),
    )
