"""End the faults that silence has ended, and those a halt did not get to. Called by the control loop."""

from __future__ import annotations

import functools

from tagent_contract.faults import EndReason
from tagent_platform.core.fault_steps import FaultStep
from tagent_platform.core.faults import FaultTimes, end, pass_time
from tagent_platform.core.records import FaultRecord, instance_key
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.events import event_of
from tagent_platform.usecases.lookups import halt_of
from tagent_platform.usecases.platform import HEALING, Platform


async def expire_faults(platform: Platform) -> None:
    """Fail what nobody acknowledged, lose what nobody can end any more, and end what a halt left over."""
    for versioned in platform.fleet.live_faults():
        fault_id = versioned.record.id
        if _step(platform, versioned.record).record is not versioned.record:
            await commit_decision(platform, functools.partial(_decide, platform, fault_id))


def _decide(platform: Platform, fault_id: str) -> Decision[None]:
    found = platform.store.get(FaultRecord, fault_id)
    if found is None:
        return Decision(None)
    step = _step(platform, found.record)
    if step.record is found.record:
        return Decision(None)
    return Decision(
        None,
        [Change(FaultRecord, fault_id, step.record, found.version)],
        [event_of(happening, HEALING) for happening in step.happenings],
    )


def _step(platform: Platform, record: FaultRecord) -> FaultStep:
    now, monotonic = platform.clock.now(), platform.clock.monotonic()
    halt, _ = halt_of(platform)
    if halt is not None and halt.halted and record.ending is not EndReason.HALTED:
        return end(record, EndReason.HALTED, now)
    limits = platform.limits
    return pass_time(
        record,
        now=now,
        listening_since=platform.contacts.grace_from_at,
        out_of_touch_s=lambda instance: (
            platform.contacts.out_of_touch_s(instance_key(record.service, instance), monotonic)
            - platform.patience_s
        ),
        times=FaultTimes(
            acknowledged_within_s=limits.acknowledged_within_s,
            lease_s=limits.lease_s,
            lost_margin_s=limits.lost_margin_s,
        ),
    )
