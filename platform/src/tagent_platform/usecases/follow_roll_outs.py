"""Ask the runtime how roll-outs go, which revisions still serve, and whether a roll back has done its duty. Called by the control loop.

Nothing of it is remembered here but when a service was last asked for, so that whoever runs the loop next goes on where this one was.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from tagent_contract.events import EventType
from tagent_contract.incidents import RollOutState
from tagent_platform.core.incidents.attempts import pending, told
from tagent_platform.core.incidents.records import AttemptRecord
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.records import (
    IncidentRecord,
    InstanceRecord,
    ServiceRecord,
    instance_key,
)
from tagent_platform.core.roll_outs import RollBack, is_retired, revisions_of
from tagent_platform.ports.runtime import Deployment, RuntimeFailureError
from tagent_platform.ports.store import Change, NewEvent
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.platform import HEALING, Platform
from tagent_platform.usecases.review_commit import Written, change_of, write_incident

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Followed:
    """A service to ask for, and the attempt whose roll-out is under way, if one is."""

    service: str
    incident: str = ""
    attempt: AttemptRecord | None = None


async def follow_roll_outs(platform: Platform) -> None:
    """Ask for every service for which it is time, several at a time, and take over what the runtime says."""
    room = asyncio.Semaphore(platform.limits.heal_concurrency)
    async with asyncio.TaskGroup() as group:
        for followed in list(_due(platform)):
            group.create_task(_follow(platform, followed, room), name=followed.service)


def _due(platform: Platform) -> Iterator[_Followed]:
    now, asked = platform.clock.monotonic(), platform.looks.followed
    under_way = {f.service: f for f in _under_way(platform)}
    wanted = [*under_way.values()]
    wanted += [
        _Followed(name)
        for name in platform.fleet.services_in_change()
        if name not in under_way and name in platform.store.all(ServiceRecord)
    ]
    for name in asked.keys() - {followed.service for followed in wanted}:
        del asked[name]
    for followed in wanted:
        if now - asked.get(followed.service, float("-inf")) >= _interval_s(platform, followed):
            asked[followed.service] = now
            yield followed


def _under_way(platform: Platform) -> Iterator[_Followed]:
    for service, found in platform.fleet.unresolved_incidents().items():
        for attempt in pending(found.record):
            if attempt.roll_out is not None and attempt.roll_out.state is RollOutState.RUNNING:
                yield _Followed(service, found.record.id, attempt)
                break


def _interval_s(platform: Platform, followed: _Followed) -> float:
    limits = platform.limits
    if followed.attempt is not None:
        return limits.roll_out_poll_s
    live = platform.fleet.serving_instances_of(followed.service).values()
    if len(revisions_of(found.record for found in live)) > 1:
        return limits.revisions_poll_s
    return limits.roll_back_poll_s


async def _follow(platform: Platform, followed: _Followed, room: asyncio.Semaphore) -> None:
    attempt = followed.attempt
    try:
        async with room, asyncio.timeout(platform.limits.act_timeout_s):
            deployment = await platform.runtime.follow(
                followed.service,
                attempt.id if attempt is not None else "",
                attempt.roll_out if attempt is not None else None,
            )
        if deployment is None:
            return
        await commit_decision(platform, lambda: _take_over(platform, followed, deployment))
        if deployment.held is not None and deployment.mended_by:
            await _end_roll_back(platform, followed.service, deployment.held, deployment.mended_by)
    except (RuntimeFailureError, TimeoutError) as error:
        _log.warning("the runtime does not say how %s goes: %s", followed.service, error)


def _take_over(platform: Platform, followed: _Followed, deployment: Deployment) -> Decision[None]:
    written = Written()
    for instance in [v.record for v in platform.fleet.instances_of(followed.service).values()]:
        retired = is_retired(instance, deployment.current)
        if retired is not instance.retired:
            key = instance_key(instance.service, instance.name)
            changed = msgspec.structs.replace(instance, retired=retired)
            written.changes.append(change_of(platform, InstanceRecord, key, changed))
    _write_hold(platform, followed.service, deployment.held, written)
    found = platform.store.get(IncidentRecord, followed.incident)
    if found is not None and followed.attempt is not None and deployment.roll_out is not None:
        now = platform.clock.now()
        step = told(Step(found.record), followed.attempt.id, deployment.roll_out, now)
        write_incident(platform, step.incident, step.happenings, HEALING, written)
    return Decision(None, written.changes, written.events)


def _write_hold(platform: Platform, service: str, held: RollBack | None, written: Written) -> None:
    """Keep what the runtime says of a hold; when it is over, whoever ended it, say so."""
    found = platform.store.get(ServiceRecord, service)
    if found is None or found.record.roll_back == held:
        return
    before = found.record.roll_back
    good = found.record.good_revisions
    if held is not None:
        good = tuple(name for name in good if name not in held.replaced.split(" and "))
    record = msgspec.structs.replace(found.record, roll_back=held, good_revisions=good)
    written.changes.append(Change(ServiceRecord, service, record, found.version))
    if held is not None:
        text = f"traffic of {service} is held on revision {held.revision}, away from {held.replaced}, until a newer revision is ready"
        kind = EventType.TRAFFIC_HELD
    else:
        text = f"traffic of {service} is no longer held on revision {before.revision if before else ''}"
        kind = EventType.TRAFFIC_RELEASED
    written.events.append(NewEvent(service, platform.clock.now(), kind, text, HEALING.name))


async def _end_roll_back(platform: Platform, service: str, held: RollBack, mended_by: str) -> None:
    """Give traffic back to the newest revision, now that another one than the sick one is ready."""
    _log.info("revision %s of %s is ready: the roll back is over", mended_by, service)
    async with asyncio.timeout(platform.limits.act_timeout_s):
        await platform.runtime.roll_back(service, held.attempt_id, undo=True)
    # Told at the next look, by what the runtime says then.
    platform.looks.followed.pop(service, None)
