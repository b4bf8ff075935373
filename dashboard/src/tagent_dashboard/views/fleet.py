"""The fleet, the worst first, as a tired person should see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tagent_contract.faults import FaultView
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import IncidentState, IncidentView
from tagent_contract.services import ServiceView
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.why import why
from tagent_dashboard.views.words import BAD, WORST_FIRST

CARDS_MAX = 12
"""Up to so many services each has its card; of more, only those that are not simply well, and no more than this."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A service with all that is told of it."""

    service: ServiceView
    incident: IncidentView | None
    healed: IncidentView | None
    faults: tuple[FaultView, ...]
    why: str

    @property
    def is_exception(self) -> bool:
        """Tell whether somebody might want to look at it. One that is scaled to zero is not here, but nothing is wrong with it."""
        is_at_rest = self.service.reason is HealthReason.NO_INSTANCES
        is_well = self.service.health is Health.HEALTHY or is_at_rest
        return not is_well or bool(self.incident or self.healed or self.faults)


def bad_count(snapshot: Snapshot) -> int:
    """Return how many services are not well."""
    return sum(service.health in BAD for service in snapshot.services)


def counts(snapshot: Snapshot) -> tuple[tuple[Health, int], ...]:
    """Return how many services are in each state that any is in, the worst first."""
    found = Counter(service.health for service in snapshot.services)
    return tuple((health, found[health]) for health in WORST_FIRST if found[health])


def fleet_entries(snapshot: Snapshot) -> tuple[Entry, ...]:
    """Return every service by name, which is the order that stays as it is whatever happens."""
    return tuple(
        _entry(service, snapshot) for service in sorted(snapshot.services, key=lambda it: it.name)
    )


def worst_first(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return them in the order in which a person should look; where that says nothing, by name."""
    return tuple(sorted(entries, key=_urgency))


def cards(entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], int]:
    """Return the services to show as cards, the worst first, and how many more would deserve one."""
    if len(entries) <= CARDS_MAX:
        return worst_first(entries), 0
    exceptions = worst_first([entry for entry in entries if entry.is_exception])
    return exceptions[:CARDS_MAX], len(exceptions[CARDS_MAX:])


def matching(
    entries: Sequence[Entry], search: str, healths: Collection[Health]
) -> tuple[Entry, ...]:
    """Return those whose name, reason, fault or line of why holds all the words searched for, in one of these states; in any when none is given."""
    words = search.lower().split()
    return tuple(
        entry
        for entry in entries
        if (not healths or entry.service.health in healths)
        and all(word in _searched(entry) for word in words)
    )


def _entry(service: ServiceView, snapshot: Snapshot) -> Entry:
    incident = snapshot.incident_by_service.get(service.name)
    healed = snapshot.healed_by_service.get(service.name)
    faults = snapshot.faults_by_service.get(service.name, ())
    return Entry(service, incident, healed, faults, why(service, incident, healed, faults))


def _urgency(entry: Entry) -> tuple[bool, int, bool, bool, bool, str]:
    is_escalated = entry.incident is not None and entry.incident.state is IncidentState.ESCALATED
    return (
        not is_escalated,
        WORST_FIRST.index(entry.service.health),
        entry.incident is None,
        not entry.faults,
        entry.healed is None,
        entry.service.name,
    )


def _searched(entry: Entry) -> str:
    kinds = " ".join(fault.type for fault in entry.faults)
    return f"{entry.service.name} {entry.service.reason} {kinds} {entry.why}".lower()


def names_text(names: Sequence[str], shown_max: int = 4) -> str:
    """Return some names as text, and how many more there are."""
    more = len(names) - shown_max
    return ", ".join(names[:shown_max]) + (f" and {more} more" if more > 0 else "")
