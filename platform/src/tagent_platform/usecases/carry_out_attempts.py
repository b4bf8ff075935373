"""Give the orders that are written down and not known to be given. Called by the control loop.

An order may have been given before a crash that nobody survived to note it. So first the review looks whether its target has
changed; what is asked for twice under one id, the runtime does once.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from tagent_contract.incidents import IncidentState, Remedy
from tagent_platform.core.incidents.attempts import acted, failed, unacted
from tagent_platform.core.incidents.records import AttemptRecord
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.records import (
    IncidentRecord,
    InstanceRecord,
    instance_key,
)
from tagent_platform.core.roll_outs import RollOut, Setback
from tagent_platform.ports.runtime import RestartTarget, RuntimeFailureError
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.healing_facts import is_heard
from tagent_platform.usecases.platform import HEALING, Platform
from tagent_platform.usecases.review_commit import Written, write_incident

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the runtime did not take an order, and what that means for what comes next."""

    text: str
    setback: Setback = Setback.PASSING
    is_unanswered: bool = False
    """Nobody knows whether it was done."""


async def carry_out_attempts(platform: Platform) -> None:
    """Ask the runtime for every order that waits, several at a time, and note whether it took them."""
    waiting = [
        (found.record, attempt)
        for found in platform.store.all(IncidentRecord).values()
        if found.record.state is not IncidentState.RESOLVED
        for attempt in unacted(Step(found.record))
        if _is_observed(platform, found.record, attempt)
    ]
    if not waiting:
        return
    room = asyncio.Semaphore(platform.limits.heal_concurrency)
    async with asyncio.TaskGroup() as group:
        for incident, attempt in waiting:
            group.create_task(_carry_out(platform, incident, attempt, room), name=attempt.id)


def _is_observed(platform: Platform, incident: IncidentRecord, attempt: AttemptRecord) -> bool:
    """Return whether the targets were heard since the platform began to listen; before that, nobody knows what they need."""
    if attempt.rolls_out or attempt.decided_at > platform.contacts.grace_from_at:
        # Whether a roll-out is under way the runtime says, and the instances may be gone by it.
        return True
    records = (
        platform.store.get(InstanceRecord, instance_key(incident.service, name))
        for name in attempt.incarnations
    )
    return all(found is None or is_heard(platform, found.record) for found in records)


async def _carry_out(
    platform: Platform, incident: IncidentRecord, attempt: AttemptRecord, room: asyncio.Semaphore
) -> None:
    async with room:
        found = await _order(platform, incident.service, attempt)
    if isinstance(found, Refused):
        _log.warning("attempt %s on %s failed: %s", attempt.id, incident.service, found.text)
        if found.is_unanswered and _may_ask_again(platform, attempt):
            return
    await commit_decision(platform, lambda: _note(platform, incident.id, attempt.id, found))


def _may_ask_again(platform: Platform, attempt: AttemptRecord) -> bool:
    """Return whether a roll-out of which nobody knows that it began is asked for again: under its id it begins once at most."""
    asked_s = platform.clock.now() - attempt.decided_at
    return attempt.rolls_out and asked_s < platform.limits.unanswered_order_s


async def _order(
    platform: Platform, service: str, attempt: AttemptRecord
) -> RollOut | Refused | None:
    """Ask the runtime; return the roll-out that began, if one did, or why it did not take the order."""
    timeout_s = platform.limits.act_timeout_s
    targets = [
        RestartTarget(service, instance, attempt.boots[instance], incarnation)
        for instance, incarnation in attempt.incarnations.items()
    ]
    try:
        async with asyncio.timeout(timeout_s):
            if attempt.remedy is Remedy.ROLL_BACK:
                return await platform.runtime.roll_back(service, attempt.id)
            return await platform.runtime.restart(
                targets, attempt.id, whole_service=attempt.remedy is Remedy.RESTART_SERVICE
            )
    except RuntimeFailureError as error:
        text = str(error) or type(error).__name__
        return Refused(text, error.setback, error.is_unanswered)
    except TimeoutError:
        text = f"the runtime did not take the order within {timeout_s:g} s"
        return Refused(text, is_unanswered=True)


def _note(
    platform: Platform, incident_id: str, attempt_id: str, found: RollOut | Refused | None
) -> Decision[None]:
    held = platform.store.get(IncidentRecord, incident_id)
    if held is None:
        return Decision(None)
    step, now = Step(held.record), platform.clock.now()
    if isinstance(found, Refused):
        step = failed(step, attempt_id, found.text, found.setback, now)
    else:
        step = acted(step, attempt_id, now, found)
    if step.incident is held.record:
        return Decision(None)
    written = Written()
    write_incident(platform, step.incident, step.happenings, HEALING, written)
    return Decision(None, written.changes, written.events)
