"""What one report changes: its instance's record, its service's faults, and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from msgspec import structs

from tagent_contract.events import EventType
from tagent_contract.faults import EndReason
from tagent_contract.reports import Report
from tagent_platform.core import faults as life
from tagent_platform.core.fault_progress import hear as hear_fault
from tagent_platform.core.fault_steps import FaultStep
from tagent_platform.core.happenings import Happening
from tagent_platform.core.instances import has_precedence, hear, register, take_over
from tagent_platform.core.records import FaultRecord, InstanceRecord, target_key


class SupersededError(Exception):
    """Another boot has the name; this one never gets it back."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the platform knows before the report. `faults` are those of the service that have not ended."""

    instance: InstanceRecord | None
    faults: Mapping[str, FaultRecord]
    ends_known: Set[str] = frozenset()
    """The faults that this sidecar knows are to end, since it has said that it has the plan which says so."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The records after the report; `faults` are the changed ones alone. Without an instance, it is gone."""

    instance: InstanceRecord | None
    faults: Mapping[str, FaultRecord]
    happenings: tuple[Happening, ...]


def take_in(report: Report, known: Known, now: float, *, boots_kept: int = 8) -> Intake:
    """Take in the newest report of an instance. Raises SupersededError when another boot has its name.

    A boot that takes a name over ends the faults of the one before it on this instance, and inherits those of scope service.
    """
    before = known.instance
    steps = _Steps(known.faults)
    happenings: list[Happening] = []
    if before is None:
        record = register(report, now)
        happenings.append(_registered(record, now))
    elif before.boot_id == report.boot_id:
        record = before
    elif has_precedence(before, report, now):
        record, more = take_over(before, report, now, boots_kept)
        happenings.extend(more)
        happenings.append(_registered(record, now))
        steps.leave(before, EndReason.SIDECAR_LOST, now)
    else:
        raise SupersededError(f"a newer sidecar has the name {report.instance}")
    record, more = hear(record, report, now)
    happenings.extend(more)
    steps.hear(record, report, known.ends_known, now)
    if report.goodbye:
        steps.leave(record, EndReason.SIDECAR_STOPPED, now)
        happenings.append(_said_goodbye(record, now))
        return Intake(None, steps.changed, (*happenings, *steps.happenings))
    if before is None or before.boot_id != record.boot_id:
        steps.reach(record, now)
    if record is not before:
        record = structs.replace(record, seq=report.seq)
    return Intake(record, steps.changed, (*happenings, *steps.happenings))


class _Steps:
    """Faults with what this report did to them so far."""

    def __init__(self, faults: Mapping[str, FaultRecord]) -> None:
        self._faults = faults
        self.changed: dict[str, FaultRecord] = {}
        self.happenings: list[Happening] = []

    def leave(self, instance: InstanceRecord, reason: EndReason, now: float) -> None:
        key = target_key(instance.name, instance.boot_id)
        for fault_id in self._faults:
            self._take(fault_id, life.leave(self._current(fault_id), key, reason, now))

    def hear(
        self, instance: InstanceRecord, report: Report, ends_known: Set[str], now: float
    ) -> None:
        key = target_key(instance.name, instance.boot_id)
        progress = {item.id: item for item in report.faults}
        for fault_id in self._faults:
            step = hear_fault(
                self._current(fault_id),
                key,
                progress.get(fault_id),
                now=now,
                knows_end=fault_id in ends_known,
            )
            self._take(fault_id, step)

    def reach(self, instance: InstanceRecord, now: float) -> None:
        for fault_id in self._faults:
            self._take(fault_id, life.reach(self._current(fault_id), instance, now))

    def _current(self, fault_id: str) -> FaultRecord:
        return self.changed.get(fault_id) or self._faults[fault_id]

    def _take(self, fault_id: str, step: FaultStep) -> None:
        if step.record is not self._current(fault_id):
            self.changed[fault_id] = step.record
            self.happenings.extend(step.happenings)


def _registered(record: InstanceRecord, now: float) -> Happening:
    return Happening(
        type=EventType.INSTANCE_REGISTERED,
        service=record.service,
        at=now,
        instance=record.name,
        text=f"{record.name} registered at {record.address or 'no address'}",
        data={"boot_id": record.boot_id, "version": record.version, "address": record.address},
    )


def _said_goodbye(record: InstanceRecord, now: float) -> Happening:
    return Happening(
        type=EventType.INSTANCE_SAID_GOODBYE,
        service=record.service,
        at=now,
        instance=record.name,
        text=f"{record.name} stopped as asked",
        data={"boot_id": record.boot_id},
    )
