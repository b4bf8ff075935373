"""Timelines of incidents and faults as text, and one look for each kind of line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tagent_contract.incidents import TimelineEntry
from tagent_dashboard.views.times import clock, seconds
from tagent_dashboard.views.words import Look, spoken

EFFECT, DETECTION, ATTEMPTS, VERIFICATION, PEOPLE = (
    "Effect",
    "Detection",
    "Attempts",
    "Verification",
    "People",
)
"""Lanes of the picture."""
VIOLET, ORANGE, BLUE, TEAL, SLATE, RED = (
    "#7C3AED",
    "#B45309",
    "#2563EB",
    "#0F766E",
    "#475569",
    "#B91C1C",
)
"""White text is readable on each, and each on both backgrounds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of line is shown: in text by icon and word, in the picture by symbol and word, never by colour alone."""

    look: Look
    symbol: str
    fill: str
    lane: str = ""
    """Empty: the lane of its fault."""


def _kind(icon: str, colour: str, shape: str, symbol: str, fill: str, lane: str = "") -> Kind:
    return Kind(Look(icon, colour, shape), symbol, fill, lane)


KINDS: Mapping[str, Kind] = {
    "armed": _kind("bolt", "violet", "⚡", "triangle-right", VIOLET),
    "acknowledged": _kind("check", "violet", "✓", "circle-open", VIOLET),
    "ended": _kind("stop_circle", "gray", "■", "square", VIOLET),
    "first_affected": _kind("person_alert", "orange", "▲", "triangle-up", ORANGE, EFFECT),
    "exited": _kind("power_off", "red", "✕", "x", RED, EFFECT),
    "worse": _kind("trending_down", "red", "▼", "triangle-down", RED, EFFECT),
    "detected": _kind("crisis_alert", "red", "◆", "diamond", RED, DETECTION),
    "reopened": _kind("replay", "red", "◇", "diamond-open", RED, DETECTION),
    "decided": _kind("play_arrow", "blue", "▶", "triangle-right", BLUE, ATTEMPTS),
    "held_back": _kind("pause_circle", "orange", "‖", "hourglass", ORANGE, ATTEMPTS),
    "restarted": _kind("restart_alt", "blue", "↻", "circle", BLUE, ATTEMPTS),
    "roll_out": _kind("deployed_code_update", "blue", "⇧", "arrow-up", BLUE, ATTEMPTS),
    "attempt_ended": _kind("block", "red", "✕", "circle-x-open", RED, ATTEMPTS),
    "escalated": _kind("notification_important", "red", "!", "star", RED, ATTEMPTS),
    "healthy": _kind("favorite", "green", "●", "circle", TEAL, VERIFICATION),
    "relapsed": _kind("heart_broken", "red", "✕", "x", RED, VERIFICATION),
    "verified": _kind("verified", "green", "★", "star-diamond", TEAL, VERIFICATION),
    "resolved": _kind("check_circle", "green", "■", "square", TEAL, VERIFICATION),
    "taken": _kind("front_hand", "blue", "◆", "pentagon", SLATE, PEOPLE),
    "note": _kind("edit_note", "gray", "✎", "cross", SLATE, PEOPLE),
}
OTHER = _kind("circle", "gray", "·", "circle-open", SLATE, PEOPLE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline as text."""

    at: str
    after: str
    kind: Kind
    word: str
    text: str


def kind_of(entry: TimelineEntry) -> Kind:
    """Return the look of a line; a platform newer than this may tell of kinds that are not known here."""
    return KINDS.get(entry.kind, OTHER)


def lines(timeline: Sequence[TimelineEntry]) -> tuple[Line, ...]:
    """Return a timeline as text, each line with how long after the first it was."""
    first = seconds(timeline[0].at) if timeline else 0.0
    return tuple(
        Line(
            at=clock(entry.at),
            after=f"+{seconds(entry.at) - first:.2f} s",
            kind=kind_of(entry),
            word=spoken(entry.kind),
            text=entry.text,
        )
        for entry in timeline
    )
