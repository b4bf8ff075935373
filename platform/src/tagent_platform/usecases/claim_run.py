"""Give a runner the run that waits the longest."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_contract.experiments import ClaimRequest, RunState, RunView
from tagent_platform.core.experiments.runs import claimed
from tagent_platform.core.experiments.views import run_view
from tagent_platform.core.records import RunRecord
from tagent_platform.ports.store import Change, Guard, Versioned
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.reserving import reserve
from tagent_platform.usecases.run_ends import run_event


async def claim_run(platform: Platform, *, request: ClaimRequest, actor: Actor) -> RunView | None:
    """Return the run, RUNNING now; None while none waits that could begin."""

    def decide() -> Decision[RunView | None]:
        for found in platform.fleet.open_runs():
            if _is_wanted(found.record, request):
                decision = _claim(platform, found, request.runner, actor)
                if decision is not None:
                    return decision
        return Decision(None)

    return await commit_decision(platform, decide)


def _is_wanted(run: RunRecord, request: ClaimRequest) -> bool:
    return run.state is RunState.WAITING and (
        not request.experiments or run.experiment in request.experiments
    )


def _claim(
    platform: Platform, found: Versioned[RunRecord], runner: str, actor: Actor
) -> Decision[RunView | None] | None:
    now = platform.clock.now()
    run = claimed(found.record, runner=runner, now=now)
    try:
        reserved: list[Change | Guard] = reserve(platform, run)
    except (RefusedError, NotFoundError):
        # It waits on: what stands in its way now may be gone with the next claim.
        return None
    text = f"{runner} begins a run of {run.experiment} on {', '.join(run.targets)}"
    event = run_event(EventType.RUN_STARTED, run, text, actor, now)
    changes = [Change(RunRecord, run.id, run, found.version), *reserved]
    return Decision(run_view(run), changes, [event])
