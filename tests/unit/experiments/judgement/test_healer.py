"""The healer's confusion matrix."""

from __future__ import annotations

import pytest

from chaostagent.judgement.healer import Expectation, healer_figures, restarts_without_need
from tagent_contract.experiments import HealerFigures
from tagent_contract.incidents import IncidentState, Outcome, Remedy
from tests.unit.experiments.evidence import AT, attempt, fault, incident

CURE, NOTHING, ESCALATION = Expectation.CURE, Expectation.NOTHING, Expectation.ESCALATION


def test_a_fault_whose_incident_is_resolved_was_healed() -> None:
    assert healer_figures(CURE, [fault()], [incident()]) == HealerFigures(healed=1)


@pytest.mark.parametrize(
    "incidents",
    [
        [],
        [incident(state=IncidentState.OPEN)],
        [incident(state=IncidentState.ESCALATED, escalated_at=AT)],
        [incident(escalated_at=AT)],
        [incident(faults=("another",))],
    ],
)
def test_a_fault_that_healing_did_not_bring_to_an_end_was_missed(incidents: list) -> None:  # type: ignore[type-arg]
    assert healer_figures(CURE, [fault()], incidents).missed == 1


def test_what_was_to_be_left_alone_and_was_restarted_is_a_false_restart() -> None:
    restarted = incident(attempts=(attempt(),))
    assert healer_figures(NOTHING, [fault()], [restarted]) == HealerFigures(false_restarts=1)
    assert healer_figures(NOTHING, [fault()], [incident()]) == HealerFigures(left_alone=1)
    assert healer_figures(NOTHING, [], []) == HealerFigures()


def test_what_no_restart_cures_is_rightly_given_up() -> None:
    given_up = incident(state=IncidentState.ESCALATED, escalated_at=AT, attempts=(attempt(),) * 3)
    assert healer_figures(ESCALATION, [fault()], [given_up]) == HealerFigures(left_alone=1)
    looping = incident(state=IncidentState.REMEDIATING, attempts=(attempt(),) * 9)
    assert healer_figures(ESCALATION, [fault()], [looping]) == HealerFigures(missed=1)


def test_what_was_killed_without_a_fault_counts_by_its_incident() -> None:
    killed = incident(faults=(), attempts=(attempt(),))
    assert healer_figures(CURE, [], [killed]) == HealerFigures(healed=1)


@pytest.mark.parametrize(
    "harmless",
    [
        attempt(by="ada"),
        attempt(remedy=Remedy.ESCALATE),
        attempt(outcome=Outcome.NOT_NEEDED),
        attempt(outcome=Outcome.NOT_ACKNOWLEDGED),
    ],
)
def test_only_restarts_that_healing_carried_out_are_its_doing(harmless: object) -> None:
    assert restarts_without_need([incident(faults=(), attempts=(harmless,))], ["f1"]) == []
    assert len(restarts_without_need([incident(faults=(), attempts=(attempt(),))], ["f1"])) == 1
    assert restarts_without_need([incident(attempts=(attempt(),))], ["f1"]) == []
