"""A person adds to an incident's story."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_contract.incidents import IncidentView
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.records import IncidentRecord
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.lookups import incident_named
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.review_commit import Written, write_incident
from tagent_platform.usecases.show_incident import view_with_timeline


async def note_incident(
    platform: Platform, *, incident_id: str, actor: Actor, text: str
) -> IncidentView:
    """Return the incident with the note on its timeline; resolved ones take notes too. Raises NotFoundError."""

    def decide() -> Decision[IncidentRecord]:
        record = incident_named(platform, incident_id).record
        said = f"{actor.name}: {text}"
        step = Step(record).tell("note", platform.clock.now(), said, event=EventType.INCIDENT_NOTED)
        written = Written()
        write_incident(platform, step.incident, step.happenings, actor, written)
        return Decision(step.incident, written.changes, written.events)

    return view_with_timeline(platform, await commit_decision(platform, decide))
