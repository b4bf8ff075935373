"""One turn over the reports of one service: decide them one after the other, and commit them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tagent_contract.problems import ConflictReason
from tagent_contract.reports import Report
from tagent_platform.core.happenings import Happening
from tagent_platform.core.intake import Intake, Known, SupersededError, take_in
from tagent_platform.core.records import (
    FaultRecord,
    InstanceRecord,
    ServiceRecord,
    instance_key,
)
from tagent_platform.ports.store import Change, NewEvent
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.contacts import Contact
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.events import event_of
from tagent_platform.usecases.platform import Platform


@dataclass(slots=True)
class WaitingReport:
    """A report that may change records, and what became of it."""

    report: Report
    clock_offset_s: float
    refusal: RefusedError | None = None
    is_newest: bool = False
    """It decided, since none with a higher number came before it."""
    wrote_counters: bool = False

    @property
    def key(self) -> str:
        """The instance's key."""
        return instance_key(self.report.service, self.report.instance)


async def take_turn(platform: Platform, service: str, waiting: Sequence[WaitingReport]) -> None:
    """Decide and commit; each report then knows whether it was the newest, or why it was refused."""
    await commit_decision(platform, lambda: _Turn(platform, service).decide(waiting))


@dataclass(slots=True)
class _Turn:
    """The service's records with what the turn did to them so far."""

    platform: Platform
    service: str
    instances: dict[str, InstanceRecord | None] = field(default_factory=dict)
    faults: dict[str, FaultRecord] = field(default_factory=dict)
    seqs: dict[tuple[str, str], int] = field(default_factory=dict)
    departed: set[tuple[str, str]] = field(default_factory=set)
    events: list[NewEvent] = field(default_factory=list)

    def decide(self, waiting: Sequence[WaitingReport]) -> Decision[None]:
        now = self.platform.clock.now()
        for item in waiting:
            item.refusal, item.is_newest, item.wrote_counters = None, False, False
            if self._is_news(item):
                self._decide_one(item, now)
        return Decision(None, self._changes(now), self.events)

    def _is_news(self, item: WaitingReport) -> bool:
        boot = (item.key, item.report.boot_id)
        if boot in self.departed or self.platform.contacts.has_departed(*boot):
            return False
        known = self._instance(item.key)
        if known is None:
            return not item.report.goodbye
        contact = self._contact(item)
        written = known.seq if known.boot_id == item.report.boot_id else -1
        highest = self.seqs.get(boot, written if contact is None else max(written, contact.seq))
        return item.report.seq > highest

    def _decide_one(self, item: WaitingReport, now: float) -> None:
        before = self._instance(item.key)
        known = Known(before, self._live_faults(), self._ends_known(item))
        limits = self.platform.limits
        try:
            intake = take_in(item.report, known, now, boots_kept=limits.superseded_boots_kept)
        except SupersededError as error:
            item.refusal = RefusedError(ConflictReason.SUPERSEDED, str(error))
            return
        item.is_newest = True
        boot = (item.key, item.report.boot_id)
        self.seqs[boot] = item.report.seq
        if self._may_wait(item, before, intake):
            return
        item.wrote_counters = bool(intake.faults)
        self.faults.update(intake.faults)
        self.instances[item.key] = intake.instance
        if intake.instance is None:
            self.departed.add(boot)
        self._say(item, intake.happenings)

    def _may_wait(self, item: WaitingReport, before: InstanceRecord | None, intake: Intake) -> bool:
        """Counters alone are written down once in a while."""
        if intake.instance is not before or intake.happenings:
            return False
        contact = self._contact(item)
        if contact is None:
            return False
        since_s = self.platform.clock.monotonic() - contact.counters_committed_monotonic
        return since_s < self.platform.limits.counters_interval_s

    def _say(self, item: WaitingReport, happenings: Sequence[Happening]) -> None:
        self.events.extend(event_of(happening, item.report.instance) for happening in happenings)

    def _instance(self, key: str) -> InstanceRecord | None:
        if key in self.instances:
            return self.instances[key]
        found = self.platform.store.get(InstanceRecord, key)
        return None if found is None else found.record

    def _contact(self, item: WaitingReport) -> Contact | None:
        contact = self.platform.contacts.get(item.key)
        is_same = contact is not None and contact.boot_id == item.report.boot_id
        return contact if is_same else None

    def _live_faults(self) -> dict[str, FaultRecord]:
        live = self.platform.fleet.faults_of(self.service).live
        return {key: self.faults.get(key, versioned.record) for key, versioned in live.items()}

    def _ends_known(self, item: WaitingReport) -> frozenset[str]:
        contact = self._contact(item)
        if contact is None or contact.plan_seen is None:
            return frozenset()
        plan = contact.plan_seen.plan
        has_it = contact.plan_revision == plan.revision
        return frozenset(plan.ending) if has_it else frozenset()

    def _changes(self, now: float) -> list[Change]:
        store = self.platform.store
        changes: list[Change] = []
        for key, record in self.instances.items():
            found = store.get(InstanceRecord, key)
            version = 0 if found is None else found.version
            if record is not (None if found is None else found.record):
                changes.append(Change(InstanceRecord, key, record, version))
        live = self.platform.fleet.faults_of(self.service).live
        changes.extend(
            Change(FaultRecord, key, fault, live[key].version) for key, fault in self.faults.items()
        )
        if self.instances and store.get(ServiceRecord, self.service) is None:
            service = ServiceRecord(name=self.service, since=now)
            changes.append(Change(ServiceRecord, self.service, service, 0))
        return changes
