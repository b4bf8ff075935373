"""Tell the other processes of the platform whom this one heard, and take in whom they heard."""

from __future__ import annotations

from tagent_contract.reports import Window
from tagent_platform.core.records import InstanceRecord
from tagent_platform.ports.replicas import Hearsay, Heartbeat
from tagent_platform.usecases.contacts import Contact
from tagent_platform.usecases.platform import Platform

TOLD_FOR_S = 15.0
"""An instance that was heard within that time is told of: a heartbeat that one of the others missed loses nothing."""


def hearsay_of(platform: Platform) -> list[Hearsay]:
    """Return what this process itself heard lately."""
    monotonic, told = platform.clock.monotonic(), []
    for key, versioned in platform.store.all(InstanceRecord).items():
        contact = platform.contacts.get(key)
        if contact is None or monotonic - contact.heard_here_monotonic > TOLD_FOR_S:
            continue
        answered = contact.plan_answered_monotonic
        told.append(
            Hearsay(
                key=key,
                boot_id=contact.boot_id,
                seq=contact.seq,
                heard_age_s=round(monotonic - contact.heard_here_monotonic, 3),
                plan_answered_age_s=None if answered is None else round(monotonic - answered, 3),
                checks_passed_in_row=contact.checks_passed_in_row,
                clock_offset_s=contact.clock_offset_s,
                detail=contact.detail,
                window=_latest_window(platform, versioned.record),
            )
        )
    return told


def _latest_window(platform: Platform, record: InstanceRecord) -> Window | None:
    since = platform.clock.now() - platform.limits.figures_window_s
    samples = platform.series.recent(record.service, record.name, since)
    return samples[-1].window if samples else None


def listen_to_others(platform: Platform) -> None:
    """Take in the heartbeats that are new; called often, and costs nothing when there is none."""
    if platform.replicas is None:
        return
    others = platform.replicas.others()
    platform.contacts.keep_heartbeats({beat.replica for beat in others})
    for beat in others:
        if platform.contacts.takes_heartbeat(beat.replica, beat.seen_monotonic):
            _take_in(platform, beat)
    meet_newcomers(platform)


def meet_newcomers(platform: Platform) -> None:
    """Count the silence of an instance that another process registered from when this one learned of it.

    Its record is here at once, and what that process heard of it only with the next heartbeat. Until then nobody is blamed.
    """
    if platform.replicas is None:
        return
    if not platform.contacts.learns_of(platform.store.latest.get(InstanceRecord, 0)):
        return
    clock = platform.clock
    for key, versioned in platform.store.all(InstanceRecord).items():
        contact = platform.contacts.get(key)
        if contact is None or contact.boot_id != versioned.record.boot_id:
            contact = platform.contacts.of_boot(key, versioned.record.boot_id)
            contact.met_monotonic, contact.heard_at = clock.monotonic(), clock.now()


def _take_in(platform: Platform, beat: Heartbeat) -> None:
    for each in beat.hearsay:
        held = platform.store.get(InstanceRecord, each.key)
        # Of a boot that another one replaced, or an instance that is gone, there is nothing to hear any more.
        if held is None or held.record.boot_id != each.boot_id:
            continue
        contact = platform.contacts.of_boot(each.key, each.boot_id)
        _tell(platform, contact, each, beat.written_monotonic)


def _tell(platform: Platform, contact: Contact, said: Hearsay, written_monotonic: float) -> None:
    contact.seq = max(contact.seq, said.seq)
    if said.plan_answered_age_s is not None:
        answered = written_monotonic - said.plan_answered_age_s
        contact.plan_answered_monotonic = max(contact.plan_answered_monotonic or answered, answered)
    heard = written_monotonic - said.heard_age_s
    if heard <= contact.heard_monotonic:
        return
    contact.heard_monotonic = heard
    contact.heard_at = platform.clock.now() - (platform.clock.monotonic() - heard)
    contact.checks_passed_in_row = said.checks_passed_in_row
    contact.clock_offset_s = said.clock_offset_s
    contact.detail = said.detail
    contact.window_told = said.window
