"""The run on the platform: it reserves the targets, owns the faults, lives by its heartbeat, and ends with its result.

Stands last among the controls: what it reports is what the others found.
"""

# No postponed annotations: `chaos discover` reads the types.
import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

import msgspec
from chaoslib import substitute
from chaoslib.exceptions import InterruptExecution
from chaoslib.types import Activity, Configuration, Experiment, Journal, Secrets

from chaostagent.connection import connect
from chaostagent.current_run import CurrentRun, begin, current
from chaostagent.evidence import mark_start
from chaostagent.interruption import listen_to_signals, stop
from chaostagent.judgement.declaration import Declaration, DeclarationError, declaration_of
from chaostagent.settings import run_to_adopt
from tagent_client.client import Client
from tagent_client.errors import ApiError, TagentError, UnreachableError
from tagent_contract.experiments import RUN_HEARTBEAT_S, RunRequest, RunResult, RunState

__all__ = [
    "after_experiment_control",
    "before_activity_control",
    "before_experiment_control",
    "before_rollback_control",
]
logger = logging.getLogger("chaostoolkit")

RESULT_TRIES = 20
RESULT_RETRY_S = 1.0
SERVER_ERROR = 500
"""From here on a status says that the platform cannot now, as with a full disk; below, that it will not."""


def before_experiment_control(
    context: Experiment, configuration: Configuration = None, secrets: Secrets = None, **_: Any
) -> None:
    """Begin the run, or take over the one that was begun for this process. Interrupts the experiment when the platform does not let it."""
    run = begin(CurrentRun())
    try:
        declared = _declared(context, configuration, secrets)
        client = connect(secrets)
        _enter(client, run, declared, context)
    except (TagentError, DeclarationError) as error:
        run.refused = str(error)
        raise InterruptExecution(f"the run could not begin: {error}") from error
    listen_to_signals()
    threading.Thread(target=_beat, args=(client, run), name="run heartbeat", daemon=True).start()


def _declared(
    experiment: Experiment, configuration: Configuration, secrets: Secrets
) -> Declaration:
    found = declaration_of(substitute(dict(experiment), configuration, secrets))
    if found is None:
        raise DeclarationError(
            "the control needs `extensions: [{name: tagent, experiment: ..., targets: [...]}]`"
        )
    return found


def _enter(
    client: Client, run: CurrentRun, declared: Declaration, experiment: Mapping[str, Any]
) -> None:
    run.experiment, run.targets = declared.experiment, declared.targets
    adopted = run_to_adopt()
    if adopted is not None:
        view = client.experiments.run(adopted)
        if view.state is not RunState.RUNNING:
            raise DeclarationError(f"run {adopted} is {view.state.value}, not RUNNING")
    else:
        hypothesis = (experiment.get("steady-state-hypothesis") or {}).get("title", "")
        request = RunRequest(
            experiment=declared.experiment,
            targets=declared.services([each.name for each in client.services()]),
            title=str(experiment.get("title", "")),
            wanted=declared.verdict,
            hypothesis=str(experiment.get("description") or hypothesis),
        )
        view = client.experiments.start(request)
    run.id, run.targets, run.since = view.id, view.targets, view.started_at or view.created_at
    mark_start(client, run)
    logger.info(
        "Run %s of %s has reserved %s", view.id, declared.experiment, ", ".join(view.targets)
    )


def before_activity_control(context: Activity, **_: Any) -> None:
    """Say in the next heartbeat what is being done."""
    current().progress = str(context.get("name", ""))


def before_rollback_control(context: Experiment, **_: Any) -> None:
    """From here on nothing may interrupt: what was broken is being put right."""
    current().is_ending = True


def after_experiment_control(
    context: Experiment, state: Journal, secrets: Secrets = None, **_: Any
) -> None:
    """Tell the platform how it ended, which ends whatever faults it left."""
    run = current()
    run.is_ending = True
    run.over.set()
    state.setdefault("tagent", {})["run"] = run.id
    if run.id is None or run.refused:
        return
    found = state["tagent"].get("result")
    if found is None:
        raise LookupError("no result: the strict control stands before this one")
    _report(connect(secrets), run.id, msgspec.convert(found, RunResult), state)


def _report(client: Client, run_id: str, result: RunResult, state: Journal) -> None:
    why = tell_platform(client, run_id, result)
    if why:
        logger.error("The platform did not take the result of run %s: %s", run_id, why)
        state["tagent"]["not_reported"] = why
        state["status"] = "failed"


def tell_platform(client: Client, run_id: str, result: RunResult) -> str:
    """Return why the platform did not take the result, empty when it did. One that is away may come back."""
    why = ""
    for attempt in range(RESULT_TRIES):
        if attempt:
            time.sleep(RESULT_RETRY_S)
        try:
            client.experiments.finish(run_id, result)
        except UnreachableError as error:
            why = str(error)
        except ApiError as error:
            why = str(error)
            if error.status < SERVER_ERROR:
                return "" if _has_it(client, run_id, result) else why
        else:
            return ""
    return why


def _has_it(client: Client, run_id: str, result: RunResult) -> bool:
    """Tell whether the platform took it, and only its answer was lost."""
    try:
        return client.experiments.run(run_id).result == result
    except TagentError:
        return False


def _beat(client: Client, run: CurrentRun) -> None:
    """Say that the run goes on, until it is over; and stop it when somebody wants it stopped, or the platform has given it up."""
    while not run.over.wait(RUN_HEARTBEAT_S):
        try:
            view = client.experiments.beat(run.id or "", run.progress)
        except TagentError as error:
            if isinstance(error, ApiError) and error.status < SERVER_ERROR:
                stop(f"the platform does not go on with it: {error}")
            else:
                logger.debug("The heartbeat was not heard: %s", error)
        else:
            if view.stop_asked_by is not None:
                stop(f"{view.stop_asked_by} asked for it")
