"""One timeline of a run, out of those of its faults and incidents. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from tagent_contract.faults import FaultView
from tagent_contract.incidents import IncidentView, TimelineEntry

ENTRIES_MAX = 2000


def timeline_of(
    faults: Iterable[FaultView], incidents: Iterable[IncidentView]
) -> tuple[TimelineEntry, ...]:
    """Return every entry once, in the order of time. A fault's timeline holds much of its incident's."""
    found: dict[tuple[str, str, str | None, str], TimelineEntry] = {}
    told = [each.timeline for each in faults] + [each.timeline for each in incidents]
    for entry in chain.from_iterable(told):
        found.setdefault((entry.at, entry.kind, entry.instance, entry.text), entry)
    # Sorting keeps the order of what happened in the same millisecond.
    return tuple(sorted(found.values(), key=lambda entry: entry.at)[:ENTRIES_MAX])
