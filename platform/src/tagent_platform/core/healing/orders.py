"""A person's restart or recover. It goes round mode, maintenance, back-off, intensity and storm, and gives healing a fresh start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tagent_contract.events import EventType
from tagent_contract.health import Health
from tagent_contract.incidents import Cause, IncidentState, Refusal, Severity
from tagent_platform.core.healing.deciding import case_of
from tagent_platform.core.healing.diagnosis import complaints_of
from tagent_platform.core.healing.facts import Facts, Review
from tagent_platform.core.healing.purse import Purse
from tagent_platform.core.healing.review import recovering
from tagent_platform.core.incidents.attempts import Order, intent
from tagent_platform.core.incidents.causes import MANUAL
from tagent_platform.core.incidents.exits import tell_exits, with_exits_told
from tagent_platform.core.incidents.opening import open_incident, take_in
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.policy import Act, Hold, decide_for_person
from tagent_platform.core.records import IncidentRecord, InstanceRecord, PatientRecord


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for."""

    instances: tuple[str, ...]
    """Whom to restart."""
    by: str
    reason: str = ""
    is_for_one: bool = False
    """They named one instance, and mean no other."""


def needing_recovery(live: Mapping[str, InstanceRecord]) -> tuple[str, ...]:
    """Return the instances that are not healthy, or all when every one is: a person who says recover means something."""
    sick = tuple(sorted(name for name, i in live.items() if i.health is not Health.HEALTHY))
    return sick or tuple(sorted(live))


def order_restart(
    facts: Facts, wish: Wish, *, new_incident_id: Callable[[], str], now: float
) -> Review | Hold:
    """Write a person's restart down as intent, for all of the instances that can be restarted; a hold when none can."""
    acts: list[tuple[str, Act]] = []
    holds: list[Hold] = []
    taken: set[str] = set()
    for name in wish.instances:
        if name in taken:
            continue
        case, _ = case_of(facts, facts.live[name], now, by_person=True)
        found = _for_one_alone(decide_for_person(case, now), wish)
        if isinstance(found, Hold):
            holds.append(found)
            continue
        acts.append((name, found))
        taken.update(found.rung.targets)
    if not acts:
        return holds[0]
    step = _incident_for(facts, wish, new_incident_id, now)
    purse = Purse(facts.budgets, facts.service.policy.restart)
    purse.clear()
    live = {name: with_exits_told(instance) for name, instance in facts.live.items()}
    for _, act in acts:
        targets = {name: live[name] for name in act.rung.targets}
        order = Order(
            remedy=act.rung.remedy,
            targets=targets,
            cause_key=MANUAL,
            by=wish.by,
            text=_text(wish, act),
            rolls_out=act.rung.rolls_out,
        )
        step = _admit(intent(step, order, now), targets, now)
        live.update(recovering(targets, now))
    return Review(
        incident=step.incident, live=live, budgets=purse.changed, happenings=step.happenings
    )


def _for_one_alone(found: Act | Hold, wish: Wish) -> Act | Hold:
    """Refuse a new revision to who asked for one instance of several."""
    if isinstance(found, Hold) or not (wish.is_for_one and found.rung.rolls_out):
        return found
    if len(found.rung.targets) == 1:
        return found
    text = (
        f"{wish.instances[0]} cannot be restarted alone: its runtime restarts all "
        f"{len(found.rung.targets)} instances by a new revision; restart the service to do that"
    )
    return Hold(Refusal.LADDER_EXHAUSTED, text)


def _text(wish: Wish, act: Act) -> str:
    why = f": {wish.reason}" if wish.reason else ""
    return f"{wish.by} ordered: {act.text}{why}"


def _incident_for(facts: Facts, wish: Wish, new_incident_id: Callable[[], str], now: float) -> Step:
    """Return the incident that the restart belongs to, with a fresh start for healing."""
    complaints = complaints_of(facts, now)
    live = tuple(facts.live.values())
    if facts.incident is not None:
        step = take_in(Step(facts.incident), complaints, live, now)
    elif complaints:
        step = open_incident(new_incident_id(), complaints, live, now)
    else:
        step = _open_manual(facts, wish, new_incident_id(), now)
    for instance in live:
        step = tell_exits(step, instance)
    return step.change(
        state=IncidentState.REMEDIATING,
        reopened=0,
        escalated={},
        held_back=None,
        verifying_since=None,
    )


def _open_manual(facts: Facts, wish: Wish, incident_id: str, now: float) -> Step:
    text = f"{wish.by} restarts {', '.join(wish.instances)}"
    incident = IncidentRecord(
        id=incident_id,
        service=facts.service.name,
        state=IncidentState.OPEN,
        severity=Severity.INFO,
        cause=Cause.MANUAL,
        summary=f"{text}: {wish.reason}" if wish.reason else text,
        opened_at=now,
        detected_at=now,
    )
    data = {"severity": incident.severity.value, "cause": incident.cause.value}
    return Step(incident).tell("detected", now, text, event=EventType.INCIDENT_OPENED, data=data)


def _admit(step: Step, targets: Iterable[str], now: float) -> Step:
    """Let the incident be about the restarted instances, whether or not they were sick."""
    incident = step.incident
    patients = dict(incident.patients)
    for name in targets:
        patients.setdefault(name, PatientRecord(since=now))
    instances = tuple(dict.fromkeys((*incident.instances, *targets)))
    return step.change(patients=patients, instances=instances)
