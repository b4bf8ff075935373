"""Whether an incident is over: every patient is well, has proven it with a real request, and has held it."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, Outcome, Refusal
from tagent_platform.core.healing.deciding import FOR_GOOD, case_of
from tagent_platform.core.healing.diagnosis import is_seen
from tagent_platform.core.healing.facts import Decided, Facts
from tagent_platform.core.incidents.attempts import health_now, pending
from tagent_platform.core.incidents.steps import Step, escalate, resolve
from tagent_platform.core.policy import Escalate, may_escalate
from tagent_platform.core.records import IncidentRecord, InstanceRecord


def settle_state(
    step: Step, facts: Facts, decisions: tuple[Decided, ...], now: float
) -> tuple[Step, frozenset[str]]:
    """Move the incident to the state its patients are in, and name those who lack nothing but a real request's answer."""
    step = _forget_what_is_no_more(step, decisions)
    step = _escalate_if_it_keeps_coming_back(step, facts, now)
    patients = [facts.live[name] for name in step.incident.patients if name in facts.live]
    if not facts.live:
        return _when_nobody_is_left(step, now), frozenset()
    if not _are_well(step.incident, patients, facts):
        return _not_well(step, now), frozenset()
    unproven = frozenset(patient.name for patient in patients) - facts.proven
    step = _well(step, now)
    if pending(step.incident):
        return step, unproven
    return _over(step, facts, unproven, now), unproven


def _forget_what_is_no_more(step: Step, decisions: tuple[Decided, ...]) -> Step:
    """Drop escalations whose reason has gone, so that the instance can be healed, or escalated anew."""
    still = {d.instance for d in decisions if isinstance(d.decision, Escalate)}
    kept = {
        who: reason
        for who, reason in step.incident.escalated.items()
        if reason in FOR_GOOD or who in still
    }
    return step.change(escalated=kept)


def _escalate_if_it_keeps_coming_back(step: Step, facts: Facts, now: float) -> Step:
    """Call a person even when the instance is well each time somebody looks."""
    incident = step.incident
    if incident.reopened < facts.service.policy.healing.reopens_max or incident.escalated:
        return step
    patients = [facts.live[name] for name in incident.patients if name in facts.live]
    if not any(may_escalate(case_of(facts, patient, now)[0], now) for patient in patients):
        return step
    text = f"{incident.service} came back {incident.reopened} times after it was healed"
    return escalate(step, Refusal.REOPENED_TOO_OFTEN, text, patients[0].name, now)


def _when_nobody_is_left(step: Step, now: float) -> Step:
    if step.incident.state is IncidentState.ESCALATED or pending(step.incident):
        return step
    return resolve(step, f"no instance of {step.incident.service} is left", now)


def _are_well(incident: IncidentRecord, patients: list[InstanceRecord], facts: Facts) -> bool:
    if any(attempt.healthy_at is None for attempt in pending(incident)):
        return False
    return all(
        is_seen(facts, patient) and health_now(patient) is Health.HEALTHY for patient in patients
    )


def _not_well(step: Step, now: float) -> Step:
    if step.incident.verifying_since is not None and not pending(step.incident):
        step = step.tell("relapsed", now, f"{step.incident.service} fell sick again")
    step = step.change(verifying_since=None)
    if step.incident.state is IncidentState.ESCALATED:
        return step
    state = IncidentState.REMEDIATING if pending(step.incident) else IncidentState.OPEN
    return step.change(state=state)


def _well(step: Step, now: float) -> Step:
    incident = step.incident
    if incident.verifying_since is None:
        step = step.change(verifying_since=now)
        if not pending(incident):
            text = f"{incident.service} is healthy again"
            step = step.tell("healthy", now, text, event=EventType.INCIDENT_HEALTHY)
    if incident.state is IncidentState.ESCALATED:
        return step
    return step.change(state=IncidentState.VERIFYING)


def _over(step: Step, facts: Facts, unproven: frozenset[str], now: float) -> Step:
    policy, incident = facts.service.policy.healing, step.incident
    held_s = now - (incident.verifying_since if incident.verifying_since is not None else now)
    if unproven:
        if held_s < policy.verify_within_s or incident.escalated:
            return step
        who = ", ".join(sorted(unproven))
        text = f"healthy by its checks, but no real request was answered: {who}"
        return escalate(step, Refusal.LADDER_EXHAUSTED, text, min(unproven), now)
    if held_s < policy.verify_hold_s:
        return step
    verified = [a for a in incident.attempts if a.outcome is Outcome.VERIFIED]
    if not any(attempt.ended_at == now for attempt in verified):
        text = f"health held for {policy.verify_hold_s:g} s, and real requests were answered"
        step = step.tell("verified", now, text)
    how = "healed and verified" if verified else "recovered by itself"
    return resolve(
        step, f"{incident.service} {how}, {now - incident.detected_at:.1f} s after detection", now
    )
