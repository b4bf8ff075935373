"""The fleet, as a tired person should see it."""

from __future__ import annotations

from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.words import BAD


def bad_count(snapshot: Snapshot) -> int:
    """Return how many services are not well."""
    return sum(service.health in BAD for service in snapshot.services)
