"""Look at every service that needs it: open, follow and close incidents, and decide what to do. Called by the control loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from tagent_contract.health import Health
from tagent_platform.core.healing.facts import Decided
from tagent_platform.core.healing.review import review
from tagent_platform.core.ladder import Remedies
from tagent_platform.core.records import BudgetRecord, InstanceRecord, ServiceRecord
from tagent_platform.ports.runtime import RuntimeFailureError
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.healing_facts import (
    gather_facts,
    remedies_of,
    unresolved_incident,
)
from tagent_platform.usecases.platform import HEALING, Actor, Platform
from tagent_platform.usecases.review_commit import write_review
from tagent_platform.usecases.watch_storm import watch_storm

_log = logging.getLogger(__name__)
_QUIET = frozenset({Health.HEALTHY, Health.UNKNOWN})


async def heal_services(platform: Platform) -> None:
    """Commit what is decided now. Orders are only written down; `carry_out_attempts` gives them.

    A service whose records keep changing is left to the next call.
    """
    await watch_storm(platform)
    for service in services_to_review(platform):
        try:
            await review_service(platform, service)
        except RefusedError as error:
            _log.warning("%s was not reviewed: %s", service, error)


def services_to_review(platform: Platform) -> list[str]:
    """Return the services of which a look could change something."""
    spent = {found.record.service for found in platform.store.all(BudgetRecord).values()}
    return [
        name
        for name in platform.store.all(ServiceRecord)
        if name in spent
        or any(_stirs(found.record) for found in platform.fleet.instances_of(name).values())
        or unresolved_incident(platform, name) is not None
    ]


def _stirs(instance: InstanceRecord) -> bool:
    """Return whether an instance gives a reason to look at its service."""
    last = instance.exits[-1].number if instance.exits else 0
    return (
        instance.health not in _QUIET or last > instance.exits_told or instance.restart is not None
    )


async def review_service(
    platform: Platform, service: str, *, by: Actor = HEALING
) -> Sequence[Decided]:
    """Look at one service, commit what follows, and return what was decided for each instance; `by` is who looks."""
    remedies = await describe_remedies(platform, service)
    incident_id = platform.new_id()

    def decide() -> Decision[Sequence[Decided]]:
        held = platform.store.get(ServiceRecord, service)
        if held is None:
            return Decision(())
        facts = gather_facts(platform, held.record, remedies)
        found = review(facts, new_incident_id=incident_id, by=by.name, now=platform.clock.now())
        written = write_review(platform, facts, found, HEALING)
        return Decision(found.decisions, written.changes, written.events)

    return await commit_decision(platform, decide)


async def describe_remedies(platform: Platform, service: str) -> Remedies:
    """Return what the runtime can do for a service; one that does not say is taken to be able to restart."""
    try:
        async with asyncio.timeout(platform.limits.act_timeout_s):
            return remedies_of(await platform.runtime.describe(service))
    except (RuntimeFailureError, TimeoutError) as error:
        _log.warning("the runtime does not say what it can do for %s: %s", service, error)
        return Remedies()
