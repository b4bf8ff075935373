"""Wishes that faults end, in one commit."""

from __future__ import annotations

from collections.abc import Iterable

from tagent_contract.faults import EndReason
from tagent_platform.core.faults import end
from tagent_platform.core.records import FaultRecord
from tagent_platform.ports.store import Change, NewEvent, Versioned
from tagent_platform.usecases.events import event_of
from tagent_platform.usecases.platform import Actor


def ending_changes(
    faults: Iterable[Versioned[FaultRecord]],
    reason: EndReason,
    now: float,
    actor: Actor,
    why: str = "",
) -> tuple[list[Change], list[NewEvent]]:
    """Return what to commit so that these faults are to end; nothing for those that are already."""
    changes: list[Change] = []
    events: list[NewEvent] = []
    for versioned in faults:
        step = end(versioned.record, reason, now)
        if step.record is not versioned.record:
            changes.append(Change(FaultRecord, step.record.id, step.record, versioned.version))
            events.extend(event_of(happening, actor, why) for happening in step.happenings)
    return changes, events
