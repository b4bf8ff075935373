"""The end of a run, with every fault that carries its id, in one commit."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_contract.faults import EndReason
from tagent_platform.core.records import RunRecord
from tagent_platform.ports.store import Change, NewEvent, Versioned
from tagent_platform.usecases.ending import ending_changes
from tagent_platform.usecases.events import event_by
from tagent_platform.usecases.platform import Actor, Platform


def run_end(
    platform: Platform, found: Versioned[RunRecord], ended: RunRecord, actor: Actor
) -> tuple[list[Change], list[NewEvent]]:
    """Return what to commit so that the run is over."""
    now = platform.clock.now()
    mine = [
        fault for fault in platform.fleet.live_faults() if fault.record.fault.run_id == ended.id
    ]
    changes, events = ending_changes(mine, EndReason.RUN_ENDED, now, actor)
    changes.append(Change(RunRecord, ended.id, ended, found.version))
    verdict = ended.result.verdict.value if ended.result is not None else ""
    why = ended.result.why if ended.result is not None else ""
    text = f"{ended.experiment} ended: {verdict}" + (f", {why}" if why else "")
    wanted = ended.wanted.value
    events.append(
        run_event(EventType.RUN_ENDED, ended, text, actor, now, verdict=verdict, wanted=wanted)
    )
    return changes, events


def run_event(
    type_: EventType, run: RunRecord, text: str, actor: Actor, now: float, **data: str
) -> NewEvent:
    """Return an event about a run; of a run on one service it is that service's."""
    service = run.targets[0] if len(run.targets) == 1 else ""
    targets = ", ".join(run.targets)
    return event_by(
        actor, type_, service, text, at=now, run=run.id, experiment=run.experiment, targets=targets, **data
    )  # fmt: skip
