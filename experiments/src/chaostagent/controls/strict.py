"""The verdict. What the toolkit would call completed has passed only when it proved something and kept every promise."""

import json
import logging
from typing import Any, Dict, List

import msgspec
from chaoslib import substitute
from chaoslib.exceptions import ChaosException
from chaoslib.hypothesis import within_tolerance
from chaoslib.types import Activity, Configuration, Experiment, Journal, Run, Secrets
from chaostoolkit import encoder

from chaostagent.connection import connect
from chaostagent.current_run import CurrentRun, current
from chaostagent.evidence import gather
from chaostagent.judgement.declaration import DeclarationError, declaration_of
from chaostagent.judgement.healer import Expectation
from chaostagent.judgement.journal import name_of, shown, why_failed
from chaostagent.judgement.verdict import Course, Evidence, judge
from tagent_client.errors import TagentError
from tagent_contract.experiments import Promise, RunResult, Verdict

__all__ = ["after_activity_control", "after_experiment_control"]
logger = logging.getLogger("chaostoolkit")


def after_activity_control(
    context: Activity,
    state: Run,
    experiment: Experiment = None,
    configuration: Configuration = None,
    secrets: Secrets = None,
    **_: Any,
) -> None:
    """Note what a probe of the method promised, and whether it is within its tolerance, at which the toolkit does not look there."""
    run = current()
    measured = run.take_measurement()
    in_method = any(context is each for each in (experiment or {}).get("method", ()))
    if not in_method or context.get("type") != "probe" or not state or "status" not in state:
        return
    succeeded = state["status"] == "succeeded"
    allowed = ""
    if "tolerance" in context:
        tolerance = substitute(context["tolerance"], configuration, secrets)
        allowed = shown(tolerance)
        state["tolerance_met"] = succeeded and _is_within(tolerance, state, configuration, secrets)
    run.note(
        Promise(
            text=name_of(state),
            kept=succeeded and state.get("tolerance_met") is not False,
            measured=measured.measured
            if measured
            else shown(state.get("output"))
            if succeeded
            else why_failed(state),
            allowed=allowed or (measured.allowed if measured else ""),
        )
    )


def _is_within(tolerance: Any, state: Run, configuration: Configuration, secrets: Secrets) -> bool:
    try:
        return bool(
            within_tolerance(
                tolerance, state["output"], configuration=configuration, secrets=secrets
            )
        )
    except (ChaosException, TypeError, ValueError, KeyError, ArithmeticError) as error:
        logger.error("%s: its tolerance cannot be applied: %s", name_of(state), error)  # noqa: TRY400 — of the file, no bug
        return False


def after_experiment_control(
    context: Experiment,
    state: Journal,
    configuration: Configuration = None,
    secrets: Secrets = None,
    **_: Any,
) -> None:
    """Judge the run, and make `chaos run` exit with 1 unless it has passed."""
    run = current()
    said, state["status"] = state["status"], "failed"
    unwritable = _make_writable(state)
    course, evidence = _seen(context, run, unwritable, configuration, secrets)
    result = judge({**state, "status": said}, course, evidence)
    state.setdefault("tagent", {})["result"] = msgspec.to_builtins(result)
    if result.verdict is Verdict.PASSED or said != "completed":
        state["status"] = said
    if result.verdict is not Verdict.PASSED:
        state["strict"] = [result.verdict.value, result.why]
    _say(result, context)


def _seen(
    experiment: Experiment,
    run: CurrentRun,
    unwritable: List[str],
    configuration: Configuration,
    secrets: Secrets,
) -> "tuple[Course, Evidence]":
    evidence, unreadable = run.evidence, run.unreadable
    if evidence is None and not unreadable and not run.refused:
        try:
            evidence = gather(connect(secrets), run)
        except TagentError as error:
            unreadable = str(error)
    try:
        declared = declaration_of(substitute(dict(experiment), configuration, secrets))
    except DeclarationError as error:
        declared, unreadable = None, str(error)
    course = Course(
        expects=declared.expects if declared else Expectation.CURE,
        may_break_during=declared.may_break_during if declared else False,
        refused=run.refused,
        stopped=run.stop_reason,
        disturbed=tuple(run.disturbed),
        promises=tuple(run.promises),
        unreadable=unreadable,
        unwritable=unwritable,
    )
    return course, evidence or Evidence()


def _make_writable(journal: Journal) -> List[str]:
    """Replace outputs that are no JSON by what they look like, so that there is a journal; return whose they were."""
    found: List[str] = []
    states = journal.get("steady_states") or {}
    looks = [states.get("before"), states.get("after"), *(states.get("during") or ())]
    runs: List[Dict[str, Any]] = [
        *(journal.get("run") or ()),
        *(journal.get("rollbacks") or ()),
        *(probe for look in looks if look for probe in look.get("probes") or ()),
    ]
    for each in runs:
        try:
            json.dumps(each.get("output"), default=encoder)
        except (TypeError, ValueError, RecursionError):
            each["output"] = shown(each["output"])
            found.append(name_of(each))
    return found


def _say(result: RunResult, experiment: Experiment) -> None:
    if result.verdict is Verdict.PASSED:
        logger.info("Verdict: passed (%d promises kept)", len(result.promises))
    else:
        logger.error(
            "Verdict: %s: %s: %s", result.verdict.value, experiment.get("title"), result.why
        )
