"""What healing did right and wrong in a run: the four corners of its confusion matrix. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from tagent_contract.experiments import HealerFigures
from tagent_contract.faults import FaultView
from tagent_contract.incidents import AttemptView, IncidentState, IncidentView, Outcome, Remedy

_RESTARTS = frozenset({Remedy.RESTART_INSTANCE, Remedy.RESTART_SERVICE, Remedy.ROLL_BACK})
_NOT_CARRIED_OUT = frozenset({Outcome.NOT_NEEDED, Outcome.NOT_ACKNOWLEDGED})
HEALING = "healing"


class Expectation(StrEnum):
    """What healing is to do about what a run breaks."""

    CURE = "cure"
    """Restart it, and prove that it is well again; also when the sidecar alone brings it back."""
    NOTHING = "nothing"
    """Leave it alone: no restart cures it, or it passes by itself."""
    ESCALATION = "escalation"
    """Try, give up, and call a person."""


def healer_figures(
    expects: Expectation, faults: Sequence[FaultView], incidents: Sequence[IncidentView]
) -> HealerFigures:
    """Judge healing by the run's faults and the incidents of its targets. What was killed without a fault counts by its incident."""
    own = {fault.id for fault in faults}
    if expects is Expectation.NOTHING:
        restarts = sum(len(restarts_of(each)) for each in incidents)
        affected = [fault for fault in faults if fault.injected]
        return HealerFigures(false_restarts=restarts, left_alone=0 if restarts else len(affected))
    false_restarts = len(restarts_without_need(incidents, own)) if own else 0
    cases = [_incidents_of(fault, incidents) for fault in faults if fault.injected]
    if not own:
        cases = [[incident] for incident in incidents]
    good = sum(_is_as_expected(expects, case) for case in cases)
    missed = len(cases) - good
    if expects is Expectation.ESCALATION:
        return HealerFigures(left_alone=good, missed=missed, false_restarts=false_restarts)
    return HealerFigures(healed=good, missed=missed, false_restarts=false_restarts)


def restarts_without_need(
    incidents: Iterable[IncidentView], faults: Collection[str]
) -> list[AttemptView]:
    """Return the restarts by healing in incidents that none of these faults brought about."""
    return [
        attempt
        for incident in incidents
        if set(faults).isdisjoint(incident.faults)
        for attempt in restarts_of(incident)
    ]


def restarts_of(incident: IncidentView) -> list[AttemptView]:
    """Return the restarts that healing carried out, not those a person asked for."""
    return [
        attempt
        for attempt in incident.attempts
        if attempt.remedy in _RESTARTS
        and attempt.by == HEALING
        and attempt.outcome not in _NOT_CARRIED_OUT
    ]


def _incidents_of(fault: FaultView, incidents: Iterable[IncidentView]) -> list[IncidentView]:
    return [each for each in incidents if fault.id in each.faults]


def _is_as_expected(expects: Expectation, incidents: Sequence[IncidentView]) -> bool:
    if expects is Expectation.ESCALATION:
        return any(each.escalated_at is not None for each in incidents)
    return bool(incidents) and all(
        each.state is IncidentState.RESOLVED and each.escalated_at is None for each in incidents
    )
