"""Note that a run goes on."""

from __future__ import annotations

from tagent_contract.experiments import RunView
from tagent_platform.core.experiments.runs import beaten
from tagent_platform.core.experiments.views import run_view
from tagent_platform.core.records import RunRecord
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.lookups import run_that_goes_on
from tagent_platform.usecases.platform import Platform


async def beat_run(platform: Platform, *, run_id: str, progress: str = "") -> RunView:
    """Return the run, which says whether somebody wants it stopped. Raises NotFoundError, and RefusedError when it does not go on."""

    def decide() -> Decision[RunView]:
        found = run_that_goes_on(platform, run_id)
        run = beaten(found.record, progress=progress, now=platform.clock.now())
        return Decision(run_view(run, whole=False), [Change(RunRecord, run_id, run, found.version)])

    return await commit_decision(platform, decide)
