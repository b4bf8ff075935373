"""A person ends an incident, whatever its state."""

from __future__ import annotations

from tagent_contract.incidents import Outcome
from tagent_platform.core.healing.facts import Facts, Review
from tagent_platform.core.healing.review import released
from tagent_platform.core.incidents.attempts import end_attempt, pending
from tagent_platform.core.incidents.steps import Step, resolve
from tagent_platform.core.records import IncidentRecord


def close(incident: IncidentRecord, facts: Facts, *, by: str, reason: str, now: float) -> Review:
    """End an incident that is not resolved. Attempts under way are no longer watched; what is sick now opens no new one."""
    step = Step(incident)
    for attempt in pending(incident):
        step = end_attempt(step, attempt, Outcome.NOT_NEEDED, f"{by} closed the incident", now)
    text = f"closed by {by}" + (f": {reason}" if reason else "")
    step = resolve(step, text, now, closed_by=by)
    live = {name: released(instance, now) for name, instance in facts.live.items()}
    return Review(incident=step.incident, live=live, happenings=step.happenings)
