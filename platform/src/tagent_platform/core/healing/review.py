"""One look at a service: judge what was tried, take in who complains, decide for each, and see whether it is over.

A review is a function of its facts: looked at twice, the second look changes nothing. So it does not matter how often it
is called, by whom, or whether the last one's outcome was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState
from tagent_platform.core.healing.closing import settle_state
from tagent_platform.core.healing.deciding import decide_all
from tagent_platform.core.healing.diagnosis import complaints_of
from tagent_platform.core.healing.facts import Decided, Facts, Review
from tagent_platform.core.healing.purse import Purse
from tagent_platform.core.incidents.attempts import Order, covers, intent, observe_attempts, pending
from tagent_platform.core.incidents.exits import tell_exits, with_exits_told
from tagent_platform.core.incidents.opening import (
    Complaint,
    may_reopen,
    open_incident,
    reopen,
    take_in,
    with_faults_heard,
)
from tagent_platform.core.incidents.steps import Step, escalate, hold_back
from tagent_platform.core.instances import believe_sidecar
from tagent_platform.core.policy import Act, Escalate, Hold, Nothing
from tagent_platform.core.records import IncidentRecord, InstanceRecord


def review(facts: Facts, *, new_incident_id: Callable[[], str], by: str, now: float) -> Review:
    """Look at one service. What is decided is written down as intent; nothing has been done yet."""
    step = Step(facts.incident) if facts.incident is not None else None
    if step is not None:
        step = observe_attempts(step, facts.watch(), now)
    facts = _believed(facts, step, now)
    complaints = complaints_of(facts, now)
    step = _about(step, complaints, facts, new_incident_id, now)
    if step is None:
        return _without_incident(facts, now)
    for instance in facts.live.values():
        step = tell_exits(step, instance)
    step = with_faults_heard(step, facts.faults)
    facts = replace(
        facts,
        incident=step.incident,
        live={name: with_exits_told(instance) for name, instance in facts.live.items()},
    )
    decisions = decide_all(facts, now)
    purse = Purse(facts.budgets, facts.service.policy.restart)
    step, facts = _carry_out(step, facts, decisions, purse, by, now)
    step, needs_proof = settle_state(step, facts, decisions, now)
    purse.follow_health(facts.live, now)
    return Review(
        incident=step.incident,
        live=facts.live,
        budgets=purse.changed,
        decisions=decisions,
        happenings=step.happenings,
        needs_proof=needs_proof,
    )


def _without_incident(facts: Facts, now: float) -> Review:
    """Follow budgets, and say why nothing is done about what is suppressed."""
    purse = Purse(facts.budgets, facts.service.policy.restart)
    purse.follow_health(facts.live, now)
    return Review(
        incident=None,
        live={name: with_exits_told(instance) for name, instance in facts.live.items()},
        budgets=purse.changed,
        decisions=decide_all(facts, now),
    )


def _believed(facts: Facts, step: Step | None, now: float) -> Facts:
    """Let the sidecar's word stand again for instances that no attempt covers any more, and take their orders back."""
    under_way = pending(step.incident) if step is not None else ()
    live = {
        name: instance
        if any(covers(attempt, name) for attempt in under_way)
        else released(instance, now)
        for name, instance in facts.live.items()
    }
    return replace(facts, live=live, incident=step.incident if step is not None else None)


def released(instance: InstanceRecord, now: float) -> InstanceRecord:
    """Let the sidecar's word stand, and take an order back."""
    instance = believe_sidecar(instance, now)
    if instance.restart is None:
        return instance
    return msgspec.structs.replace(instance, restart=None)


def _about(
    step: Step | None,
    complaints: tuple[Complaint, ...],
    facts: Facts,
    new_incident_id: Callable[[], str],
    now: float,
) -> Step | None:
    """Return the incident that the complaints belong to; a new one, or one that is back, where there is none."""
    live = tuple(facts.live.values())
    if step is not None:
        return take_in(step, complaints, live, now)
    if not complaints:
        return None
    healing = facts.service.policy.healing
    back: IncidentRecord | None = next(
        (
            incident
            for incident in facts.resolved
            if may_reopen(incident, complaints, within_s=healing.reopen_within_s, now=now)
        ),
        None,
    )
    if back is not None:
        return reopen(back, complaints, live, now)
    return open_incident(new_incident_id(), complaints, live, now)


def _carry_out(
    step: Step,
    facts: Facts,
    decisions: tuple[Decided, ...],
    purse: Purse,
    by: str,
    now: float,
) -> tuple[Step, Facts]:
    """Write down what was decided: intents with their budgets, escalations, and why healing waits."""
    live = dict(facts.live)
    for decided in decisions:
        match decided.decision:
            case Act(rung=rung, text=text):
                targets = {name: live[name] for name in rung.targets}
                order = Order(
                    remedy=rung.remedy,
                    targets=targets,
                    cause_key=decided.cause_key,
                    by=by,
                    text=text,
                    rolls_out=rung.rolls_out,
                )
                step = intent(step, order, now)
                purse.spend(facts.service.name, rung.budget_instance, decided.cause_key, now)
                live.update(recovering(targets, now))
            case Escalate(reason=reason, text=text, until=until):
                step = escalate(step, reason, text, decided.instance, now, until)
            case Hold() | Nothing():
                pass
    step = _tell_hold(step, decisions, now)
    return step, replace(facts, live=live, incident=step.incident)


def recovering(targets: Mapping[str, InstanceRecord], now: float) -> dict[str, InstanceRecord]:
    """Hold the targets of an order RECOVERING until it is known how it went."""
    return {
        name: msgspec.structs.replace(instance, health=Health.RECOVERING, since=now)
        for name, instance in targets.items()
    }


def _tell_hold(step: Step, decisions: tuple[Decided, ...], now: float) -> Step:
    """Say why healing waits, by the first instance it waits for, the worst first. While something is under way, it does not."""
    if step.incident.state is IncidentState.ESCALATED:
        return step
    if pending(step.incident):
        return step.change(held_back=None)
    for decided in decisions:
        hold = decided.decision
        if isinstance(hold, Hold) and decided.instance in step.incident.patients:
            return hold_back(step, hold.reason, hold.text, hold.until, decided.instance, now)
    return step.change(held_back=None)
