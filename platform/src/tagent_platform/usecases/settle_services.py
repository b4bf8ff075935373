"""Sum up each service's health from its instances. Called by the control loop, after whatever changed an instance."""

from __future__ import annotations

from functools import partial

from tagent_platform.core.records import InstanceRecord, ServiceRecord
from tagent_platform.core.service_health import settle
from tagent_platform.usecases.commits import Decision, commit_together
from tagent_platform.usecases.platform import Platform
from tagent_platform.usecases.review_commit import Written, write_service_health


async def settle_services(platform: Platform) -> None:
    """Commit the health of the services that are no longer what their records say."""
    latest = platform.store.latest
    looked_at = (latest.get(InstanceRecord, 0), latest.get(ServiceRecord, 0))
    if platform.looks.settled == looked_at:
        return
    changed = [n for n in platform.store.all(ServiceRecord) if _decide(platform, n).changes]
    await commit_together(platform, [partial(_decide, platform, name) for name in changed])
    platform.looks.settled = looked_at


def _decide(platform: Platform, name: str) -> Decision[None]:
    held = platform.store.get(ServiceRecord, name)
    if held is None:
        return Decision(None)
    live = [found.record for found in platform.fleet.serving_instances_of(name).values()]
    if settle(held.record, live, platform.clock.now()) is None:
        return Decision(None)
    written = Written()
    write_service_health(platform, held.record, live, written)
    return Decision(None, written.changes, written.events)
