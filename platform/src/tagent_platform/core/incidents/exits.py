"""Exits that a sidecar dealt with by itself, as its instance's incident tells them."""

from __future__ import annotations

import msgspec

from tagent_contract.events import EventType
from tagent_platform.core.incidents.steps import Step
from tagent_platform.core.records import ExitRecord, InstanceRecord


def tell_exits(step: Step, instance: InstanceRecord) -> Step:
    """Put an instance's exits and the restarts that followed on the timeline, those that are not there yet."""
    for seen in instance.exits:
        if seen.number > instance.exits_told:
            text = f"the process of {instance.name} ended by itself: {seen.status}"
            step = step.tell("exited", seen.at, text, instance=instance.name)
        if seen.back_at is not None and seen.number > instance.backs_told:
            step = _tell_back(step, instance, seen, seen.back_at)
    return step


def with_exits_told(instance: InstanceRecord) -> InstanceRecord:
    """Mark an instance's exits as told; the same record when there was nothing to tell."""
    exits_told = max((seen.number for seen in instance.exits), default=0)
    backs = (seen.number for seen in instance.exits if seen.back_at is not None)
    backs_told = max(backs, default=0)
    if exits_told <= instance.exits_told and backs_told <= instance.backs_told:
        return instance
    return msgspec.structs.replace(
        instance,
        exits_told=max(exits_told, instance.exits_told),
        backs_told=max(backs_told, instance.backs_told),
    )


def _tell_back(step: Step, instance: InstanceRecord, seen: ExitRecord, back_at: float) -> Step:
    back_ms = (back_at - seen.at) * 1000
    span = f"{back_ms:.0f} ms" if back_ms < 1000 else f"{back_ms / 1000:.1f} s"
    return step.tell(
        "restarted",
        back_at,
        f"{instance.name} was restarted by its sidecar in {span}",
        event=EventType.INCIDENT_RESTARTED,
        instance=instance.name,
        data={"by": "sidecar", "back_ms": round(back_ms, 1)},
    )
