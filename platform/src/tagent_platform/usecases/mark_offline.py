"""Hold instances OFFLINE that are not heard, and forget those that will not come back. Called by the control loop."""

from __future__ import annotations

import functools

from tagent_contract.events import EventType
from tagent_contract.health import Health
from tagent_platform.core.happenings import Happening
from tagent_platform.core.instances import silence
from tagent_platform.core.records import InstanceRecord, instance_key
from tagent_platform.ports.runtime import RuntimeFailureError
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.events import event_of
from tagent_platform.usecases.platform import HEALING, Platform


async def mark_offline(platform: Platform) -> None:
    """OFFLINE after 12 s without a report; forgotten after 10 min, or once OFFLINE and no longer listed by the runtime.

    Time in which the platform or its store was away does not count, nor does time in which this was not called.
    """
    monotonic = platform.clock.monotonic()
    platform.contacts.tick(monotonic, platform.clock.now(), platform.limits.away_after_s)
    silent = {
        key
        for key in platform.store.all(InstanceRecord)
        if platform.contacts.silent_s(key, monotonic) >= platform.limits.offline_after_s
    }
    gone = await _unlisted(platform, silent) if silent else set()
    for key in sorted(silent):
        await commit_decision(
            platform, functools.partial(_decide, platform, key, is_listed=key not in gone)
        )


def _decide(platform: Platform, key: str, *, is_listed: bool) -> Decision[None]:
    found = platform.store.get(InstanceRecord, key)
    monotonic = platform.clock.monotonic()
    silent_s = platform.contacts.silent_s(key, monotonic)
    if found is None or silent_s < platform.limits.offline_after_s:
        return Decision(None)
    now = platform.clock.now()
    is_offline = found.record.health is Health.OFFLINE
    if is_offline and (silent_s >= platform.limits.forgotten_after_s or not is_listed):
        event = event_of(_forgotten(found.record, now, silent_s), HEALING)
        return Decision(None, [Change(InstanceRecord, key, None, found.version)], [event])
    record, happenings = silence(found.record, now, silent_s)
    if record is found.record:
        return Decision(None)
    events = [event_of(happening, HEALING) for happening in happenings]
    return Decision(None, [Change(InstanceRecord, key, record, found.version)], events)


async def _unlisted(platform: Platform, keys: set[str]) -> set[str]:
    """Return those of the silent instances that the runtime, where it knows, no longer lists."""
    found = [platform.store.get(InstanceRecord, key) for key in keys]
    records = [one.record for one in found if one and one.record.health is Health.OFFLINE]
    unlisted = set()
    for service in sorted({record.service for record in records}):
        try:
            listed = (await platform.runtime.describe(service)).instances
        except RuntimeFailureError:
            continue
        if listed is not None:
            unlisted |= {
                instance_key(service, record.name)
                for record in records
                if record.service == service and record.name not in listed
            }
    return unlisted


def _forgotten(record: InstanceRecord, now: float, silent_s: float) -> Happening:
    return Happening(
        type=EventType.INSTANCE_FORGOTTEN,
        service=record.service,
        at=now,
        instance=record.name,
        text=f"{record.name} was not heard for {silent_s:.0f} s and is forgotten",
        data={"boot_id": record.boot_id},
    )
