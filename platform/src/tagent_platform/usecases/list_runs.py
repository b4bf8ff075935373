"""List runs, the newest first."""

from __future__ import annotations

from tagent_contract.experiments import RunState, RunView
from tagent_platform.core.experiments.views import run_view
from tagent_platform.core.records import RunRecord
from tagent_platform.usecases.lookups import run_with_id
from tagent_platform.usecases.pages import PAGE_LIMIT_DEFAULT, Page, cut_page, newest_first
from tagent_platform.usecases.platform import Platform


async def list_runs(
    platform: Platform,
    *,
    experiment: str | None = None,
    service: str | None = None,
    open_only: bool = False,
    cursor: str | None = None,
    limit: int = PAGE_LIMIT_DEFAULT,
) -> Page[RunView]:
    """Return runs without promises and timelines. Raises InvalidError for a wrong cursor or limit."""
    wanted = [
        found.record
        for found in platform.store.all(RunRecord).values()
        if experiment in (None, found.record.experiment)
        and (service is None or service in found.record.targets)
        and not (open_only and found.record.state is RunState.ENDED)
    ]
    page = cut_page(wanted, lambda run: newest_first(run.created_at, run.id), cursor, limit)
    return Page(tuple(run_view(run, whole=False) for run in page.items), page.next)


async def show_run(platform: Platform, *, run_id: str) -> RunView:
    """Return one run whole. Raises NotFoundError."""
    return run_view(run_with_id(platform, run_id).record)
