"""Send the messages that wait, oldest first, until they are taken or given up. Called by the control loop."""

from __future__ import annotations

import logging

import msgspec

from tagent_platform.core.records import DeliveryRecord
from tagent_platform.ports.notifier import Notifier, NotifyError
from tagent_platform.ports.store import Change, Versioned
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.platform import Limits, Platform

_log = logging.getLogger(__name__)


async def deliver_webhooks(platform: Platform) -> float | None:
    """Try every message whose time has come; return when the next try is due, None when nothing waits.

    A message is let go when it was taken, when its receiver refused it for good, after the last try, or when too many wait.
    One that was taken just before the platform died is sent again, under the same id.
    """
    if platform.notifier is None:
        return None
    await commit_decision(platform, lambda: _drop_surplus(platform))
    for found in _waiting(platform):
        is_due = found.record.next_try_at <= platform.clock.now()
        if is_due and not await _deliver(platform, platform.notifier, found.record):
            break
    return min((found.record.next_try_at for found in _waiting(platform)), default=None)


def retry_after_s(tries: int, limits: Limits) -> float:
    """Return how long to wait after so many tries failed."""
    doublings = min(tries - 1, 64)
    return min(limits.delivery_retry_max_s, limits.delivery_retry_first_s * 2.0**doublings)


def _waiting(platform: Platform) -> list[Versioned[DeliveryRecord]]:
    waiting = platform.store.all(DeliveryRecord).values()
    return sorted(waiting, key=lambda found: (found.record.created_at, found.record.id))


def _drop_surplus(platform: Platform) -> Decision[None]:
    waiting = _waiting(platform)
    surplus = waiting[: max(0, len(waiting) - platform.limits.deliveries_kept_max)]
    if surplus:
        _log.error("%d messages are dropped: too many wait for the webhook", len(surplus))
    changes = [Change(DeliveryRecord, found.record.id, None, found.version) for found in surplus]
    return Decision(None, changes)


async def _deliver(platform: Platform, notifier: Notifier, record: DeliveryRecord) -> bool:
    """Try one message; return False when the receiver seems to be away, so that the others need not be tried now."""
    after: DeliveryRecord | None = None
    try:
        await notifier.notify(record.payload.encode(), record.id)
    except NotifyError as error:
        after = _after_failure(platform, record, error)
    await commit_decision(platform, lambda: _put(platform, record.id, after))
    return after is None


def _put(platform: Platform, delivery_id: str, after: DeliveryRecord | None) -> Decision[None]:
    held = platform.store.get(DeliveryRecord, delivery_id)
    if held is None:
        return Decision(None)
    return Decision(None, [Change(DeliveryRecord, delivery_id, after, held.version)])


def _after_failure(
    platform: Platform, record: DeliveryRecord, error: NotifyError
) -> DeliveryRecord | None:
    tries, limits = record.tries + 1, platform.limits
    if error.is_permanent or tries >= limits.delivery_tries_max:
        _log.error("message %s is given up after %d tries: %s", record.id, tries, error)
        return None
    _log.warning("message %s was not taken, try %d: %s", record.id, tries, error)
    return msgspec.structs.replace(
        record,
        tries=tries,
        next_try_at=platform.clock.now() + retry_after_s(tries, limits),
        last_error=str(error),
    )
