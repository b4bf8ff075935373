"""Look at every service that needs it: open, follow and close incidents, and decide what to do. Called by the control loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from tagent_contract.health import Health
from tagent_platform.core.healing.facts import Decided
from tagent_platform.core.healing.review import review
from tagent_platform.core.ladder import Remedies
from tagent_platform.core.records import (
    HALT_KEY,
    STORM_KEY,
    BudgetRecord,
    HaltRecord,
    InstanceRecord,
    ServiceRecord,
    StormRecord,
)
from tagent_platform.ports.runtime import RuntimeFailureError
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.healing_facts import gather_facts, remedies_of
from tagent_platform.usecases.looks import Versions
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
    reviewed = platform.looks.reviewed
    for service in services_to_review(platform):
        versions, monotonic = _versions(platform, service), platform.clock.monotonic()
        before = reviewed.get(service)
        if before and before[0] == versions and monotonic - before[1] < _interval_s(platform):
            continue
        try:
            await review_service(platform, service)
        except RefusedError as error:
            _log.warning("%s was not reviewed: %s", service, error)
        reviewed[service] = (versions, monotonic)
        # Many reviews in a row must not keep requests from being answered.
        await asyncio.sleep(0)


def _interval_s(platform: Platform) -> float:
    return platform.limits.review_interval_s


def _versions(platform: Platform, service: str) -> Versions:
    """Return the versions of the records that a review looks at."""
    store, fleet = platform.store, platform.fleet
    single = (
        store.get(ServiceRecord, service),
        fleet.unresolved_incidents().get(service),
        store.get(HaltRecord, HALT_KEY),
        store.get(StormRecord, STORM_KEY),
    )
    return (
        *(0 if found is None else found.version for found in single),
        fleet.faults_of(service).newest,
        *(found.version for found in fleet.instances_of(service).values()),
    )


def services_to_review(platform: Platform) -> list[str]:
    """Return the services of which a look could change something."""
    store = platform.store
    wanted = {found.record.service for found in store.all(BudgetRecord).values()}
    wanted.update(
        found.record.service for found in store.all(InstanceRecord).values() if _stirs(found.record)
    )
    wanted.update(platform.fleet.unresolved_incidents())
    services = store.all(ServiceRecord)
    return sorted(name for name in wanted if name in services)


def _stirs(instance: InstanceRecord) -> bool:
    """Return whether an instance gives a reason to look at its service."""
    if instance.health not in _QUIET or instance.restart is not None:
        return True
    return bool(instance.exits) and instance.exits[-1].number > instance.exits_told


async def review_service(
    platform: Platform, service: str, *, by: Actor = HEALING
) -> Sequence[Decided]:
    """Look at one service, commit what follows, and return what was decided for each instance; `by` is who looks."""
    remedies = await describe_remedies(platform, service)

    def decide() -> Decision[Sequence[Decided]]:
        held = platform.store.get(ServiceRecord, service)
        if held is None:
            return Decision(())
        facts = gather_facts(platform, held.record, remedies)
        found = review(facts, new_incident_id=platform.new_id, by=by.name, now=platform.clock.now())
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
