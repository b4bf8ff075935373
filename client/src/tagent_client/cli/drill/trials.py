"""What each fault of the drill promises, and whether what was seen keeps it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from tagent_contract.faults import Crash, EndReason, Error, Fault, FaultView, Hang, Latency
from tagent_contract.incidents import IncidentState, IncidentView, Outcome

ANSWER_WITHIN_S = 2.0
"""Callers of a hanging service give up after this; latency's answers take longer, and are waited for."""
SLOW_S = 2.0
GOOD_IN_ROW = 5
"""Callers count as served again after so many good answers in a row."""
SERVER_ERROR = 500


class Call(msgspec.Struct, frozen=True):
    """One request of a caller. `result` is the status, or in one word what went wrong."""

    at_s: float
    """Since the drill began."""
    took_s: float
    result: int | str

    @property
    def is_good(self) -> bool:
        """Tell whether it was answered, and not with a 5xx."""
        return isinstance(self.result, int) and self.result < SERVER_ERROR


@dataclass(frozen=True, slots=True)
class Trial:
    """One fault, where it goes, and what it promises."""

    name: str
    fault: Fault
    patience_s: float
    """How long callers wait for an answer."""
    symptom: str
    shows_symptom: Callable[[Call], bool]
    restarted_by: str | None
    """`healing`, the `sidecar`, or nobody."""


def _is_slow(call: Call) -> bool:
    return call.is_good and call.took_s >= SLOW_S


def _is_error(call: Call) -> bool:
    return isinstance(call.result, int) and call.result >= SERVER_ERROR


def _is_bad(call: Call) -> bool:
    return not call.is_good


LATENCY = Trial(
    "latency",
    Latency(latency_ms=2500, ttl_s=20, reason="drill"),
    patience_s=8.0,
    symptom=f"answers that took over {SLOW_S:g} s",
    shows_symptom=_is_slow,
    restarted_by=None,
)
ERROR = Trial(
    "error",
    Error(reason="drill"),
    patience_s=ANSWER_WITHIN_S,
    symptom="answers with a 5xx",
    shows_symptom=_is_error,
    restarted_by="healing",
)
CRASH = Trial(
    "crash",
    Crash(reason="drill"),
    patience_s=ANSWER_WITHIN_S,
    symptom="requests refused, cut or answered by the sidecar alone",
    shows_symptom=_is_bad,
    restarted_by="sidecar",
)
HANG = Trial(
    "hang",
    Hang(reason="drill"),
    patience_s=ANSWER_WITHIN_S,
    symptom=f"requests without an answer for {ANSWER_WITHIN_S:g} s, or cut",
    shows_symptom=_is_bad,
    restarted_by="healing",
)


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """How a trial went. `incident` is None when none was opened in time."""

    service: str
    fault: FaultView
    incident: IncidentView | None
    incarnation_before: str
    incarnation_after: str
    during: tuple[Call, ...]
    """What callers saw from the order until the service was healthy again."""
    after: tuple[Call, ...]
    """What they saw once the incident was over."""


def broken_promises(trial: Trial, course: Course) -> list[str]:
    """Return what did not go as promised; nothing when all did."""
    return [
        complaint
        for complaint in (
            _was_real(trial, course),
            _ended_as_promised(trial, course.fault),
            _recovered(course.incident),
            _healed_as_promised(trial, course),
            _good_afterwards(course.after),
        )
        if complaint
    ]


def _was_real(trial: Trial, course: Course) -> str:
    if not course.fault.injected:
        return "the sidecar injected nothing"
    if not any(trial.shows_symptom(call) for call in course.during):
        return f"callers saw no {trial.symptom}"
    return ""


def _ended_as_promised(trial: Trial, fault: FaultView) -> str:
    if not fault.state.is_final:
        return "the fault has not ended"
    if trial.restarted_by is None and fault.end_reason is not EndReason.TTL:
        return f"the fault ended by {fault.end_reason or 'nothing'}, not by its ttl"
    return ""


def _recovered(incident: IncidentView | None) -> str:
    if incident is None:
        return "no incident was opened"
    if incident.state is not IncidentState.RESOLVED:
        return f"the incident is {incident.state.value}, not RESOLVED"
    if incident.mttd_s is None or incident.mttr_s is None:
        return "the incident has no MTTD or MTTR"
    return ""


def _healed_as_promised(trial: Trial, course: Course) -> str:
    restarted = course.incarnation_before != course.incarnation_after
    attempts = course.incident.attempts if course.incident else ()
    if trial.restarted_by is None:
        return "it was restarted, which it should not be" if restarted or attempts else ""
    if not restarted:
        return "it was not restarted"
    by_healing = [one for one in attempts if one.outcome is Outcome.VERIFIED]
    if trial.restarted_by == "healing" and not by_healing:
        return "no attempt of healing was verified"
    return ""


def served_again(after: Sequence[Call]) -> bool:
    """Tell whether the latest few calls were all answered well and quickly."""
    latest = sorted(after, key=lambda call: call.at_s)[-GOOD_IN_ROW:]
    return len(latest) == GOOD_IN_ROW and all(
        call.is_good and call.took_s < SLOW_S for call in latest
    )


def _good_afterwards(after: Sequence[Call]) -> str:
    if served_again(after):
        return ""
    bad = sum(1 for call in after if not call.is_good or call.took_s >= SLOW_S)
    return f"{bad} of {len(after)} requests afterwards were still bad"


def seen_by_callers(trial: Trial, calls: Sequence[Call]) -> str:
    """Return in words what the callers saw: `31 of 160 requests: 28 x 500, 3 x cut`."""
    hit = [call for call in calls if trial.shows_symptom(call)]
    if not hit:
        return f"none of {len(calls)} requests"
    slow = [call for call in hit if call.is_good]
    kinds = Counter(str(call.result) for call in hit if not call.is_good)
    told = [f"{number} x {kind}" for kind, number in kinds.most_common()]
    if slow:
        longest = max(call.took_s for call in slow)
        told.insert(0, f"{len(slow)} x slow, up to {longest:.1f} s")
    return f"{len(hit)} of {len(calls)} requests: {', '.join(told)}"
