"""Take in what sidecars report. The hottest path there is: a report that says nothing new commits nothing."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_contract.plan import PlanRevision
from tagent_contract.reports import Report
from tagent_contract.times import parse_time
from tagent_platform.core.instances import says_nothing_new
from tagent_platform.core.records import InstanceRecord, instance_key
from tagent_platform.ports.series import LogSample, WindowSample
from tagent_platform.usecases.contacts import Contact
from tagent_platform.usecases.current_plan import current_plan
from tagent_platform.usecases.errors import ForbiddenError, InvalidError
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.report_turn import WaitingReport, take_turn


async def ingest_telemetry(
    platform: Platform, *, reports: Sequence[Report], actor: Actor
) -> PlanRevision:
    """Take in a batch, and return the revision of the last report's plan.

    When it returns, state, acknowledgements and events are committed; figures and log lines are on their way. Only the highest
    sequence number of an instance's newest boot decides anything. Raises RefusedError(SUPERSEDED) for a boot whose name another
    one has, after the rest of the batch was taken in; ForbiddenError when a sidecar speaks for another service.
    """
    if actor.service is not None:
        _refuse_foreign(reports, actor.service)
    waiting: dict[str, list[WaitingReport]] = {}
    for place, report in enumerate(reports):
        clock_offset_s = _clock_offset_s(platform, place, report)
        if report.service in waiting or not _take_unchanged(platform, report, clock_offset_s):
            item = WaitingReport(report, clock_offset_s)
            waiting.setdefault(report.service, []).append(item)
    for service, items in waiting.items():
        await _take_changed(platform, service, items)
    return _answer(platform, reports[-1])


def take_at_once(platform: Platform, *, report: Report, actor: Actor) -> PlanRevision | None:
    """Take in a report that says nothing new, without waiting for anything; None, and nothing done, when it takes `ingest_telemetry`."""
    if actor.service is not None and actor.service != report.service:
        return None
    if not _take_unchanged(platform, report, _clock_offset_s(platform, 0, report)):
        return None
    return _answer(platform, report)


def _take_unchanged(platform: Platform, report: Report, clock_offset_s: float) -> bool:
    """Take in the next report of a known boot whose records stay as they are; False when that has to be decided."""
    key = instance_key(report.service, report.instance)
    contact = platform.contacts.get(key)
    held = platform.store.get(InstanceRecord, key)
    if (
        contact is None
        or held is None
        or contact.boot_id != report.boot_id
        or held.record.boot_id != report.boot_id
        or contact.seq >= report.seq
        or not says_nothing_new(held.record, report)
        or platform.fleet.faults_of(report.service).live
    ):
        return False
    _note_contact(platform, contact, report, clock_offset_s)
    _append_series(platform, contact, report)
    return True


async def _take_changed(platform: Platform, service: str, items: list[WaitingReport]) -> None:
    _note_sign_of_life(platform, items)

    async def run(turn: Sequence[list[WaitingReport]]) -> None:
        every = [item for waiting in turn for item in waiting]
        await take_turn(platform, service, every)
        for item in every:
            _note_outcome(platform, item)

    await platform.report_turns.take(service, items, run)
    for item in items:
        if item.refusal is not None:
            raise item.refusal


def _note_sign_of_life(platform: Platform, items: Sequence[WaitingReport]) -> None:
    """Count as heard whoever spoke, even if the store cannot keep now what it said."""
    for item in items:
        contact = platform.contacts.get(item.key)
        report = item.report
        if contact and contact.boot_id == report.boot_id and report.seq > contact.seq:
            _note_heard(platform, contact)


def _note_outcome(platform: Platform, item: WaitingReport) -> None:
    if item.refusal is not None:
        return
    report, contacts = item.report, platform.contacts
    contact = contacts.get(item.key)
    if item.is_newest:
        contact = contacts.of_boot(item.key, report.boot_id)
        _note_contact(platform, contact, report, item.clock_offset_s)
        if item.wrote_counters:
            contact.counters_committed_monotonic = platform.clock.monotonic()
    if contact is None or contact.boot_id != report.boot_id:
        return
    _append_series(platform, contact, report)
    if item.is_newest and report.goodbye:
        contacts.depart(item.key, report.boot_id)


def _note_contact(
    platform: Platform, contact: Contact, report: Report, clock_offset_s: float
) -> None:
    contact.seq = report.seq
    _note_heard(platform, contact)
    contact.clock_offset_s = clock_offset_s
    contact.checks_passed_in_row = report.checks_passed_in_row
    contact.detail = report.state.detail


def _note_heard(platform: Platform, contact: Contact) -> None:
    contact.heard_at = platform.clock.now()
    contact.heard_monotonic = contact.heard_here_monotonic = platform.clock.monotonic()
    contact.window_told = None


def _append_series(platform: Platform, contact: Contact, report: Report) -> None:
    """Hand on windows and log lines, in the platform's time, once each."""
    if not contact.takes_report(report.seq) or not (report.windows or report.logs):
        return
    now = platform.clock.now()
    service, instance = report.service, report.instance
    windows = [
        WindowSample(service, instance, now - window.age_s, window)
        for window in report.windows
        if contact.takes_window(report.boot_age_s - window.age_s)
    ]
    logs = [
        LogSample(service, instance, now - line.age_s, line.stream, line.level, line.text)
        for line in report.logs
    ]
    platform.series.append(windows, logs)


def _refuse_foreign(reports: Sequence[Report], service: str) -> None:
    for report in reports:
        if report.service != service:
            raise ForbiddenError(f"this token reports for {service}, not for {report.service}")


def _clock_offset_s(platform: Platform, place: int, report: Report) -> float:
    try:
        return parse_time(report.sent_at) - platform.clock.now()
    except (ValueError, OverflowError) as error:
        raise InvalidError(f"$.reports[{place}].sent_at", str(error)) from error


def _answer(platform: Platform, report: Report) -> PlanRevision:
    instance = platform.store.get(InstanceRecord, instance_key(report.service, report.instance))
    revision = 0 if instance is None else current_plan(platform, instance).revision
    return PlanRevision(epoch=platform.store.epoch, plan_revision=revision)
