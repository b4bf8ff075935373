"""The report of a drill: a timeline for each fault, and one table."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tagent_client.cli.drill.trials import Course, Trial, seen_by_callers
from tagent_client.cli.views.incidents import span
from tagent_client.cli.views.sheet import Cell, Sheet
from tagent_contract.incidents import TimelineEntry

Line = Sequence[Cell | str]
STEPS = {
    "armed": "armed",
    "acknowledged": "acknowledged",
    "first_affected": "first affected request",
    "detected": "detected",
    "decided": "decided",
    "restarted": "restarted",
    "healthy": "healthy",
    "verified": "held",
    "resolved": "resolved",
    "ended": "fault ended",
}
"""The timeline's kinds that tell the story, in the words of a report."""


def story(entries: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """Return the lines that tell the story, by the names of the report."""
    return [
        msgspec.structs.replace(entry, kind=STEPS[entry.kind])
        for entry in entries
        if entry.kind in STEPS
    ]


def heading(trial: Trial, course: Course) -> Line:
    """Return the title of a fault's timeline."""
    return (
        Cell(trial.name, "strong"),
        " on ",
        Cell(course.service, "strong"),
        Cell(f" (fault {course.fault.id})", "dim"),
    )


def callers_line(trial: Trial, course: Course) -> Line:
    """Say what the callers saw."""
    return ("callers saw ", Cell(seen_by_callers(trial, course.during), "warn"))


def result_sheet(results: Sequence[tuple[Trial, Course, Sequence[str]]]) -> Sheet:
    """One row a fault, with MTTD and MTTR and whether all went as promised."""
    sheet = Sheet(
        ("FAULT", "SERVICE", "INJECTED", "MTTD", "MTTR", "HEALED BY", "RESULT"),
        wide=frozenset({"RESULT"}),
        right=frozenset({"INJECTED", "MTTD", "MTTR"}),
    )
    for trial, course, broken in results:
        incident = course.incident
        sheet.rows.append(
            (
                Cell(trial.name, "strong"),
                course.service,
                str(course.fault.injected),
                span(incident.mttd_s if incident else None),
                span(incident.mttr_s if incident else None),
                trial.restarted_by or "its ttl",
                Cell("; ".join(broken), "bad") if broken else Cell("as promised", "good"),
            )
        )
    return sheet
