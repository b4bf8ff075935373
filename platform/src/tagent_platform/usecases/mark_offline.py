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
from tagent_platform.usecases.commits import Decision, commit_together
from tagent_platform.usecases.events import event_of
from tagent_platform.usecases.exchange_hearsay import meet_newcomers
from tagent_platform.usecases.platform import HEALING, Platform


async def mark_offline(platform: Platform) -> None:
    """OFFLINE after 12 s without a report; forgotten after 10 min, or once OFFLINE and no longer listed by the runtime or replaced by it.

    Time in which the platform or its store was away does not count. Where another process may have heard it, there is some more patience.
    """
    # Here too, since records come at any time.
    meet_newcomers(platform)
    monotonic = platform.clock.monotonic()
    silent = {
        key
        for key in platform.store.all(InstanceRecord)
        if _silent_s(platform, key, monotonic) >= platform.limits.offline_after_s
    }
    gone = await _unlisted(platform, silent) if silent else set()
    await commit_together(
        platform,
        [
            functools.partial(_decide, platform, key, is_listed=key not in gone)
            for key in sorted(silent)
        ],
    )


def _silent_s(platform: Platform, key: str, monotonic: float) -> float:
    return platform.contacts.silent_s(key, monotonic) - platform.patience_s


def _decide(platform: Platform, key: str, *, is_listed: bool) -> Decision[None]:
    found = platform.store.get(InstanceRecord, key)
    monotonic = platform.clock.monotonic()
    silent_s = _silent_s(platform, key, monotonic)
    if found is None or silent_s < platform.limits.offline_after_s:
        return Decision(None)
    now = platform.clock.now()
    is_offline = found.record.health is Health.OFFLINE
    is_over = silent_s >= platform.limits.forgotten_after_s or not is_listed
    if is_offline and (is_over or _is_replaced(platform, found.record, silent_s)):
        event = event_of(_forgotten(found.record, now, silent_s), HEALING)
        return Decision(None, [Change(InstanceRecord, key, None, found.version)], [event])
    record, happenings = silence(found.record, now, silent_s)
    if record is found.record:
        return Decision(None)
    events = [event_of(happening, HEALING) for happening in happenings]
    return Decision(None, [Change(InstanceRecord, key, record, found.version)], events)


def _is_replaced(platform: Platform, record: InstanceRecord, silent_s: float) -> bool:
    """Return whether an instance that its runtime started will not come back: its revision is retired, or others go on without it."""
    if record.place is None or record.retired:
        return record.retired
    others = platform.fleet.serving_instances_of(record.service).values()
    goes_on = any(found.record.health is not Health.OFFLINE for found in others)
    return goes_on and silent_s >= platform.limits.replaced_after_s


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
