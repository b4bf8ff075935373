"""Withdraw an experiment that is not to count any more."""

from __future__ import annotations

from tagent_platform.core.records import ExperimentRecord
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import NotFoundError
from tagent_platform.usecases.platform import Platform


async def withdraw_experiment(platform: Platform, *, name: str) -> None:
    """Forget what it is about; its runs stay to be read, and count for nothing. Raises NotFoundError."""

    def decide() -> Decision[None]:
        found = platform.store.get(ExperimentRecord, name)
        if found is None:
            raise NotFoundError("experiment", name, platform.store.all(ExperimentRecord))
        return Decision(None, [Change(ExperimentRecord, name, None, found.version)])

    await commit_decision(platform, decide)
