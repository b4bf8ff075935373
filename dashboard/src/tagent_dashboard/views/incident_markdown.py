"""One incident as the beginning of a post-mortem, in Markdown to be pasted elsewhere. It says nothing that depends on when it is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tagent_contract.faults import FaultView
from tagent_contract.incidents import IncidentView
from tagent_dashboard.views.incidents import Decision, attempt_rows, cause, title
from tagent_dashboard.views.reasons import END_REASONS
from tagent_dashboard.views.timeline import lines
from tagent_dashboard.views.times import UNKNOWN, clock, duration, moment, seconds
from tagent_dashboard.views.words import spoken

_SPECIAL = frozenset("\\`*_[]|~#<>&")
_FOR_PEOPLE = """\
## Analysis

- Impact on callers:
- Root cause:
- What went well:
- What went badly:

## Follow-ups

- [ ]
"""


def incident_markdown(
    incident: IncidentView, faults: Sequence[FaultView], decisions: Sequence[Decision]
) -> str:
    """Return the whole document."""
    parts = [
        f"# {safe(title(incident))}\n",
        table(("Fact", "Value"), _facts(incident, faults)),
        _section("Faults", map(_fault, faults), "No known fault is behind it."),
        _timeline(incident),
        _attempts(incident),
        _section(
            "Decisions and refusals", map(_decision, decisions), "Healing had nothing to decide."
        ),
        _FOR_PEOPLE,
    ]
    return "\n".join(parts)


def safe(text: str) -> str:
    """Return foreign text that Markdown shows as it is, on one line."""
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in " ".join(text.split()))


def _facts(incident: IncidentView, faults: Sequence[FaultView]) -> Iterable[tuple[str, str]]:
    yield "Incident", incident.id
    yield "Service", incident.service or UNKNOWN
    yield "State", f"{incident.state}, severity {incident.severity}"
    yield "Cause", cause(incident, faults)
    yield "First affected", _moment(incident.first_affected_at)
    yield "Detected", f"{moment(incident.detected_at)} (MTTD {_span(incident.mttd_s)})"
    yield "Resolved", f"{_moment(incident.resolved_at)} (MTTR {_span(incident.mttr_s)})"
    if incident.escalated_at is not None:
        yield "Escalated", moment(incident.escalated_at)
    if incident.reopened:
        yield "Came back", f"{incident.reopened} times"
    if incident.acknowledged_by:
        yield "Taken by", incident.acknowledged_by
    yield "Instances", ", ".join(incident.instances) or UNKNOWN


def _fault(fault: FaultView) -> str:
    ended = "has not ended" if fault.ended_at is None else f"ended {clock(fault.ended_at)}"
    why = END_REASONS[fault.end_reason].meaning if fault.end_reason is not None else ""
    because = f", because: {safe(fault.fault.reason)}" if fault.fault.reason else ""
    return (
        f"{spoken(fault.type)} on {safe(fault.service)}, injected by {safe(fault.created_by)}{because}. "
        f"From {moment(fault.created_at)}, {ended}. {fault.injected} injected, {fault.passed} passed. {why}"
    ).rstrip()


def _timeline(incident: IncidentView) -> str:
    rows = [(line.at, line.after, line.word, line.text) for line in lines(incident.timeline)]
    return "## Timeline\n\n" + table(("UTC", "After", "Kind", "What happened"), rows)


def _attempts(incident: IncidentView) -> str:
    if not incident.attempts:
        return "## Attempts\n\nNothing was attempted.\n"
    # The time so far of one that is under way is left out, as all that depends on now.
    shown = attempt_rows(incident.attempts, seconds(incident.opened_at))
    rows = [
        (
            str(row.number),
            row.remedy,
            row.target,
            row.by,
            row.outcome,
            row.took if attempt.ended_at is not None else UNKNOWN,
            row.detail,
        )
        for row, attempt in zip(shown, incident.attempts, strict=True)
    ]
    heads = ("#", "Remedy", "Target", "By", "Outcome", "Took", "Detail")
    return "## Attempts\n\n" + table(heads, rows)


def _decision(decision: Decision) -> str:
    until = f" Until {decision.until}." if decision.until else ""
    meaning = f" {decision.reason.meaning}" if decision.reason is not None else ""
    return f"{clock(decision.at)} {spoken(decision.kind)}: {safe(decision.text)}.{meaning}{until}"


def _section(head: str, items: Iterable[str], nothing: str) -> str:
    listed = "".join(f"- {item}\n" for item in items)
    return f"## {head}\n\n{listed or nothing + chr(10)}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of foreign text."""
    shown = [heads, ["---"] * len(heads)]
    lines_ = [f"| {' | '.join(row)} |" for row in shown]
    lines_ += [f"| {' | '.join(map(safe, row))} |" for row in rows]
    return "\n".join(lines_) + "\n"


def _moment(at: str | None) -> str:
    return UNKNOWN if at is None else moment(at)


def _span(length_s: float | None) -> str:
    return UNKNOWN if length_s is None else duration(length_s)
