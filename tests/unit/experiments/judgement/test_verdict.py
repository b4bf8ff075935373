"""The verdict: only a run that broke something, was seen to its end and kept every promise has passed."""

from __future__ import annotations

from typing import Any

import pytest

from chaostagent.judgement.healer import Expectation
from chaostagent.judgement.verdict import Course, Evidence, judge
from tagent_contract.experiments import Promise, Verdict
from tagent_contract.faults import EndReason, FaultState
from tagent_contract.incidents import IncidentState
from tests.unit.experiments.evidence import attempt, fault, incident

HEALED = Evidence(
    faults=[fault()], incidents=[incident(attempts=(attempt(),), mttd_s=1.5, mttr_s=11.0)]
)
KEPT = Promise(text="healed in time", kept=True, measured="11 s", allowed="30 s")
BROKEN = Promise(text="healed in time", kept=False, measured="41 s", allowed="30 s")


def probe(name: str = "is healthy", *, met: bool | None = True, **more: Any) -> dict[str, Any]:
    run = {
        "activity": {"type": "probe", "name": name, "tolerance": "HEALTHY"},
        "status": "succeeded",
        "output": "HEALTHY" if met else "UNHEALTHY",
        "tolerance_met": met,
    }
    return {**run, **more}


def failed(kind: str, text: str = "ActivityFailed: it burns") -> dict[str, Any]:
    activity = {"type": kind, "name": "do it"}
    return {
        "activity": activity,
        "status": "failed",
        "exception": [f"chaoslib.exceptions.{text}\n"],
    }


def journal(**changes: Any) -> dict[str, Any]:
    steady = {"steady_state_met": True, "probes": [probe()]}
    whole = {
        "status": "completed",
        "deviated": False,
        "steady_states": {"before": steady, "after": steady, "during": []},
        "run": [],
        "rollbacks": [],
    }
    return {**whole, **changes}


def steady(when: str, **changes: Any) -> dict[str, Any]:
    whole = journal()["steady_states"]
    return journal(steady_states={**whole, when: {**whole[when], **changes}})


def test_a_run_that_broke_something_and_kept_all_promises_has_passed() -> None:
    result = judge(journal(), Course(promises=[KEPT]), HEALED)
    assert (result.verdict, result.why) == (Verdict.PASSED, "")
    assert result.injected == 7
    assert (result.mttd_s, result.mttr_s) == ((1.5,), (11.0,))
    assert (result.healer.healed, result.healer.missed) == (1, 0)
    assert next(promise.text for promise in result.promises) == "healed in time"


def test_a_broken_promise_is_named_with_what_was_measured_and_what_is_allowed() -> None:
    result = judge(journal(), Course(promises=[KEPT, BROKEN]), HEALED)
    assert result.verdict is Verdict.DEVIATED
    assert result.why == "healed in time: measured 41 s, allowed 30 s"


@pytest.mark.parametrize(
    ("broken", "verdict", "why"),
    [
        (
            steady("before", steady_state_met=False, probes=[probe(met=False)]),
            Verdict.BASELINE_NOT_MET,
            "is healthy: measured UNHEALTHY, allowed HEALTHY",
        ),
        (
            steady("before", steady_state_met=False, probes=[{**failed("probe")}]),
            Verdict.BASELINE_NOT_MET,
            "do it: measured it burns",
        ),
        (
            steady("after", steady_state_met=False, probes=[probe(met=False)]),
            Verdict.DEVIATED,
            "is healthy: measured UNHEALTHY, allowed HEALTHY",
        ),
        (
            steady("after", steady_state_met=False, probes=[failed("probe")]),
            Verdict.DEVIATED,
            "do it: measured it burns",
        ),
        (journal(run=[failed("action")]), Verdict.ERROR, "an action failed: do it: it burns"),
        (journal(rollbacks=[failed("action")]), Verdict.ERROR, "a rollback failed: do it"),
        (journal(status="interrupted"), Verdict.ABORTED, "interrupted"),
        (journal(status="aborted"), Verdict.ABORTED, "interrupted"),
        (journal(status="failed"), Verdict.DEVIATED, "the journal says failed"),
        (journal(deviated=True), Verdict.DEVIATED, "the journal says completed"),
    ],
)
def test_what_the_toolkit_may_call_completed_has_not_passed(
    broken: dict[str, Any], verdict: Verdict, why: str
) -> None:
    result = judge(broken, Course(promises=[KEPT]), HEALED)
    assert result.verdict is verdict
    assert why in result.why


@pytest.mark.parametrize(
    ("course", "verdict", "why"),
    [
        (Course(refused="chat is reserved"), Verdict.ERROR, "it could not begin: chat is reserved"),
        (Course(stopped="guard: x suffers"), Verdict.ABORTED, "guard: x suffers"),
        (Course(unreadable="no platform answers"), Verdict.ERROR, "no platform answers"),
        (Course(unwritable=["odd probe"]), Verdict.ERROR, "the output of odd probe is no JSON"),
    ],
)
def test_what_went_wrong_around_the_journal_counts(
    course: Course, verdict: Verdict, why: str
) -> None:
    result = judge(journal(), course, HEALED)
    assert result.verdict is verdict
    assert why in result.why


def test_a_steady_state_that_broke_only_during_the_method_is_red_unless_it_may() -> None:
    broken = {"steady_state_met": False, "probes": [probe(met=False)]}
    during = journal(steady_states={**journal()["steady_states"], "during": [None, broken]})
    result = judge(during, Course(promises=[KEPT]), HEALED)
    assert result.verdict is Verdict.DEVIATED
    assert "during the method: is healthy: measured UNHEALTHY" in result.why
    assert judge(during, Course(may_break_during=True), HEALED).verdict is Verdict.PASSED


def test_a_fault_that_affected_nothing_proves_nothing_even_with_a_broken_promise() -> None:
    idle = Evidence(faults=[fault(injected=0)])
    result = judge(journal(), Course(promises=[BROKEN]), idle)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "0 injected" in result.why


def test_one_idle_fault_of_two_spoils_the_proof() -> None:
    both = Evidence(faults=[fault(), fault(id="f2", injected=0)], incidents=HEALED.incidents)
    assert judge(journal(), Course(), both).verdict is Verdict.INCONCLUSIVE


def test_nothing_broken_is_inconclusive_unless_that_is_the_experiment() -> None:
    assert judge(journal(), Course(), Evidence()).verdict is Verdict.INCONCLUSIVE
    control = Course(expects=Expectation.NOTHING)
    assert judge(journal(), control, Evidence()).verdict is Verdict.PASSED
    killed = Course(expects=Expectation.ESCALATION, disturbed=["the platform was killed"])
    assert judge(journal(), killed, Evidence()).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "end",
    [
        {"state": FaultState.ACTIVE, "end_reason": None},
        {"state": FaultState.ENDING, "end_reason": None},
        {"state": FaultState.LOST, "end_reason": EndReason.SIDECAR_LOST},
        {"state": FaultState.FAILED, "end_reason": EndReason.NOT_ACKNOWLEDGED},
    ],
)
def test_an_end_that_no_sidecar_acknowledged_is_a_broken_promise(end: dict[str, Any]) -> None:
    evidence = Evidence(faults=[fault(**end)], incidents=HEALED.incidents)
    result = judge(journal(), Course(promises=[KEPT]), evidence)
    assert result.verdict is Verdict.DEVIATED
    assert "every fault's end was acknowledged" in result.why


def test_a_lease_that_ran_out_is_an_end_that_the_sidecar_told() -> None:
    evidence = Evidence(faults=[fault(state=FaultState.LOST, end_reason=EndReason.LEASE_LOST)])
    nothing = Course(expects=Expectation.NOTHING)
    assert judge(journal(), nothing, evidence).verdict is Verdict.PASSED


def test_a_restart_without_need_is_a_broken_promise() -> None:
    other = incident(id="i2", faults=(), attempts=(attempt(),))
    evidence = Evidence(faults=HEALED.faults, incidents=[*HEALED.incidents, other])
    result = judge(journal(), Course(promises=[KEPT]), evidence)
    assert result.verdict is Verdict.DEVIATED
    assert result.why == "healing restarted nothing without need: measured 1, allowed 0"


def test_what_says_nothing_does_not_count_for_the_healer() -> None:
    evidence = Evidence(faults=[fault()], incidents=[incident(state=IncidentState.OPEN)])
    assert judge(journal(), Course(promises=[BROKEN]), evidence).healer.missed == 1
    assert judge(journal(), Course(stopped="enough"), evidence).healer.missed == 0


def test_mttr_is_of_what_was_to_be_healed() -> None:
    passing = Course(expects=Expectation.NOTHING)
    evidence = Evidence(faults=[fault()], incidents=[incident(mttd_s=1.0, mttr_s=20.0)])
    result = judge(journal(), passing, evidence)
    assert (result.mttd_s, result.mttr_s) == ((1.0,), ())
