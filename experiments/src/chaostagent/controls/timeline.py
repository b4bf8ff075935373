"""The platform's own account of the run, in the journal."""

import logging
from typing import Any

import msgspec
from chaoslib.types import Configuration, Experiment, Journal, Secrets

from chaostagent.connection import connect
from chaostagent.current_run import current
from chaostagent.evidence import gather, mark_start
from chaostagent.judgement.story import timeline_of
from chaostagent.waiting import wait_for
from tagent_client.errors import TagentError

__all__ = ["after_experiment_control", "before_experiment_control"]
logger = logging.getLogger("chaostoolkit")

READ_WITHIN_S = 20.0


def before_experiment_control(
    context: Experiment, configuration: Configuration = None, secrets: Secrets = None, **_: Any
) -> None:
    """Remember where the platform's account stood, for an experiment without the `run` control."""
    mark_start(connect(secrets), current())


def after_experiment_control(
    context: Experiment, state: Journal, secrets: Secrets = None, **_: Any
) -> None:
    """Put the run's faults, incidents and their timeline under the journal's key `tagent`."""
    run = current()
    run.is_ending = True
    found = state.setdefault("tagent", {})
    if run.refused:
        return
    try:
        run.evidence = wait_for(lambda: gather(connect(secrets), run), READ_WITHIN_S)
    except TagentError as error:
        run.unreadable = str(error)
        logger.error("The platform's account of the run could not be read: %s", error)  # noqa: TRY400 — it is away, no bug
        return
    if run.evidence is not None:
        faults, incidents = run.evidence.faults, run.evidence.incidents
        found["faults"] = msgspec.to_builtins(faults)
        found["incidents"] = msgspec.to_builtins(incidents)
        found["timeline"] = msgspec.to_builtins(timeline_of(faults, incidents))
