"""End every fault there is, and refuse new ones until the halt is released."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_contract.faults import EndReason
from tagent_contract.services import Halt
from tagent_platform.core.records import HALT_KEY, HaltRecord
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.ending import ending_changes
from tagent_platform.usecases.events import event_by
from tagent_platform.usecases.lookups import halt_of
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.show_halt import show_halt


async def halt_all(platform: Platform, *, reason: str, actor: Actor) -> Halt:
    """Return the halt, with how many targets have not yet confirmed their end. Halted already, the new reason stands.

    The halt itself is committed first: from then on no fault is on any plan and none is accepted, whatever else fails.
    """
    await commit_decision(platform, lambda: _halt(platform, reason, actor))
    # Whatever was armed just before the halt is swept up here; nothing can be armed after it.
    await commit_decision(platform, lambda: _sweep(platform, reason, actor))
    return await show_halt(platform)


def _halt(platform: Platform, reason: str, actor: Actor) -> Decision[None]:
    now = platform.clock.now()
    _, guard = halt_of(platform)
    record = HaltRecord(halted=True, reason=reason, by=actor.name, at=now)
    event = event_by(
        actor, EventType.HALT_SET, "", f"all faults are halted: {reason}", at=now, why=reason
    )
    return Decision(None, [Change(HaltRecord, HALT_KEY, record, guard.expected)], [event])


def _sweep(platform: Platform, reason: str, actor: Actor) -> Decision[None]:
    faults = platform.fleet.live_faults()
    now = platform.clock.now()
    return Decision(None, *ending_changes(faults, EndReason.HALTED, now, actor, reason))
