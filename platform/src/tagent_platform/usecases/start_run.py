"""Begin a run of an experiment, or leave it to a runner."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_contract.experiments import RunRequest, RunState, RunView
from tagent_platform.core.experiments.runs import begun
from tagent_platform.core.experiments.views import run_view
from tagent_platform.core.records import RunRecord
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.reserving import reserve
from tagent_platform.usecases.run_ends import run_event


async def start_run(platform: Platform, *, request: RunRequest, actor: Actor) -> RunView:
    """Return the run, whose services are its own from now on unless it waits for a runner.

    Raises NotFoundError for an unknown service, RefusedError when one of them is not free.
    """
    run_id = platform.new_id()

    def decide() -> Decision[RunView]:
        now = platform.clock.now()
        run = begun(run_id, request, now=now, by=actor.name)
        changes = [Change(RunRecord, run.id, run, 0), *reserve(platform, run)]
        type_ = EventType.RUN_WAITING if run.state is RunState.WAITING else EventType.RUN_STARTED
        says = "waits for a runner" if run.state is RunState.WAITING else "begins"
        text = f"a run of {run.experiment} on {', '.join(run.targets)} {says}"
        return Decision(
            run_view(run), changes, [run_event(type_, run, text, actor, now, why=run.reason)]
        )

    return await commit_decision(platform, decide)
