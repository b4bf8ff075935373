"""A person ends an incident."""

from __future__ import annotations

from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, Outcome, Remedy
from tagent_contract.plan import RestartOrder
from tagent_platform.core.healing.closure import close
from tagent_platform.core.incidents.attempts import Order, intent
from tagent_platform.core.incidents.steps import Step
from tests.fakes.clinic import NOW, facts, incident, instance


def test_it_is_resolved_by_them_and_says_why() -> None:
    found = close(incident(), facts(instance()), by="olga", reason="known", now=NOW)
    assert found.incident is not None
    assert (found.incident.state, found.incident.closed_by) == (IncidentState.RESOLVED, "olga")
    assert found.incident.timeline[-1].text == "closed by olga: known"


def test_attempts_under_way_end_unjudged_and_the_sidecars_word_stands_again() -> None:
    sick = instance(Health.RECOVERING, restart=RestartOrder(incarnation="1", attempt_id="i1-1"))
    order = Order(
        remedy=Remedy.RESTART_INSTANCE,
        targets={"chat-1": sick},
        cause_key="organic",
        by="healing",
        text="restart",
    )
    known = intent(Step(incident()), order, NOW).incident
    found = close(known, facts(sick), by="olga", reason="", now=NOW + 1)
    assert found.incident is not None
    assert [a.outcome for a in found.incident.attempts] == [Outcome.NOT_NEEDED]
    assert found.live["chat-1"].health is Health.UNHEALTHY
    assert found.live["chat-1"].restart is None
    assert found.incident.timeline[-1].text == "closed by olga"
