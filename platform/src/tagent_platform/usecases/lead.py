"""Take the lead when nobody has it, and know whether it is held. Called by the control loop of every process."""

from __future__ import annotations

import contextlib
import logging

import msgspec

from tagent_contract.events import EventType
from tagent_platform.core.leadership import may_lead, next_term
from tagent_platform.core.records import LEADER_KEY, LeaderRecord
from tagent_platform.ports.store import Change, ConflictError, NewEvent, StoreUnavailableError
from tagent_platform.usecases.platform import HEALING, Platform

_log = logging.getLogger(__name__)


def leads(platform: Platform) -> bool:
    """Return whether this process runs the control loop; alone it always does.

    Who has not seen its own heartbeat for as long as others wait does not know any more, and must not act.
    """
    if platform.replicas is None:
        return True
    held = platform.store.get(LeaderRecord, LEADER_KEY)
    if held is None or held.record.holder != platform.replicas.me:
        return False
    age_s = platform.store_watch.confirmed_age_s(platform.clock.monotonic())
    return age_s < platform.limits.takeover_after_s


async def contend(platform: Platform) -> None:
    """Take the lead if nobody has it or its holder is silent. Its record's version is what every commit of the loop is held to."""
    if platform.replicas is None or platform.store_watch.is_away:
        return
    held = platform.store.get(LeaderRecord, LEADER_KEY)
    leader = None if held is None else held.record
    me, now = platform.replicas.me, platform.clock.now()
    silent_s = 0.0 if leader is None else _silent_s(platform, leader.holder)
    if not may_lead(leader, me, silent_s, platform.limits.takeover_after_s):
        return
    text = (
        f"{me} leads"
        if leader is None or not leader.holder
        else (f"{me} leads, since {leader.holder} was not heard for {silent_s:.0f} s")
    )
    taken = Change(
        LeaderRecord, LEADER_KEY, next_term(leader, me, now), held.version if held else 0
    )
    event = NewEvent("", now, EventType.LEADER_CHANGED, text, HEALING.name)
    # Of two that try at once the other one has it.
    with contextlib.suppress(ConflictError):
        await platform.store.commit([taken], [event])
        _log.info(text)


def _silent_s(platform: Platform, holder: str) -> float:
    """Return for how long the leader was not heard, while this process could hear."""
    seen = [
        beat.seen_monotonic
        for beat in (platform.replicas.others() if platform.replicas else ())
        if beat.replica == holder
    ]
    since = max(platform.contacts.grace_from_monotonic, *seen, float("-inf"))
    return platform.clock.monotonic() - since


async def give_up_lead(platform: Platform) -> None:
    """Let another process have the lead at once, and say goodbye to all: this one is stopping."""
    if platform.replicas is None:
        return
    held = platform.store.get(LeaderRecord, LEADER_KEY)
    try:
        if held is not None and held.record.holder == platform.replicas.me:
            freed = msgspec.structs.replace(held.record, holder="")
            await platform.store.commit([Change(LeaderRecord, LEADER_KEY, freed, held.version)])
        await platform.replicas.leave()
    except (ConflictError, StoreUnavailableError) as error:
        _log.warning("the others will notice by its silence that this process is gone: %s", error)
