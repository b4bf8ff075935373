"""List the experiments that are known, with what their latest runs said."""

from __future__ import annotations

from tagent_contract.experiments import ExperimentView
from tagent_platform.core.experiments.views import experiment_view
from tagent_platform.core.records import ExperimentRecord, RunRecord
from tagent_platform.usecases.pages import PAGE_LIMIT_DEFAULT, Page, cut_page
from tagent_platform.usecases.platform import Platform

RUNS_SHOWN = 10


async def list_experiments(
    platform: Platform, *, cursor: str | None = None, limit: int = PAGE_LIMIT_DEFAULT
) -> Page[ExperimentView]:
    """Return experiments by name. Raises InvalidError for a wrong cursor or limit."""
    found = platform.store.all(ExperimentRecord).values()
    page = cut_page([item.record for item in found], lambda each: each.name, cursor, limit)
    runs = sorted(
        (item.record for item in platform.store.all(RunRecord).values()),
        key=lambda run: run.created_at,
        reverse=True,
    )
    by_name: dict[str, list[RunRecord]] = {}
    for run in runs:
        by_name.setdefault(run.experiment, []).append(run)
    views = (experiment_view(each, by_name.get(each.name, [])[:RUNS_SHOWN]) for each in page.items)
    return Page(tuple(views), page.next)
