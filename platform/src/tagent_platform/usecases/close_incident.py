"""A person ends an incident."""

from __future__ import annotations

from tagent_contract.incidents import IncidentState, IncidentView
from tagent_contract.problems import ConflictReason
from tagent_platform.core.healing.closure import close
from tagent_platform.core.healing.facts import Facts
from tagent_platform.core.ladder import Remedies
from tagent_platform.core.records import IncidentRecord, ServiceRecord
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.healing_facts import gather_facts
from tagent_platform.usecases.lookups import incident_named
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.review_commit import write_review
from tagent_platform.usecases.show_incident import view_with_timeline


async def close_incident(
    platform: Platform, *, incident_id: str, actor: Actor, reason: str = ""
) -> IncidentView:
    """Return the incident, resolved. What is still sick opens no new one until it has changed.

    Raises NotFoundError; RefusedError(INCIDENT_ENDED) for a resolved one.
    """

    def decide() -> Decision[IncidentRecord]:
        record = incident_named(platform, incident_id).record
        if record.state is IncidentState.RESOLVED:
            raise RefusedError(ConflictReason.INCIDENT_ENDED, f"incident {record.id} is resolved")
        facts = _facts(platform, record)
        found = close(record, facts, by=actor.name, reason=reason, now=platform.clock.now())
        written = write_review(platform, facts, found, actor, reason)
        closed = found.incident if found.incident is not None else record
        return Decision(closed, written.changes, written.events)

    return view_with_timeline(platform, await commit_decision(platform, decide))


def _facts(platform: Platform, record: IncidentRecord) -> Facts:
    """Return what closing looks at; the incident of a storm, or of a forgotten service, has no instances."""
    held = platform.store.get(ServiceRecord, record.service)
    if held is None:
        return Facts(service=ServiceRecord(name=record.service), live={}, incident=record)
    return gather_facts(platform, held.record, Remedies())
