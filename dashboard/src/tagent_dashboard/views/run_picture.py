"""A run as a picture: its timeline drawn as an incident's is, with everything told by the timeline alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tagent_contract.experiments import RunView
from tagent_contract.faults import FaultView
from tagent_contract.incidents import TimelineEntry
from tagent_dashboard.views.timeline import DETECTION, EFFECT, ORANGE, RED
from tagent_dashboard.views.timeline_picture import (
    Bar,
    Picture,
    drawn,
    fault_bars,
    own_restarts,
    proofs,
)
from tagent_dashboard.views.times import duration, seconds

_BEGINS = frozenset({"first_affected", "exited", "worse", "detected"})
_NOT_WELL_AFTER_ALL = frozenset({"relapsed", "attempt_ended", "reopened", "detected"})


def run_picture(run: RunView, faults: Sequence[FaultView], now: float) -> Picture | None:
    """Return a run as a picture; None where nothing happened that could be drawn."""
    timeline = run.result.timeline if run.result is not None else ()
    if not timeline:
        return None
    told = [seconds(entry.at) for entry in timeline]
    starts = [seconds(fault.created_at) for fault in faults]
    span = min([*told, *starts]), max(told)
    bars = [
        *fault_bars(faults, now),
        *_effects(timeline, span[1]),
        *own_restarts(timeline),
        *proofs(timeline, now, is_verifying=False),
    ]
    return drawn(timeline, faults, bars, span, "the run")


def _effects(timeline: Sequence[TimelineEntry], end: float) -> Iterable[Bar]:
    """Give each time in which a service was not well, and how long it took to find that out.

    An incident's own bars need its figures; a run knows its lines alone, and those of several incidents one after the other.
    """
    since: float | None = None
    well_at: float | None = None
    is_found = False
    for entry in timeline:
        at = seconds(entry.at)
        if since is None and entry.kind in _BEGINS:
            since = at
        if since is not None and entry.kind == "detected" and not is_found:
            is_found = True
            yield Bar(DETECTION, since, at, f"found in {duration(at - since)}", RED)
        if entry.kind == "healthy":
            well_at = at
        elif entry.kind in _NOT_WELL_AFTER_ALL:
            well_at = None
        elif entry.kind == "resolved" and since is not None:
            yield _not_well(since, at if well_at is None else well_at)
            since, well_at, is_found = None, None, False
    if since is not None:
        yield _not_well(since, end if well_at is None else well_at)


def _not_well(since: float, until: float) -> Bar:
    return Bar(EFFECT, since, until, f"not well for {duration(until - since)}", ORANGE)
