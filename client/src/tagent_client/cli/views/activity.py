"""Events, log lines, and what healing decided."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_client.cli.views.sheet import Cell, Sheet
from tagent_client.cli.views.words import NOTHING, left, time_of_day
from tagent_contract.events import Event
from tagent_contract.services import HealingPass, LogEntry, TokenView

Line = Sequence[Cell | str]
_LEVEL_LOOKS = {
    "error": "bad",
    "critical": "bad",
    "fatal": "bad",
    "warning": "warn",
    "warn": "warn",
}
_EVENT_LOOKS = {
    "ended": "dim",
    "resolved": "good",
    "healthy": "good",
    "back": "good",
    "escalated": "bad",
    "opened": "bad",
    "exited": "bad",
    "gave_up": "bad",
    "armed": "warn",
    "first_affected": "warn",
}


def event_line(event: Event) -> Line:
    """One event on one line."""
    look = _EVENT_LOOKS.get(event.type.rpartition(".")[2], "")
    by = f" (by {event.actor})" if event.actor else ""
    return (
        Cell(time_of_day(event.at), "dim"),
        " ",
        Cell(event.service or "tagent", "strong"),
        " ",
        Cell(event.type, look),
        f" {event.text}{by}",
    )


def log_line(entry: LogEntry, *, with_instance: bool) -> Line:
    """One log line."""
    where = (Cell(f"{entry.instance} ", "dim"),) if with_instance else ()
    return (
        Cell(f"{time_of_day(entry.at)} ", "dim"),
        *where,
        Cell(f"{entry.level or entry.stream:<7} ", _LEVEL_LOOKS.get(entry.level.lower(), "dim")),
        entry.text,
    )


_DECISION_LOOKS = {"act": "busy", "wait": "warn", "hold": "warn", "escalate": "bad"}


def decisions_sheet(done: HealingPass, now: float) -> Sheet:
    """One row a decision."""
    sheet = Sheet(
        ("SERVICE", "INSTANCE", "DECISION", "REMEDY", "WHY"),
        empty="Nothing needs healing.",
        wide=frozenset({"SERVICE", "INSTANCE", "WHY"}),
        optional=("INSTANCE", "REMEDY"),
    )
    for decision in done.decisions:
        why = decision.text or decision.reason.replace("_", " ")
        if decision.until:
            why += f" ({left(decision.until, now)} left)"
        sheet.rows.append(
            (
                Cell(decision.service, "strong"),
                decision.instance or NOTHING,
                Cell(decision.decision, _DECISION_LOOKS.get(decision.decision, "dim")),
                (decision.remedy or NOTHING).replace("_", " "),
                why,
            )
        )
    return sheet


def tokens_sheet(tokens: Sequence[TokenView]) -> Sheet:
    """One row a token; none shows its secret."""
    sheet = Sheet(
        ("ID", "NAME", "ROLE", "SERVICE", "CREATED", "EXPIRES"),
        empty="No tokens.",
        wide=frozenset({"NAME", "SERVICE"}),
        optional=("CREATED",),
    )
    for token in tokens:
        sheet.rows.append(
            (
                token.id,
                Cell(token.name, "strong"),
                token.role,
                token.service or NOTHING,
                token.created_at.replace("T", " ")[:19],
                token.expires_at.replace("T", " ")[:19] if token.expires_at else NOTHING,
            )
        )
    return sheet
