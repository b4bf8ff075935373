"""What stands above the fleet: how old the data is, what is broken on purpose, who is needed, what is halted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tagent_contract.incidents import IncidentState
from tagent_contract.services import Halt
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.cards import FaultLine, fault_lines
from tagent_dashboard.views.fleet import names_text
from tagent_dashboard.views.times import ago, clock, moment

STALE_AFTER_S = 5.0
LINES_MAX = 6


class Freshness(StrEnum):
    """How far what is shown can be believed."""

    LIVE = "live"
    STALE = "stale"
    DOWN = "platform down"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class DataState:
    """How fresh the data is; `text` is for a banner, and empty while all is well."""

    freshness: Freshness
    age_s: float
    text: str = ""

    @property
    def is_live(self) -> bool:
        """Tell whether it can be believed."""
        return self.freshness is Freshness.LIVE


@dataclass(frozen=True, slots=True)
class FaultBanner:
    """What is broken on purpose, by whom; `more` faults are not listed."""

    title: str
    lines: tuple[FaultLine, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Escalation:
    """An incident that needs a person."""

    incident: str
    title: str
    text: str


def data_state(snapshot: Snapshot, now: float) -> DataState:
    """Return whether the data is live, stale, or from before the platform went away."""
    if snapshot.is_empty:
        return DataState(Freshness.WAITING, 0.0, _nothing_yet(snapshot.problem))
    age_s = max(0.0, now - snapshot.taken_at)
    known = f"Shown is what was known at {moment(snapshot.taken_at)}, {ago(snapshot.taken_at, now)}"
    if snapshot.problem:
        text = f"The platform is away since {clock(snapshot.taken_at)}: {_sentence(snapshot.problem)} {known}; this page looks again by itself."
        return DataState(Freshness.DOWN, age_s, text)
    if age_s > STALE_AFTER_S:
        text = f"The platform has not answered for {age_s:.0f} s. {known}."
        return DataState(Freshness.STALE, age_s, text)
    return DataState(Freshness.LIVE, age_s)


def _nothing_yet(problem: str) -> str:
    if not problem:
        return "Waiting for the platform's first answer."
    return f"The platform cannot be reached: {_sentence(problem)} Nothing is known yet; this page looks again by itself."


def fault_banner(snapshot: Snapshot, now: float) -> FaultBanner:
    """Return what is broken on purpose; without lines when nothing is."""
    lines = fault_lines(snapshot.faults, now)
    if not lines:
        return FaultBanner("No fault is in force.", (), 0)
    hit = len({line.service for line in lines})
    is_one = len(lines) == 1
    title = (
        f"{len(lines)} {'fault' if is_one else 'faults'} on {hit} of {len(snapshot.services)} "
        f"{'service' if len(snapshot.services) == 1 else 'services'}"
    )
    # What a sidecar owes an answer for is never among those left out.
    lines = tuple(sorted(lines, key=lambda line: not line.is_late))
    return FaultBanner(title, lines[:LINES_MAX], len(lines[LINES_MAX:]))


def escalations(snapshot: Snapshot, now: float) -> tuple[Escalation, ...]:
    """Return the incidents that need a person, the one that waits longest first; those that nobody has taken before all."""
    waiting = [item for item in snapshot.incidents if item.state is IncidentState.ESCALATED]
    waiting.sort(key=lambda item: (item.acknowledged_at is not None, item.escalated_at or ""))
    found = []
    for incident in waiting:
        since = incident.escalated_at or incident.detected_at
        taken = f"taken by {incident.acknowledged_by}" if incident.acknowledged_by else "not taken"
        found.append(
            Escalation(
                incident=incident.id,
                title=incident.service or "the fleet",
                text=f"{incident.summary}; escalated {clock(since)}, {ago(since, now)}, {taken}",
            )
        )
    return tuple(found)


def halt_text(halt: Halt, now: float) -> str:
    """Say who halted, when and why, and what is still ending."""
    when = f" {ago(halt.at, now)}, at {clock(halt.at)}" if halt.at is not None else ""
    ending = (
        "No fault is in force any more."
        if halt.faults_ending == 0
        else f"{halt.faults_ending} {'fault is' if halt.faults_ending == 1 else 'faults are'} still ending."
    )
    return f"Halted by {halt.by or 'somebody'}{when}: {_sentence(halt.reason)} {ending} New faults are refused until it is released."


def halt_hits(snapshot: Snapshot) -> str:
    """Say what halting all would do now."""
    count = len(snapshot.faults)
    services = sorted({fault.service for fault in snapshot.faults})
    if not count:
        return "No fault is in force. New faults, of people and of experiments, will be refused until it is released."
    return (
        f"Ends {count} {'fault' if count == 1 else 'faults'} on {names_text(services, LINES_MAX)}, whoever injected them, "
        "and refuses new ones, of people and of experiments, until it is released."
    )


def _sentence(text: str) -> str:
    return text if text.endswith(("?", "!")) else text.rstrip(". ") + "."
