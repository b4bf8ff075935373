"""Incidents that are over since lately, each looked up once, whole, when it leaves the list of the unresolved."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from tagent_client.client import Client
from tagent_client.errors import ApiError
from tagent_contract.incidents import IncidentState, IncidentView
from tagent_contract.times import parse_time

KEPT_S = 600.0
"""How long one is told of; as long as the platform by default takes a relapse for the same incident."""
LOOKED_UP_AT_ONCE = 8
"""In one poll, so that the end of a great outage does not hold up what is going on."""
NOT_FOUND = 404
LOOKED_BACK = 50
"""Of the newest incidents when the dashboard starts."""


class Healed:
    """Keeps them; for one thread, the poller's."""

    def __init__(self) -> None:
        self._unresolved: frozenset[str] | None = None
        self._waiting: dict[str, None] = {}
        self._known: dict[str, IncidentView] = {}

    def look(
        self, client: Client, unresolved: Iterable[IncidentView], now: float
    ) -> tuple[IncidentView, ...]:
        """Return what is over since at most ten minutes, the latest first. Raises TagentError, and goes on the next time."""
        current = frozenset(incident.id for incident in unresolved)
        if self._unresolved is None:
            newest = islice(client.incidents(), LOOKED_BACK)
            self._waiting = {item.id: None for item in newest if _is_recent(item, now)}
        else:
            self._waiting |= dict.fromkeys(sorted(self._unresolved - current))
        self._unresolved = current
        for incident_id in tuple(self._waiting)[:LOOKED_UP_AT_ONCE]:
            self._look_up(client, incident_id)
        self._known = {
            incident_id: incident
            for incident_id, incident in self._known.items()
            if incident_id not in current and _is_recent(incident, now)
        }
        return tuple(
            sorted(self._known.values(), key=lambda item: item.resolved_at or "", reverse=True)
        )

    def _look_up(self, client: Client, incident_id: str) -> None:
        try:
            self._known[incident_id] = client.incident(incident_id)
        except ApiError as error:
            # Forgotten with its service: there is nobody left to tell of.
            if error.status != NOT_FOUND:
                raise
        del self._waiting[incident_id]


def _is_recent(incident: IncidentView, now: float) -> bool:
    return (
        incident.state is IncidentState.RESOLVED
        and incident.resolved_at is not None
        and now - parse_time(incident.resolved_at) < KEPT_S
    )
