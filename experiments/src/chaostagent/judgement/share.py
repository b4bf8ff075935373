"""What of an incident belongs to a run: one that was over, and came back, began anew for it. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from tagent_contract.incidents import IncidentView
from tagent_contract.times import parse_time


def share_of_run(incident: IncidentView, since: str) -> IncidentView | None:
    """Return the incident as the run that began at `since` has seen it; None when it is none of its making.

    Of one that came back in the run, what was before does not count: its times are those since then, without an MTTD, and so are its attempts
    and its timeline. All times are the platform's.
    """
    if incident.opened_at >= since:
        return incident
    back_at = incident.reopened_at
    if back_at is None or back_at < since:
        return None
    return replace(
        incident,
        opened_at=back_at,
        detected_at=back_at,
        first_affected_at=None,
        attempts=tuple(each for each in incident.attempts if each.decided_at >= since),
        timeline=tuple(each for each in incident.timeline if each.at >= since),
        mttd_s=None,
        mttr_s=_seconds_between(back_at, incident.resolved_at) if incident.mttr_s else None,
    )


def _seconds_between(begin: str, end: str | None) -> float | None:
    return None if end is None else round(parse_time(end) - parse_time(begin), 3)
