"""A service's card as the browser draws it: text, and names of icons and colours, never markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tagent_dashboard.live.trends import POINTS
from tagent_dashboard.views.cards import Card, FaultLine
from tagent_dashboard.views.words import FAULT_LOOKS, visible

AT_LEAST_MS = 20.0
"""The height of a line's scale when all is quiet, so that a millisecond more does not look like a mountain."""


@dataclass(frozen=True, slots=True)
class FaultFace:
    """One line about a fault; `colour` is one of Streamlit's."""

    icon: str
    colour: str
    type: str
    text: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """A small line of latencies, oldest first, and what it says to whoever cannot see it."""

    points: tuple[float, ...]
    points_max: int
    scale_at_least: float
    description: str


@dataclass(frozen=True, slots=True)
class Face:
    """A card. `service` is the name that a click on it brings back, `name` the same to be read."""

    service: str
    name: str
    health: str
    icon: str
    colour: str
    why: str
    since: str
    figures: tuple[tuple[str, str], ...]
    faults: tuple[FaultFace, ...]
    trend: Trend | None


def face(card: Card, latencies_ms: Sequence[float], span: str) -> Face:
    """Return how the card looks, with its latencies over `span`."""
    return Face(
        service=card.name,
        name=visible(card.name),
        health=card.health.value,
        icon=card.look.icon,
        colour=card.look.colour,
        why=visible(card.why),
        since=card.since,
        figures=tuple((figure.text, figure.label) for figure in card.figures),
        faults=tuple(_fault_face(line) for line in card.faults),
        trend=_trend(card.name, latencies_ms, span) if len(latencies_ms) > 1 else None,
    )


def _fault_face(line: FaultLine) -> FaultFace:
    look = FAULT_LOOKS[line.state]
    return FaultFace(
        icon=look.icon,
        colour="orange" if line.is_late else look.colour,
        type=visible(line.type),
        text=visible(line.text),
        is_late=line.is_late,
    )


def _trend(name: str, latencies_ms: Sequence[float], span: str) -> Trend:
    return Trend(
        points=tuple(latencies_ms),
        points_max=POINTS,
        scale_at_least=AT_LEAST_MS,
        description=f"latency of {visible(name)} over {span}, from {latencies_ms[0]:.0f} to {latencies_ms[-1]:.0f} ms",
    )
