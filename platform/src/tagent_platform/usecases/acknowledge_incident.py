"""A person says that an incident is theirs."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_contract.incidents import IncidentState, IncidentView
from tagent_contract.problems import ConflictReason
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.records import IncidentRecord
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.lookups import incident_named
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.review_commit import Written, write_incident
from tagent_platform.usecases.show_incident import view_with_timeline


async def acknowledge_incident(
    platform: Platform, *, incident_id: str, actor: Actor, reason: str = ""
) -> IncidentView:
    """Return the incident, acknowledged by the last who did. Raises NotFoundError; RefusedError(INCIDENT_ENDED)."""

    def decide() -> Decision[IncidentRecord]:
        record = incident_named(platform, incident_id).record
        if record.state is IncidentState.RESOLVED:
            raise RefusedError(ConflictReason.INCIDENT_ENDED, f"incident {record.id} is resolved")
        if record.acknowledged_by == actor.name:
            return Decision(record)
        now = platform.clock.now()
        text = f"{actor.name} has it in hand" + (f": {reason}" if reason else "")
        step = (
            Step(record)
            .change(acknowledged_at=now, acknowledged_by=actor.name)
            .tell("taken", now, text, event=EventType.INCIDENT_ACKNOWLEDGED)
        )
        written = Written()
        write_incident(platform, step.incident, step.happenings, actor, written, reason)
        return Decision(step.incident, written.changes, written.events)

    return view_with_timeline(platform, await commit_decision(platform, decide))
