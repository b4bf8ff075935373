"""Who was heard of when. In memory alone: it changes with every report, and a restart gives everybody a fresh start."""

from __future__ import annotations

from dataclasses import dataclass, field

from tagent_contract.plan import Plan
from tagent_contract.reports import Window

WINDOWS_REMEMBERED = 1024
SEQS_REMEMBERED = 64
DEPARTED_REMEMBERED = 1024


@dataclass(slots=True)
class PlanSeen:
    """The plan last worked out for an instance.

    `newest` is the version of the newest record it was made from; `plan.revision` is lower when that record's change did not change the plan.
    """

    newest: int
    plan: Plan


@dataclass(slots=True)
class Contact:
    """What is known of one boot of an instance beside its record."""

    boot_id: str
    seq: int = -1
    """The highest that was heard; a lower one decides nothing."""
    heard_at: float = 0.0
    """Seconds since the epoch on the platform's clock."""
    heard_monotonic: float = 0.0
    met_monotonic: float = float("-inf")
    """When this process learned of it by its record, before anybody told that it had been heard."""
    heard_here_monotonic: float = float("-inf")
    """When this process itself heard it, and not another one of the platform."""
    window_told: Window | None = None
    """The latest that another process heard; None: it was heard here."""
    plan_answered_monotonic: float | None = None
    """When it last got an answer that may have renewed its lease."""
    plan_revision: int = -1
    """The plan that it said it has."""
    clock_offset_s: float = 0.0
    """Its clock minus the platform's."""
    checks_passed_in_row: int = 0
    """Outside checks answered in a row, as last reported."""
    plan_seen: PlanSeen | None = None
    counters_committed_monotonic: float = float("-inf")
    """When `injected` and `passed` of its faults were last written down."""
    detail: str = ""
    """Its health's latest detail; it may change with every report, and so is in no record."""
    seqs: dict[int, None] = field(default_factory=dict)
    """The latest reports that were taken, so that a repeated one is known."""
    windows: dict[int, None] = field(default_factory=dict)
    """Ends of the windows already taken, in hundredths of a second since its boot."""

    def takes_report(self, seq: int) -> bool:
        """Note a report; False when it was taken before."""
        if seq in self.seqs:
            return False
        _remember(self.seqs, seq, SEQS_REMEMBERED)
        return True

    def takes_window(self, end_s: float) -> bool:
        """Note a window by its end since the boot; False when it was taken before, in another report."""
        end = round(end_s * 100)
        if end in self.windows or end - 1 in self.windows or end + 1 in self.windows:
            return False
        _remember(self.windows, end, WINDOWS_REMEMBERED)
        return True


def _remember(known: dict[int, None], value: int, most: int) -> None:
    known[value] = None
    if len(known) > most:
        del known[next(iter(known))]


class Contacts:
    """Contacts by instance, and since when silence counts.

    Silence is measured on the monotonic clock, and not over time in which the platform or its store was away:
    whoever notices such a time calls `grant_grace`.
    """

    def __init__(self, monotonic: float, now: float) -> None:
        self._by_key: dict[str, Contact] = {}
        self._departed: dict[tuple[str, str], None] = {}
        self._heartbeats: dict[str, float] = {}
        self._met = -1
        self._ticked = monotonic
        self._grace_from = monotonic
        self._grace_from_at = now

    def get(self, key: str) -> Contact | None:
        """Return the contact of `service/instance`."""
        return self._by_key.get(key)

    def of_boot(self, key: str, boot_id: str) -> Contact:
        """Return the contact of this boot, a new one if another boot held the name."""
        contact = self._by_key.get(key)
        if contact is None or contact.boot_id != boot_id:
            contact = Contact(boot_id)
            self._by_key[key] = contact
        return contact

    def learns_of(self, version: int) -> bool:
        """Note the version of the newest record of an instance; False when it was noted before."""
        is_new = version != self._met
        self._met = version
        return is_new

    def forget(self, key: str) -> None:
        """Forget all about an instance."""
        self._by_key.pop(key, None)

    def depart(self, key: str, boot_id: str) -> None:
        """Forget an instance whose boot said goodbye, but not that it did: a report under way is no return."""
        self.forget(key)
        self._departed[key, boot_id] = None
        if len(self._departed) > DEPARTED_REMEMBERED:
            del self._departed[next(iter(self._departed))]

    def has_departed(self, key: str, boot_id: str) -> bool:
        """Return whether this boot said goodbye."""
        return (key, boot_id) in self._departed

    def takes_heartbeat(self, replica: str, seen_monotonic: float) -> bool:
        """Note a heartbeat of another process; False when it was taken before."""
        if self._heartbeats.get(replica) == seen_monotonic:
            return False
        self._heartbeats[replica] = seen_monotonic
        return True

    def keep_heartbeats(self, replicas: set[str]) -> None:
        """Forget the other processes that are gone."""
        self._heartbeats = {
            name: seen for name, seen in self._heartbeats.items() if name in replicas
        }

    def tick(self, monotonic: float, now: float, away_after_s: float) -> None:
        """Note that the platform is here; a long time since it last did was time in which it heard nobody."""
        if monotonic - self._ticked > away_after_s:
            self.grant_grace(monotonic, now)
        self._ticked = monotonic

    def grant_grace(self, monotonic: float, now: float) -> None:
        """Count everybody's silence from now on, since nobody could have been heard before."""
        self._grace_from = monotonic
        self._grace_from_at = now

    @property
    def grace_from_monotonic(self) -> float:
        """Since when silence counts."""
        return self._grace_from

    @property
    def grace_from_at(self) -> float:
        """Since when, in seconds since the epoch, the platform has been listening without a gap."""
        return self._grace_from_at

    def silent_s(self, key: str, monotonic: float) -> float:
        """Return for how long no report of this instance came while the platform was listening."""
        contact = self._by_key.get(key)
        if contact is None:
            return monotonic - self._grace_from
        return monotonic - max(contact.heard_monotonic, contact.met_monotonic, self._grace_from)

    def out_of_touch_s(self, key: str, monotonic: float) -> float:
        """Return for how long it has neither reported nor been given a plan that may have renewed its lease."""
        contact = self._by_key.get(key)
        silent = self.silent_s(key, monotonic)
        if contact is None or contact.plan_answered_monotonic is None:
            return silent
        return min(silent, monotonic - contact.plan_answered_monotonic)
