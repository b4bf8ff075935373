"""Ask whoever runs an experiment to stop it."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_contract.experiments import RunState, RunView
from tagent_platform.core.experiments.runs import asked_to_stop
from tagent_platform.core.experiments.views import run_view
from tagent_platform.core.records import RunRecord
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.lookups import run_with_id
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.run_ends import run_end, run_event


async def stop_run(platform: Platform, *, run_id: str, actor: Actor, reason: str = "") -> RunView:
    """Return the run as it then is: asked to stop while it runs, ended when nobody had begun it. Raises NotFoundError."""

    def decide() -> Decision[RunView]:
        now = platform.clock.now()
        found = run_with_id(platform, run_id)
        run = asked_to_stop(found.record, by=actor.name, reason=reason, now=now)
        if run is found.record:
            return Decision(run_view(run))
        if run.state is RunState.ENDED:
            return Decision(run_view(run), *run_end(platform, found, run, actor))
        text = f"{actor.name} wants the run of {run.experiment} stopped"
        event = run_event(EventType.RUN_STOP_ASKED, run, text, actor, now, why=reason)
        return Decision(run_view(run), [Change(RunRecord, run_id, run, found.version)], [event])

    return await commit_decision(platform, decide)
