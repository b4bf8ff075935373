"""An instance's record, as its sidecar's reports change it.

The sidecar decides its instance's health, the platform believes it, with two exceptions that are the platform's own words:
RECOVERING stands from an order until healing says how it went, and OFFLINE until the sidecar is heard again. Of two boots with
one name the one that started later has it.
"""

from __future__ import annotations

import msgspec

from tagent_contract.events import EventType
from tagent_contract.health import Health, HealthReason
from tagent_contract.reports import AttemptProgress, ExitSeen, Report, RestartCause
from tagent_platform.core.happenings import Happening
from tagent_platform.core.records import AttemptSeen, ExitRecord, InstanceRecord

EXITS_KEPT = 10
HELD_UNTIL_MOVES_S = 1.0
"""A smaller change of when back-off ends is the noise of the network."""
BOOTS_ARE_THE_SAME_AGE_S = 0.001

Heard = tuple[InstanceRecord, list[Happening]]


def register(report: Report, now: float) -> InstanceRecord:
    """Return the record of a boot never heard of before, as its report describes it."""
    return InstanceRecord(
        service=report.service,
        name=report.instance,
        boot_id=report.boot_id,
        seq=report.seq,
        boot_started_at=now - report.boot_age_s,
        incarnation=report.incarnation,
        health=report.state.health,
        reason=report.state.reason,
        since=now - min(report.state.since_age_s, report.boot_age_s),
        reported=report.state.health,
        reported_reason=report.state.reason,
        detail=report.state.detail,
        address=report.address,
        protocol=report.protocol,
        supervised=report.supervised,
        version=report.version,
        capabilities=report.capabilities,
        missing=report.missing,
        place=report.place,
    )


def has_precedence(known: InstanceRecord, report: Report, now: float) -> bool:
    """Decide whether a boot that the record does not name takes the name over.

    The later start wins. A record that claims to be from the future (the platform's clock was set back) or whose boot is
    OFFLINE stands in nobody's way, except that a boot which lost the name before never gets it back.
    """
    if report.boot_id in known.superseded_boots:
        return False
    if known.health is Health.OFFLINE or known.boot_started_at > now:
        return True
    return now - report.boot_age_s > known.boot_started_at + BOOTS_ARE_THE_SAME_AGE_S


def take_over(known: InstanceRecord, report: Report, now: float, boots_kept: int) -> Heard:
    """Let a newer boot have the name. What the platform holds of it goes on: RECOVERING, if it was being restarted."""
    record = register(report, now)
    lost = (*known.superseded_boots, known.boot_id)[-boots_kept:]
    record = msgspec.structs.replace(record, superseded_boots=lost)
    happenings = [
        Happening(
            type=EventType.INSTANCE_SUPERSEDED,
            service=known.service,
            at=now,
            instance=known.name,
            text=f"a newer sidecar took the name {known.name}",
            data={"boot_id": known.boot_id, "by": report.boot_id},
        )
    ]
    if known.health is Health.RECOVERING:
        record = msgspec.structs.replace(
            record, health=known.health, reason=known.reason, detail=known.detail, since=known.since
        )
    elif (known.health, known.reason) != (record.health, record.reason):
        happenings.append(_health_changed(known, record, now))
    return record, happenings


def says_nothing_new(record: InstanceRecord, report: Report) -> bool:
    """Return whether the record stays as it is, whatever the report says of faults. The path of most reports."""
    state = report.state
    return (
        record.reported is state.health
        and record.reported_reason is state.reason
        and record.health is not Health.OFFLINE
        and record.incarnation == report.incarnation
        and not report.exits
        and not report.attempts
        and not report.goodbye
        and record.address == report.address
        and record.supervised is report.supervised
        and record.protocol == report.protocol
        and record.version == report.version
        and record.capabilities == report.capabilities
        and record.missing == report.missing
        and record.place == report.place
    )


def hear(record: InstanceRecord, report: Report, now: float) -> Heard:
    """Take over what the newest report of this boot says; the same record object when it says nothing new."""
    happenings: list[Happening] = []
    heard = _with_health(record, report, now)
    if (heard.health, heard.reason) != (record.health, record.reason):
        # Sick for another reason than before is news of now, though it has been sick for long.
        at = heard.since if heard.health is not record.health else now
        happenings.append(_health_changed(record, heard, at))
    heard = msgspec.structs.replace(
        heard,
        incarnation=report.incarnation,
        address=report.address,
        protocol=report.protocol,
        supervised=report.supervised,
        version=report.version,
        capabilities=report.capabilities,
        missing=report.missing,
        place=report.place,
    )
    for seen in sorted(report.exits, key=lambda seen: seen.number):
        heard, more = _with_exit(heard, seen, now)
        happenings.extend(more)
    heard = _with_hold(heard, report, now)
    heard = _with_attempt(heard, report.attempts, now)
    return (record, []) if heard == record else (heard, happenings)


def believe_sidecar(record: InstanceRecord, now: float) -> InstanceRecord:
    """Return the record with the sidecar's word in place of the platform's own: healing is done with it."""
    if record.health is not Health.RECOVERING:
        return record
    return msgspec.structs.replace(
        record, health=record.reported, reason=record.reported_reason, detail="", since=now
    )


def silence(record: InstanceRecord, now: float, silent_s: float) -> Heard:
    """Hold an instance OFFLINE that was not heard for too long."""
    if record.health is Health.OFFLINE:
        return record, []
    offline = msgspec.structs.replace(
        record,
        health=Health.OFFLINE,
        reason=HealthReason.NO_CONTACT,
        since=now,
        detail=f"not heard for {silent_s:.0f} s",
    )
    return offline, [_health_changed(record, offline, now)]


def _with_health(record: InstanceRecord, report: Report, now: float) -> InstanceRecord:
    state = report.state
    heard = msgspec.structs.replace(record, reported=state.health, reported_reason=state.reason)
    if record.health is Health.RECOVERING:
        return heard
    if (record.health, record.reason) == (state.health, state.reason):
        return heard
    since = record.since
    if state.health is not record.health:
        # A sidecar that was out of contact may have been so for longer than anybody here knew.
        began = now - state.since_age_s
        since = began if began >= record.since else now
    return msgspec.structs.replace(
        heard, health=state.health, reason=state.reason, detail=state.detail, since=since
    )


def _health_changed(before: InstanceRecord, after: InstanceRecord, at: float) -> Happening:
    reason = after.reason.value.replace("_", " ")
    return Happening(
        type=EventType.HEALTH_CHANGED
        if after.reason is not HealthReason.GAVE_UP
        else EventType.PROCESS_GAVE_UP,
        service=after.service,
        at=at,
        instance=after.name,
        text=f"{after.name} is {after.health}: {after.detail or reason}",
        data={"from": before.health.value, "to": after.health.value, "reason": after.reason.value},
    )


def _with_exit(record: InstanceRecord, seen: ExitSeen, now: float) -> Heard:
    happenings = []
    exited_at = now - seen.age_s
    if seen.number > record.exits_seen:
        happenings.append(_exited(record, seen, exited_at))
        exits = record.exits
        if seen.cause is RestartCause.EXIT:
            new = ExitRecord(number=seen.number, at=exited_at, status=seen.status)
            exits = (*exits, new)[-EXITS_KEPT:]
        record = msgspec.structs.replace(record, exits_seen=seen.number, exits=exits)
    if seen.back_ms is not None and seen.number > record.backs_seen:
        back_at = min(now, exited_at + seen.back_ms / 1000)
        happenings.append(_back(record, seen, back_at))
        exits = tuple(
            msgspec.structs.replace(known, back_at=back_at)
            if known.number == seen.number
            else known
            for known in record.exits
        )
        record = msgspec.structs.replace(record, backs_seen=seen.number, exits=exits)
    return record, happenings


def _exited(record: InstanceRecord, seen: ExitSeen, at: float) -> Happening:
    wanted = "as ordered" if seen.cause is RestartCause.ORDER else "by itself"
    return Happening(
        type=EventType.PROCESS_EXITED,
        service=record.service,
        at=at,
        instance=record.name,
        text=f"the process of {record.name} ended {wanted}: {seen.status}",
        data={"number": seen.number, "status": seen.status, "incarnation": seen.incarnation},
    )


def _back(record: InstanceRecord, seen: ExitSeen, at: float) -> Happening:
    return Happening(
        type=EventType.PROCESS_BACK,
        service=record.service,
        at=at,
        instance=record.name,
        text=f"{record.name} answers again after {seen.back_ms:.0f} ms",
        data={"number": seen.number, "back_ms": seen.back_ms, "incarnation": seen.restarted_as},
    )


def _with_hold(record: InstanceRecord, report: Report, now: float) -> InstanceRecord:
    """Remember until when the sidecar holds the next start, and forget it once the process is started.

    Exits that the platform is known to have heard of are not repeated, so that none says nothing.
    """
    last = max(report.exits, key=lambda seen: seen.number, default=None)
    if last is None:
        return record
    held_s = last.held_until_s if last.restarted_as is None else None
    if held_s is None:
        return msgspec.structs.replace(record, held_until=None)
    until = now + held_s
    if record.held_until is not None and abs(until - record.held_until) < HELD_UNTIL_MOVES_S:
        return record
    return msgspec.structs.replace(record, held_until=until)


def _with_attempt(
    record: InstanceRecord, attempts: tuple[AttemptProgress, ...], now: float
) -> InstanceRecord:
    """Keep the latest word on the order that the plan carries; of other orders only while there is none."""
    wanted = record.restart.attempt_id if record.restart is not None else None
    for progress in reversed(attempts):
        if wanted is None or progress.attempt_id == wanted:
            break
    else:
        return record
    known = record.attempt
    if known is not None and (known.attempt_id, known.state) == (
        progress.attempt_id,
        progress.state,
    ):
        return record
    attempt = AttemptSeen(
        attempt_id=progress.attempt_id,
        state=progress.state,
        at=now - progress.age_s,
        incarnation=progress.incarnation,
        detail=progress.detail,
    )
    return msgspec.structs.replace(record, attempt=attempt)
