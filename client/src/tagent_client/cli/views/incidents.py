"""Incidents and their timelines."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_client.cli.views import looks
from tagent_client.cli.views.services import held_back_line
from tagent_client.cli.views.sheet import Cell, Sheet
from tagent_client.cli.views.words import NOTHING, age, count, duration, time_of_day
from tagent_contract.incidents import AttemptView, IncidentView, TimelineEntry
from tagent_contract.times import parse_time

Line = Sequence[Cell | str]
_KIND_LOOKS = {
    "armed": "warn",
    "first_affected": "warn",
    "detected": "bad",
    "decided": "busy",
    "restarted": "busy",
    "roll_out": "busy",
    "healthy": "good",
    "verified": "good",
    "held": "good",
    "first affected request": "warn",
    "resolved": "good",
    "escalated": "bad",
}


def incidents_sheet(incidents: Sequence[IncidentView], now: float) -> Sheet:
    """One row an incident."""
    sheet = Sheet(
        ("ID", "SERVICE", "STATE", "SEVERITY", "CAUSE", "OPENED", "MTTD", "MTTR", "SUMMARY"),
        empty="No incidents.",
        wide=frozenset({"SERVICE", "SUMMARY"}),
        optional=("SEVERITY", "SUMMARY", "CAUSE"),
        right=frozenset({"MTTD", "MTTR"}),
    )
    for view in incidents:
        sheet.rows.append(
            (
                view.id,
                Cell(view.service, "strong"),
                looks.incident_state(view.state),
                looks.severity(view.severity),
                view.cause.value,
                f"{age(view.opened_at, now)} ago",
                span(view.mttd_s),
                span(view.mttr_s),
                view.summary,
            )
        )
    return sheet


def span(seconds: float | None) -> str:
    """Return a measured span, to a hundredth of a second below ten."""
    if seconds is None:
        return NOTHING
    return f"{seconds:.2f} s" if seconds < 9.995 else duration(seconds)


def incident_lines(view: IncidentView, now: float) -> list[Line]:
    """Return the head of one incident."""
    lines: list[Line] = [
        (
            Cell(view.service, "strong"),
            f": {view.summary} (",
            looks.incident_state(view.state),
            ", ",
            looks.severity(view.severity),
            f", cause {view.cause.value})",
        ),
        (
            f"opened {age(view.opened_at, now)} ago, MTTD {span(view.mttd_s)}, MTTR {span(view.mttr_s)}",
        ),
    ]
    if view.reopened:
        lines.append((f"reopened {count(view.reopened, 'time')}",))
    if view.acknowledged_by:
        lines.append((f"acknowledged by {view.acknowledged_by}",))
    if view.held_back:
        lines.append(held_back_line(view.held_back, now))
    return lines


def attempts_sheet(attempts: Sequence[AttemptView]) -> Sheet:
    """One row an attempt."""
    sheet = Sheet(
        ("ATTEMPT", "REMEDY", "TARGET", "BY", "OUTCOME", "DETAIL"),
        empty="Nothing was attempted.",
        wide=frozenset({"TARGET", "DETAIL"}),
    )
    for attempt in attempts:
        sheet.rows.append(
            (
                str(attempt.number),
                attempt.remedy.value.replace("_", " "),
                attempt.instance or "the service",
                attempt.by,
                attempt.outcome.value.replace("_", " "),
                attempt.detail or NOTHING,
            )
        )
    return sheet


def timeline_line(entry: TimelineEntry) -> Line:
    """Return an entry on one line, for a timeline that is told as it goes."""
    look = _KIND_LOOKS.get(entry.kind, "")
    word = entry.kind.replace("_", " ")
    return Cell(time_of_day(entry.at), "dim"), "  ", Cell(f"{word:<14}", look), f" {entry.text}"


def timeline_sheet(entries: Sequence[TimelineEntry]) -> Sheet:
    """One row an entry, with the time since the first."""
    sheet = Sheet(
        ("TIME", "AFTER", "WHAT", ""),
        empty="Its timeline is empty.",
        wide=frozenset({""}),
        right=frozenset({"AFTER"}),
    )
    first = parse_time(entries[0].at) if entries else 0.0
    for entry in entries:
        look = _KIND_LOOKS.get(entry.kind, "")
        sheet.rows.append(
            (
                Cell(time_of_day(entry.at), "dim"),
                f"{parse_time(entry.at) - first:+.2f} s",
                Cell(entry.kind.replace("_", " "), look),
                entry.text,
            )
        )
    return sheet
