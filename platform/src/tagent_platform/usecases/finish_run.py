"""Take a run's result."""

from __future__ import annotations

from tagent_contract.experiments import RunResult, RunState, RunView
from tagent_contract.problems import ConflictReason
from tagent_platform.core.experiments.runs import ended
from tagent_platform.core.experiments.views import run_view
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.lookups import run_with_id
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.run_ends import run_end


async def finish_run(
    platform: Platform, *, run_id: str, result: RunResult, actor: Actor
) -> RunView:
    """Return the ended run; faults that still carry its id end with it. Raises NotFoundError, and RefusedError when it does not go on."""

    def decide() -> Decision[RunView]:
        found = run_with_id(platform, run_id)
        if found.record.state is not RunState.RUNNING:
            raise RefusedError(
                ConflictReason.RUN_ENDED, f"run {run_id} is {found.record.state.value}, not RUNNING"
            )
        run = ended(found.record, result, platform.clock.now())
        return Decision(run_view(run), *run_end(platform, found, run, actor))

    return await commit_decision(platform, decide)
