"""What became of a remedy: it is carried out, the process is another one, it answers, it is healthy, its health has held.

Only what the instances' records say counts, never that something was asked for. So an attempt whose outcome nobody saw, since
the platform died between intent and act, is judged like any other: its target has changed, or it is asked for once more under the
same id, which the runtime carries out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

import msgspec

from tagent_contract.events import EventType
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import Outcome, Remedy, RollOutState
from tagent_contract.policy import ServicePolicy
from tagent_contract.reports import AttemptState
from tagent_platform.core.incidents.causes import MANUAL
from tagent_platform.core.incidents.records import AttemptRecord
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.records import (
    AttemptSeen,
    IncidentRecord,
    InstanceRecord,
    PatientRecord,
)
from tagent_platform.core.roll_outs import RollOut, Setback, of_roll_out

_REFUSED = frozenset({AttemptState.FAILED, AttemptState.UNSUPPORTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What attempts are judged by."""

    live: Mapping[str, InstanceRecord]
    proven: Set[str]
    """Instances that answered a real request as their incarnation."""
    policy: ServicePolicy
    order_acknowledged_within_s: float
    listening_since: float
    """Silence before it proves nothing, so no deadline begins earlier."""
    roll_out_within_s: float = 600.0


def health_now(instance: InstanceRecord) -> Health:
    """Return the sidecar's word, unless nobody has heard it for long."""
    return Health.OFFLINE if instance.health is Health.OFFLINE else instance.reported


def pending(incident: IncidentRecord) -> tuple[AttemptRecord, ...]:
    """Return the attempts under way."""
    return tuple(a for a in incident.attempts if a.outcome is Outcome.PENDING)


def covers(attempt: AttemptRecord, instance: str) -> bool:
    """Return whether the attempt is aimed at the instance; a roll-out is about all, those included that only come by it."""
    return attempt.rolls_out or instance in attempt.incarnations


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done, to whom, why, and who wants it."""

    remedy: Remedy
    targets: Mapping[str, InstanceRecord]
    cause_key: str
    by: str
    text: str
    rolls_out: bool = False
    """It gives the service another revision."""


def intent(step: Step, order: Order, now: float) -> Step:
    """Write an attempt down before anything is done."""
    incident = step.incident
    number = len(incident.attempts) + 1
    is_for_one = order.remedy is Remedy.RESTART_INSTANCE
    attempt = AttemptRecord(
        id=f"{incident.id}-{number}",
        number=number,
        remedy=order.remedy,
        instance=next(iter(order.targets)) if is_for_one else None,
        cause_key=order.cause_key,
        by=order.by,
        decided_at=now,
        incarnations={name: record.incarnation for name, record in order.targets.items()},
        boots={name: record.boot_id for name, record in order.targets.items()},
        rolls_out=order.rolls_out,
    )
    return step.change(attempts=(*incident.attempts, attempt)).tell(
        "decided",
        now,
        order.text,
        event=EventType.INCIDENT_DECIDED,
        instance=attempt.instance,
        data={"attempt": attempt.id, "remedy": order.remedy.value, "by": order.by},
    )


def acted(step: Step, attempt_id: str, now: float, roll_out: RollOut | None = None) -> Step:
    """Note that the runtime took the order, and the roll-out that it began."""
    attempt = _pending(step, attempt_id)
    if attempt is None or attempt.acted_at is not None:
        return step
    step = _put(step, msgspec.structs.replace(attempt, acted_at=now))
    return step if roll_out is None else told(step, attempt_id, roll_out, now)


def told(step: Step, attempt_id: str, roll_out: RollOut, now: float) -> Step:
    """Note how far a roll-out has come; news when it is somewhere else than before."""
    attempt = _pending(step, attempt_id)
    if attempt is None or attempt.roll_out == roll_out:
        return step
    known = attempt.roll_out
    step = _put(step, msgspec.structs.replace(attempt, roll_out=roll_out, roll_out_at=now))
    if known is not None and (known.state, known.text) == (roll_out.state, roll_out.text):
        return step
    return step.tell("roll_out", now, roll_out.text)


def failed(step: Step, attempt_id: str, detail: str, setback: Setback, now: float) -> Step:
    """Note that the runtime did not take the order, and what that means for what comes next."""
    attempt = _pending(step, attempt_id)
    if attempt is None:
        return step
    attempt = msgspec.structs.replace(attempt, setback=setback)
    return end_attempt(step, attempt, Outcome.FAILED, detail, now)


def unacted(step: Step) -> tuple[AttemptRecord, ...]:
    """Return the attempts that nobody is known to have carried out."""
    return tuple(a for a in pending(step.incident) if a.acted_at is None)


def observe_attempts(step: Step, watch: Watch, now: float) -> Step:
    """Judge every attempt under way by what is known now."""
    for attempt in pending(step.incident):
        step = _observe(step, attempt, watch, now)
    return step


def end_attempt(
    step: Step, attempt: AttemptRecord, outcome: Outcome, detail: str, now: float
) -> Step:
    """End an attempt; it stays as it ended."""
    ended = msgspec.structs.replace(attempt, outcome=outcome, ended_at=now, detail=detail)
    kind = "verified" if outcome is Outcome.VERIFIED else "attempt_ended"
    return _put(step, ended).tell(
        kind,
        now,
        detail,
        event=EventType.INCIDENT_ATTEMPT_ENDED,
        instance=attempt.instance,
        data={"attempt": attempt.id, "outcome": outcome.value},
    )


def _observe(step: Step, attempt: AttemptRecord, watch: Watch, now: float) -> Step:
    if attempt.rolls_out:
        return _observe_roll_out(step, attempt, watch, now)
    targets = [watch.live[name] for name in attempt.incarnations if name in watch.live]
    if not targets:
        return end_attempt(
            step, attempt, Outcome.NOT_NEEDED, f"{_name(attempt)} is there no more", now
        )
    changed = all(_is_another(attempt, target) for target in targets)
    if attempt.acted_at is None and not changed:
        # A person who restarts what is healthy means it: only healing's own wish is fulfilled by health.
        is_fulfilled = all(health_now(target) is Health.HEALTHY for target in targets)
        if is_fulfilled and attempt.cause_key != MANUAL:
            detail = f"{_name(attempt)} is healthy again without it"
            return end_attempt(step, attempt, Outcome.NOT_NEEDED, detail, now)
        return step
    refused = _refusal(attempt, targets)
    if refused is not None and not changed:
        return end_attempt(step, attempt, Outcome.FAILED, refused, now)
    if not changed:
        return _await_change(step, attempt, watch, now)
    return _watch_recovery(step, attempt, targets, watch, now)


def _observe_roll_out(step: Step, attempt: AttemptRecord, watch: Watch, now: float) -> Step:
    """Judge by the runtime's word until the new revision serves, and by the instances of that revision from then on.

    One that nobody is known to have asked for is asked for under the same id, whatever health is by then: it may be under way.
    """
    roll_out = attempt.roll_out
    if roll_out is None:
        return step if attempt.acted_at is None else _await_change(step, attempt, watch, now)
    if roll_out.state is RollOutState.FAILED:
        return failed(step, attempt.id, roll_out.text, Setback.FUTILE, now)
    if roll_out.state is RollOutState.RUNNING:
        since = max(attempt.acted_at or attempt.decided_at, watch.listening_since)
        if now < since + watch.roll_out_within_s:
            return step
        text = f"the roll-out did not end within {watch.roll_out_within_s:g} s: {roll_out.text}"
        return failed(step, attempt.id, text, Setback.FUTILE, now)
    targets = list(of_roll_out(watch.live, roll_out.revision, attempt.decided_at))
    if targets:
        return _watch_recovery(_admitted(step, targets, now), attempt, targets, watch, now)
    step, attempt = _note_start(step, attempt, targets, now)
    if now < _deadline(attempt, watch):
        return step
    detail = f"{_name(attempt)} serves, but no sidecar of it was heard"
    return end_attempt(step, attempt, Outcome.STILL_SICK, detail, now)


def _admitted(step: Step, instances: Iterable[InstanceRecord], now: float) -> Step:
    """Let the incident be about the instances that took the others' place."""
    patients = dict(step.incident.patients)
    for instance in instances:
        patients.setdefault(instance.name, PatientRecord(since=now))
    return step.change(patients=patients)


def _await_change(step: Step, attempt: AttemptRecord, watch: Watch, now: float) -> Step:
    since = max(attempt.acted_at or attempt.decided_at, watch.listening_since)
    patience_s = watch.policy.restart.stop_grace_s + watch.order_acknowledged_within_s
    if now < since + patience_s:
        return step
    detail = f"{_name(attempt)} was not restarted within {patience_s:g} s"
    return end_attempt(step, attempt, Outcome.NOT_ACKNOWLEDGED, detail, now)


def _watch_recovery(
    step: Step, attempt: AttemptRecord, targets: list[InstanceRecord], watch: Watch, now: float
) -> Step:
    step, attempt = _note_start(step, attempt, targets, now)
    step, attempt = _note_health(step, attempt, targets, now)
    hold_s = watch.policy.healing.verify_hold_s
    is_proven = all(target.name in watch.proven for target in targets)
    if attempt.healthy_at is not None and is_proven:
        if now - attempt.healthy_at < hold_s:
            return step
        detail = f"{_name(attempt)} held its health for {hold_s:g} s and answered real requests"
        return end_attempt(step, attempt, Outcome.VERIFIED, detail, now)
    if any(target.reported_reason is HealthReason.GAVE_UP for target in targets):
        detail = f"{_name(attempt)} keeps exiting and its sidecar gave up"
        return end_attempt(step, attempt, Outcome.STILL_SICK, detail, now)
    if attempt.relapsed_at is not None and now - attempt.relapsed_at >= hold_s:
        detail = f"{_name(attempt)} fell sick again and stayed so for {hold_s:g} s"
        return end_attempt(step, attempt, Outcome.STILL_SICK, detail, now)
    if now < _deadline(attempt, watch):
        return step
    unproven = "healthy, but answered no real request" if attempt.healthy_at else "still sick"
    detail = f"{_name(attempt)} is {unproven} after {watch.policy.healing.verify_within_s:g} s"
    return end_attempt(step, attempt, Outcome.STILL_SICK, detail, now)


def _deadline(attempt: AttemptRecord, watch: Watch) -> float:
    """Return when it must be well: some time after it first answered, or after a start that took too long."""
    answered_at = attempt.answered_at
    if answered_at is None:
        started_at = attempt.started_at or attempt.acted_at or attempt.decided_at
        answered_at = started_at + watch.policy.health.startup_timeout_s
    return max(answered_at, watch.listening_since) + watch.policy.healing.verify_within_s


def _note_start(
    step: Step, attempt: AttemptRecord, targets: list[InstanceRecord], now: float
) -> tuple[Step, AttemptRecord]:
    if attempt.started_at is not None:
        return step, attempt
    seen = [_seen(attempt, target) for target in targets]
    # Only the latest word is kept; a process that answers already was started before that.
    heard = [s.at for s in seen if s is not None and s.state is AttemptState.STARTED]
    at = max(attempt.decided_at, min(now, max(heard, default=attempt.roll_out_at or now)))
    attempt = msgspec.structs.replace(attempt, started_at=at, acted_at=attempt.acted_at or at)
    done = "serves" if attempt.rolls_out else "was restarted"
    text = f"{_name(attempt)} {done} {_span(at - attempt.decided_at)} after the decision"
    step = _put(step, attempt).tell(
        "restarted",
        at,
        text,
        event=EventType.INCIDENT_RESTARTED,
        instance=attempt.instance,
        data={"attempt": attempt.id},
    )
    return step, attempt


def _note_health(
    step: Step, attempt: AttemptRecord, targets: list[InstanceRecord], now: float
) -> tuple[Step, AttemptRecord]:
    health = [health_now(target) for target in targets]
    if attempt.answered_at is None and Health.UNKNOWN not in health:
        seen = [_seen(attempt, target) for target in targets]
        heard = [s.at for s in seen if s is not None and s.state is AttemptState.ANSWERED]
        at = max(attempt.started_at or now, min(now, max(heard, default=now)))
        attempt = msgspec.structs.replace(attempt, answered_at=at)
    is_healthy = all(each is Health.HEALTHY for each in health)
    attempt = msgspec.structs.replace(attempt, relapsed_at=_relapsed_at(attempt, health, now))
    if is_healthy is (attempt.healthy_at is not None):
        return _put(step, attempt), attempt
    attempt = msgspec.structs.replace(
        attempt,
        healthy_at=now if is_healthy else None,
        was_healthy=attempt.was_healthy or is_healthy,
    )
    if not is_healthy:
        return _put(step, attempt).tell(
            "relapsed", now, f"{_name(attempt)} fell sick again", instance=attempt.instance
        ), attempt
    text = f"{_name(attempt)} is healthy again {_span(now - attempt.decided_at)} after the decision"
    step = _put(step, attempt).tell(
        "healthy",
        now,
        text,
        event=EventType.INCIDENT_HEALTHY,
        instance=attempt.instance,
        data={"attempt": attempt.id},
    )
    return step, attempt


def _relapsed_at(attempt: AttemptRecord, health: list[Health], now: float) -> float | None:
    # Who only starts again, after an exit that was the sidecar's to mend, is not sick.
    is_sick = any(each not in (Health.HEALTHY, Health.UNKNOWN) for each in health)
    if not (is_sick and attempt.was_healthy):
        return None
    return now if attempt.relapsed_at is None else attempt.relapsed_at


def _is_another(attempt: AttemptRecord, target: InstanceRecord) -> bool:
    """Return whether the process is no longer the one that was to be replaced."""
    before = (attempt.boots.get(target.name, target.boot_id), attempt.incarnations[target.name])
    return (target.boot_id, target.incarnation) != before


def _refusal(attempt: AttemptRecord, targets: list[InstanceRecord]) -> str | None:
    for target in targets:
        seen = _seen(attempt, target)
        if seen is not None and seen.state in _REFUSED:
            why = seen.detail or seen.state.value
            return f"the sidecar of {target.name} could not restart it: {why}"
    return None


def _seen(attempt: AttemptRecord, target: InstanceRecord) -> AttemptSeen | None:
    seen = target.attempt
    return seen if seen is not None and seen.attempt_id == attempt.id else None


def _name(attempt: AttemptRecord) -> str:
    if attempt.roll_out is not None and attempt.roll_out.revision:
        return f"revision {attempt.roll_out.revision}"
    return attempt.instance or f"each of {len(attempt.incarnations)} instances"


def _span(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _pending(step: Step, attempt_id: str) -> AttemptRecord | None:
    return next((a for a in pending(step.incident) if a.id == attempt_id), None)


def _put(step: Step, attempt: AttemptRecord) -> Step:
    attempts = tuple(attempt if a.id == attempt.id else a for a in step.incident.attempts)
    return step.change(attempts=attempts)
