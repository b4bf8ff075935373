"""Take a run's result."""

from __future__ import annotations

from tagent_contract.experiments import RunResult, RunView
from tagent_platform.core.experiments.runs import ended
from tagent_platform.core.experiments.views import run_view
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.lookups import run_that_goes_on
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.run_ends import run_end


async def finish_run(
    platform: Platform, *, run_id: str, result: RunResult, actor: Actor
) -> RunView:
    """Return the ended run; faults that still carry its id end with it. Raises NotFoundError, and RefusedError when it does not go on."""

    def decide() -> Decision[RunView]:
        found = run_that_goes_on(platform, run_id)
        run = ended(found.record, result, platform.clock.now())
        return Decision(run_view(run), *run_end(platform, found, run, actor))

    return await commit_decision(platform, decide)
