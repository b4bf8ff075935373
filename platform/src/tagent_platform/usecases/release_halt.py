"""Accept faults again."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_contract.faults import EndReason
from tagent_contract.problems import ConflictReason
from tagent_contract.services import Halt
from tagent_platform.core.records import HALT_KEY, HaltRecord
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.ending import ending_changes
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.events import event_by
from tagent_platform.usecases.lookups import halt_of
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.show_halt import show_halt


async def release_halt(platform: Platform, *, actor: Actor, reason: str = "") -> Halt:
    """Return the released halt. What it ended stays ended. Raises RefusedError(NOT_HALTED)."""
    await commit_decision(platform, lambda: _release(platform, actor, reason))
    return await show_halt(platform)


def _release(platform: Platform, actor: Actor, reason: str) -> Decision[None]:
    halt, guard = halt_of(platform)
    if halt is None or not halt.halted:
        raise RefusedError(ConflictReason.NOT_HALTED, "nothing is halted")
    now = platform.clock.now()
    text = f"the halt by {halt.by} is released"
    event = event_by(actor, EventType.HALT_RELEASED, "", text, at=now, why=reason)
    # A fault that the halt did not get to must not come back with the release.
    changes, events = ending_changes(
        platform.fleet.live_faults(), EndReason.HALTED, now, actor, halt.reason
    )
    released = Change(HaltRecord, HALT_KEY, HaltRecord(halted=False), guard.expected)
    return Decision(None, [released, *changes], [event, *events])
