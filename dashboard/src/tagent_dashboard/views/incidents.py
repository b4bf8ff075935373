"""Incidents as a list, and what is to be said of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tagent_contract.events import Event
from tagent_contract.faults import FaultView
from tagent_contract.health import Health
from tagent_contract.incidents import (
    AttemptView,
    Cause,
    HeldBack,
    IncidentState,
    IncidentView,
    Refusal,
)
from tagent_contract.times import format_time
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.reasons import REFUSALS, Reason
from tagent_dashboard.views.times import UNKNOWN, ago, clock, duration, moment, seconds, when
from tagent_dashboard.views.words import spoken

FLEET = "The fleet"
"""Stands for the service of an incident that is about many."""
DECISIONS = frozenset({"decided", "held_back", "escalated", "attempt_ended"})
_CAUSES = {
    Cause.INJECTED: "injected",
    Cause.ORGANIC: "organic: no known fault is behind it",
    Cause.MANUAL: "manual: a person ordered it",
}


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents are asked for; what is empty asks for all."""

    only_open: bool = False
    service: str = ""
    severity: str = ""

    def matches(self, incident: IncidentView) -> bool:
        """Tell whether it is asked for."""
        return (
            not (self.only_open and is_over(incident))
            and self.service in ("", incident.service)
            and self.severity in ("", incident.severity.value)
        )

    @property
    def is_narrow(self) -> bool:
        """Tell whether anything is left out."""
        return self != IncidentFilter()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why healing does nothing now: what it says itself, what that means, and until when."""

    title: str
    text: str
    meaning: str
    until: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision or refusal of healing; `reason` is told where the log still knows it."""

    at: str
    kind: str
    text: str
    reason: Reason | None = None
    until: str = ""


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try at a remedy, in words."""

    number: int
    remedy: str
    target: str
    by: str
    outcome: str
    took: str
    detail: str


def is_over(incident: IncidentView) -> bool:
    """Tell whether it is resolved."""
    return incident.state is IncidentState.RESOLVED


def together(known: Sequence[IncidentView], snapshot: Snapshot) -> tuple[IncidentView, ...]:
    """Return all incidents, as the snapshot has those that it has; the open ones before the others, each the newest first."""
    newest = {incident.id: incident for incident in (*known, *snapshot.incidents)}
    ordered = sorted(newest.values(), key=lambda each: (each.opened_at, each.id), reverse=True)
    return tuple(sorted(ordered, key=is_over))


def is_behind(known: Sequence[IncidentView], taken_at: float, snapshot: Snapshot) -> bool:
    """Tell whether what is known says open of an incident that a newer snapshot no longer has."""
    still_open = {incident.id for incident in snapshot.incidents}
    return snapshot.taken_at > taken_at and any(
        not is_over(incident) and incident.id not in still_open for incident in known
    )


def title(incident: IncidentView) -> str:
    """Say whose it is and what happened; the name of its only instance says nothing more."""
    summary = incident.summary
    if len(incident.instances) == 1:
        for health in Health:
            summary = summary.removeprefix(f"{incident.instances[0]} is {health}: ")
    return f"{incident.service or FLEET}: {summary}"


def course(incident: IncidentView, now: float) -> str:
    """Say in one line when it began and how far it is."""
    parts = [f"opened {when(incident.opened_at, now)}, {ago(incident.opened_at, now)}"]
    if incident.mttd_s is not None:
        parts.append(f"MTTD {duration(incident.mttd_s)}")
    if is_over(incident):
        parts.append(_end(incident, now))
    if incident.reopened:
        parts.append(f"came back {_times(incident.reopened)}")
    if incident.acknowledged_by and not is_over(incident):
        parts.append(f"taken by {incident.acknowledged_by}")
    return " · ".join(parts)


def _end(incident: IncidentView, now: float) -> str:
    if incident.mttr_s is not None:
        return f"MTTR {duration(incident.mttr_s)}"
    if incident.resolved_at is not None:
        lasted_s = seconds(incident.resolved_at) - seconds(incident.opened_at)
        return f"closed by a person after {duration(lasted_s)}"
    return f"open for {duration(now - seconds(incident.opened_at))}"


def facts(
    incident: IncidentView, faults: Sequence[FaultView], now: float
) -> tuple[tuple[str, str], ...]:
    """Return what is known of one incident, each with its label."""
    found = [
        ("Opened", f"{moment(incident.opened_at)}, {ago(incident.opened_at, now)}"),
        ("MTTD", UNKNOWN if incident.mttd_s is None else duration(incident.mttd_s)),
        ("MTTR", _mttr(incident, now)),
        ("Cause", cause(incident, faults)),
        ("Instances", ", ".join(incident.instances) or UNKNOWN),
    ]
    if incident.reopened:
        found.append(("Came back", _times(incident.reopened)))
    if incident.acknowledged_by and incident.acknowledged_at:
        taken = f"{incident.acknowledged_by}, {ago(incident.acknowledged_at, now)}"
        found.append(("Taken by", taken))
    return tuple(found)


def _mttr(incident: IncidentView, now: float) -> str:
    if incident.mttr_s is not None:
        return duration(incident.mttr_s)
    return "closed by a person" if is_over(incident) else f"{_end(incident, now)}, so far"


def cause(incident: IncidentView, faults: Sequence[FaultView]) -> str:
    """Say what brought it about, and who."""
    if incident.cause is not Cause.INJECTED:
        return _CAUSES[incident.cause]
    by = sorted({f"{fault.type} by {fault.created_by}" for fault in faults})
    return f"injected: {', '.join(by)}" if by else "injected"


def waiting(incident: IncidentView, now: float) -> Waiting | None:
    """Return why healing does nothing; None while it does, or need not."""
    held = incident.held_back
    if incident.state is IncidentState.ESCALATED:
        since = incident.escalated_at or incident.opened_at
        heading = f"A person is needed, since {clock(since)} ({ago(since, now)})"
        if held is None:
            return Waiting(heading, "Healing has escalated this.", "", "")
        # What was used up is the only thing that a date is given for.
        return _waiting(heading, held, "Healing may act again from", now)
    return None if held is None else _waiting("Healing waits", held, "Held until", now)


def _waiting(heading: str, held: HeldBack, before_until: str, now: float) -> Waiting:
    until = "" if held.until is None else f"{before_until} {until_text(held.until, now)}."
    return Waiting(heading, sentence(held.text), REFUSALS[held.reason].text, until)


def until_text(until: str, now: float) -> str:
    """Return `12:03:04 UTC (in 8 s)`."""
    left_s = seconds(until) - now
    return f"{clock(until)} UTC ({'any moment' if left_s <= 0 else f'in {duration(left_s)}'})"


def attempt_rows(attempts: Sequence[AttemptView], now: float) -> tuple[AttemptRow, ...]:
    """Return the attempts, the first first."""
    return tuple(
        AttemptRow(
            number=attempt.number,
            remedy=spoken(attempt.remedy),
            target=attempt.instance or "the whole service",
            by=attempt.by,
            outcome=spoken(attempt.outcome),
            took=_took(attempt, now),
            detail=attempt.detail,
        )
        for attempt in attempts
    )


def _took(attempt: AttemptView, now: float) -> str:
    end = now if attempt.ended_at is None else seconds(attempt.ended_at)
    span = duration(end - seconds(attempt.decided_at))
    return span if attempt.ended_at is not None else f"{span} so far"


def decisions(incident: IncidentView, events: Sequence[Event]) -> tuple[Decision, ...]:
    """Return what healing decided and refused, in order; the event log adds reasons to what the timeline tells."""
    logged = {(event.at, event.text): event for event in events if event.incident == incident.id}
    found = []
    for entry in incident.timeline:
        if entry.kind in DECISIONS:
            event = logged.get((entry.at, entry.text))
            reason = None if event is None else _reason(event)
            until = "" if event is None else _until(event)
            found.append(Decision(entry.at, entry.kind, entry.text, reason, until))
    return tuple(found)


def _reason(event: Event) -> Reason | None:
    """Return its words; a platform newer than this may give a reason that is not known here."""
    named = str(event.data.get("reason", ""))
    return REFUSALS[Refusal(named)] if named in set(Refusal) else None


def _until(event: Event) -> str:
    until = event.data.get("until")
    if not isinstance(until, int | float) or isinstance(until, bool):
        return ""
    return clock(format_time(until))


def sentence(text: str) -> str:
    """Return text that something else has written as a sentence."""
    text = text.strip().rstrip(".")
    if not text:
        return ""
    # A word with anything but letters in it is a name, and names are written as they are.
    begun = text[0].upper() + text[1:] if text.split()[0].rstrip(",:;").isalpha() else text
    return f"{begun}."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
