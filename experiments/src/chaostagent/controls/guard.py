"""Stops the run when a service suffers that is no target, or a figure of a target passes a limit, or it takes too long."""

import logging
import threading
import time
from collections.abc import Collection
from typing import Any, Dict, List

from chaoslib.exceptions import InvalidActivity
from chaoslib.types import Control, Experiment, Secrets

from chaostagent.connection import connect
from chaostagent.current_run import current
from chaostagent.interruption import stop
from chaostagent.judgement.bystanders import passed_limit, suffering, to_watch
from tagent_client.client import Client
from tagent_client.errors import TagentError
from tagent_contract.experiments import RunState
from tagent_contract.services import Figures

__all__ = [
    "after_experiment_control",
    "before_method_control",
    "before_rollback_control",
    "validate_control",
]
logger = logging.getLogger("chaostoolkit")

LOOK_EVERY_S = 1.0


def validate_control(control: Control) -> None:
    """Refuse a limit on a figure that there is not."""
    limits = (control["provider"].get("arguments") or {}).get("limits") or {}
    unknown = sorted(set(limits) - set(Figures.__struct_fields__))
    if unknown:
        raise InvalidActivity(
            f"control {control['name']}: no figure is called {', '.join(unknown)}; there are {', '.join(Figures.__struct_fields__)}"
        )


def before_method_control(
    context: Experiment,
    bystanders: bool = True,
    limits: Dict[str, float] = None,
    max_s: float = 0.0,
    secrets: Secrets = None,
    **_: Any,
) -> None:
    """Begin to watch, once the baseline has shown that all is well."""
    current().guarding.set()
    watching = (connect(secrets), bystanders, limits or {}, max_s)
    threading.Thread(target=_watch, args=watching, name="guard", daemon=True).start()


def before_rollback_control(context: Experiment, **_: Any) -> None:
    """Watch no longer: what suffers now is being put right."""
    current().guarding.clear()


def after_experiment_control(context: Experiment, state: Any, **_: Any) -> None:
    """See that nothing watches on."""
    current().guarding.clear()


def _watch(client: Client, bystanders: bool, limits: Dict[str, float], max_s: float) -> None:
    run = current()
    started = time.monotonic()
    watched: Collection[str] = frozenset()
    while run.guarding.is_set() and not run.stop_reason:
        complaint = ""
        if max_s and time.monotonic() - started > max_s:
            complaint = f"it takes longer than {max_s:g} s"
        try:
            # In this order: what a run has made sick by the second look, the first one knows of.
            spared = {*run.targets, *_targets_of_others(client)}
            services = client.services()
        except TagentError as error:
            logger.debug("The guard could not look: %s", error)
        else:
            if bystanders:
                complaint = complaint or suffering(services, watched, spared)
                watched = to_watch(services, watched, spared)
            complaint = complaint or passed_limit(services, run.targets, limits)
        if complaint and run.guarding.is_set():
            stop(f"guard: {complaint}")
        time.sleep(LOOK_EVERY_S)


def _targets_of_others(client: Client) -> List[str]:
    runs = client.experiments.runs(unended=True)
    return [name for each in runs if each.state is RunState.RUNNING for name in each.targets]
