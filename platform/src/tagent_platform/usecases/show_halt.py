"""Say whether all faults are halted."""

from __future__ import annotations

from tagent_contract.faults import EndReason
from tagent_contract.services import Halt
from tagent_contract.times import format_time
from tagent_platform.usecases.lookups import halt_of
from tagent_platform.usecases.platform import Platform


async def show_halt(platform: Platform) -> Halt:
    """Return the halt, and how many targets have not yet confirmed that a halted fault ended."""
    halt, _ = halt_of(platform)
    ending = sum(
        not target.state.is_final
        for versioned in platform.fleet.live_faults()
        if versioned.record.ending is EndReason.HALTED
        for target in versioned.record.targets.values()
    )
    if halt is None or not halt.halted:
        return Halt(halted=False, faults_ending=ending)
    return Halt(
        halted=True,
        reason=halt.reason,
        by=halt.by,
        at=format_time(halt.at),
        faults_ending=ending,
    )
