"""The verdict on a run: what it proves, and what it does not. Pure.

Chaos Toolkit calls a run completed when its baseline was not met, when an action raised, and when nothing was ever injected. Here only a run that
broke something, was seen to its end and kept every promise has passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaostagent.judgement.healer import Expectation, healer_figures
from chaostagent.judgement.journal import (
    Journal,
    broken,
    broken_during,
    failed_activities,
    steady_state,
)
from chaostagent.judgement.story import timeline_of
from tagent_contract.experiments import HealerFigures, Promise, RunResult, Verdict
from tagent_contract.faults import EndReason, FaultView
from tagent_contract.incidents import IncidentView

_UNPROVEN_ENDS = frozenset({EndReason.SIDECAR_LOST, EndReason.NOT_ACKNOWLEDGED})
"""The sidecar never said so; the platform had to conclude it."""
WHY_MAX = 1000


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the platform saw: the run's faults, and its targets' incidents since it began."""

    faults: Sequence[FaultView] = ()
    incidents: Sequence[IncidentView] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is known of the run beside its journal."""

    expects: Expectation = Expectation.CURE
    may_break_during: bool = False
    refused: str = ""
    """Why the platform did not let it begin."""
    stopped: str = ""
    """Why it was stopped before its end."""
    disturbed: Sequence[str] = ()
    """What was broken other than by faults."""
    promises: Sequence[Promise] = ()
    """Of the method's probes."""
    unreadable: str = ""
    """Why the platform's account could not be read."""
    unwritable: Sequence[str] = ()
    """Activities whose output is no JSON, so that no journal could hold it."""


def judge(journal: Journal, course: Course, evidence: Evidence) -> RunResult:
    """Return the verdict with everything it rests on."""
    promises = [*course.promises, *_after(journal), *_ends(evidence.faults)]
    healer = healer_figures(course.expects, evidence.faults, evidence.incidents)
    promises.append(
        Promise(
            text="healing restarted nothing without need",
            kept=not healer.false_restarts,
            measured=str(healer.false_restarts),
            allowed="0",
        )
    )
    verdict, why = _verdict(journal, course, evidence, promises)
    return RunResult(
        verdict=verdict,
        why=why[:WHY_MAX],
        promises=tuple(promises),
        injected=sum(fault.injected for fault in evidence.faults),
        faults=tuple(fault.id for fault in evidence.faults),
        incidents=tuple(incident.id for incident in evidence.incidents),
        mttd_s=_known(incident.mttd_s for incident in evidence.incidents),
        # What passes by itself, or is never healed, says nothing about how long healing takes.
        mttr_s=_known(incident.mttr_s for incident in evidence.incidents)
        if course.expects is Expectation.CURE
        else (),
        healer=HealerFigures() if verdict in _SAYS_NOTHING else healer,
        timeline=timeline_of(evidence.faults, evidence.incidents),
    )


_SAYS_NOTHING = frozenset(
    {Verdict.ABORTED, Verdict.BASELINE_NOT_MET, Verdict.INCONCLUSIVE, Verdict.ERROR}
)


def _verdict(
    journal: Journal, course: Course, evidence: Evidence, promises: Sequence[Promise]
) -> tuple[Verdict, str]:
    """Return the first that holds, in the order in which one makes the next meaningless."""
    cut_short = _cut_short(journal, course)
    if cut_short is not None:
        return cut_short
    errors = _errors(journal, course)
    if errors:
        return Verdict.ERROR, errors
    unproven = _unproven(course, evidence)
    if unproven:
        return Verdict.INCONCLUSIVE, unproven
    wrong = [broken(promise) for promise in promises if not promise.kept]
    during = None if course.may_break_during else broken_during(journal)
    if during is not None:
        wrong.append(f"the steady state broke during the method: {during.complaint}")
    if wrong:
        return Verdict.DEVIATED, wrong[0]
    if journal.get("deviated") or journal.get("status") not in (None, "completed"):
        return Verdict.DEVIATED, f"the journal says {journal.get('status')}"
    return Verdict.PASSED, ""


def _cut_short(journal: Journal, course: Course) -> tuple[Verdict, str] | None:
    """Return why its method was not carried out to the end, None when it was."""
    baseline = steady_state(journal, "before")
    if course.refused:
        return Verdict.ERROR, f"it could not begin: {course.refused}"
    if course.stopped or journal.get("status") in ("interrupted", "aborted"):
        return Verdict.ABORTED, f"stopped before its end: {course.stopped or 'interrupted'}"
    if baseline is not None and not baseline.met:
        why = f"all was not well before anything was broken: {baseline.complaint}"
        return Verdict.BASELINE_NOT_MET, why
    return None


def _errors(journal: Journal, course: Course) -> str:
    """Return why the run was not carried out as written, empty when it was."""
    actions = failed_activities(journal.get("run") or (), "action")
    rollbacks = [
        *failed_activities(journal.get("rollbacks") or (), "action"),
        *failed_activities(journal.get("rollbacks") or (), "probe"),
    ]
    if course.unwritable:
        return f"the output of {', '.join(course.unwritable)} is no JSON"
    if actions:
        return f"an action failed: {actions[0]}"
    if rollbacks:
        return f"a rollback failed: {rollbacks[0]}"
    if course.unreadable:
        return f"the platform's account of it could not be read: {course.unreadable}"
    return ""


def _unproven(course: Course, evidence: Evidence) -> str:
    """Return why nothing is proven, empty when something is."""
    idle = [fault for fault in evidence.faults if not fault.injected]
    if idle:
        return (
            f"fault {idle[0].id} ({idle[0].type}) on {idle[0].service} affected nothing: 0 injected"
        )
    broken_by = evidence.faults or course.disturbed or course.expects is Expectation.NOTHING
    return "" if broken_by else "nothing was broken"


def _after(journal: Journal) -> tuple[Promise, ...]:
    after = steady_state(journal, "after")
    return after.probes if after is not None else ()


def _ends(faults: Sequence[FaultView]) -> list[Promise]:
    if not faults:
        return []
    silent = [fault for fault in faults if not _end_is_proven(fault)]
    measured = ", ".join(f"{fault.type} on {fault.service} {_end_of(fault)}" for fault in silent)
    return [
        Promise(
            text="every fault's end was acknowledged",
            kept=not silent,
            measured=measured or f"{len(faults)} of {len(faults)}",
            allowed="all",
        )
    ]


def _end_is_proven(fault: FaultView) -> bool:
    return fault.state.is_final and all(
        target.state.is_final and target.end_reason not in _UNPROVEN_ENDS
        for target in fault.targets
    )


def _end_of(fault: FaultView) -> str:
    return fault.end_reason.value if fault.state.is_final and fault.end_reason else "has not ended"


def _known(times: Iterable[float | None]) -> tuple[float, ...]:
    return tuple(each for each in times if each is not None)
