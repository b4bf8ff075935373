"""What a person's restart and recover have in common."""

from __future__ import annotations

from collections.abc import Mapping

from tagent_contract.faults import EndReason
from tagent_contract.incidents import IncidentView, Refusal
from tagent_contract.problems import ConflictReason
from tagent_platform.core.healing import orders
from tagent_platform.core.healing.facts import Facts
from tagent_platform.core.healing.orders import Wish, needing_recovery
from tagent_platform.core.incidents.views import incident_view
from tagent_platform.core.policy import Hold
from tagent_platform.core.records import IncidentRecord
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.ending import ending_changes
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.heal_services import describe_remedies
from tagent_platform.usecases.healing_facts import gather_facts
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.review_commit import write_review

_CONFLICTS: Mapping[Refusal, ConflictReason] = {
    Refusal.HALTED: ConflictReason.HALTED,
    Refusal.TARGET_LOCKED: ConflictReason.TARGET_LOCKED,
    Refusal.SIDECAR_UNREACHABLE: ConflictReason.SIDECAR_UNREACHABLE,
    Refusal.NOT_SUPERVISED: ConflictReason.NOT_SUPERVISED,
    Refusal.LADDER_EXHAUSTED: ConflictReason.UNSUPPORTED,
}


async def order_restart(
    platform: Platform,
    *,
    service: str,
    actor: Actor,
    reason: str,
    instance: str | None,
    is_recovery: bool = False,
) -> IncidentView:
    """Order restarts in one commit with what belongs to them, and return the incident."""
    service_named(platform, service)
    remedies = await describe_remedies(platform, service)

    def decide() -> Decision[IncidentRecord]:
        facts = gather_facts(platform, service_named(platform, service).record, remedies)
        targets = _targets(facts, instance, is_recovery=is_recovery)
        wish = Wish(targets, actor.name, reason, is_for_one=instance is not None)
        now = platform.clock.now()
        found = orders.order_restart(facts, wish, new_incident_id=platform.new_id, now=now)
        if isinstance(found, Hold):
            raise RefusedError(_CONFLICTS[found.reason], found.text, found.until)
        if found.incident is None:
            raise AssertionError("an order always belongs to an incident")
        written = write_review(platform, facts, found, actor, reason)
        if is_recovery:
            live = platform.fleet.faults_of(service).live.values()
            changes, events = ending_changes(live, EndReason.RECOVERED, now, actor, reason)
            written.changes.extend(changes)
            written.events.extend(events)
        return Decision(found.incident, written.changes, written.events)

    incident = await commit_decision(platform, decide)
    faults = [found.record for found in platform.fleet.faults_of(service).all.values()]
    return incident_view(incident, faults, with_timeline=True)


def _targets(facts: Facts, instance: str | None, *, is_recovery: bool) -> tuple[str, ...]:
    if instance is not None:
        if instance not in facts.live:
            raise NotFoundError("instance", instance, facts.live)
        return (instance,)
    if not facts.live:
        text = f"{facts.service.name} has no live instance"
        raise RefusedError(ConflictReason.NO_INSTANCES, text)
    return needing_recovery(facts.live) if is_recovery else tuple(sorted(facts.live))
