"""A timeline as a picture: bars for what lasted, marks for what happened, in a lane for each kind of thing, with the long quiet cut out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap
from typing import Any

from tagent_contract.faults import FaultView
from tagent_contract.incidents import TimelineEntry
from tagent_contract.times import format_time
from tagent_dashboard.views.timeline import (
    ATTEMPTS,
    DETECTION,
    EFFECT,
    KINDS,
    OTHER,
    PEOPLE,
    SLATE,
    TEAL,
    VERIFICATION,
    VIOLET,
    kind_of,
)
from tagent_dashboard.views.times import clock, duration, seconds
from tagent_dashboard.views.words import spoken

FAULT = "Fault"
FAULT_LANES_MAX = 6
LANE_HEIGHT_PX = 46
FRAME_HEIGHT_PX = 110
"""The time axis and the legend."""
HOVER_WIDTH = 60
SAID_MAX = 40
TICKS = 6
PADDING = 0.04
PADDING_S_MIN = 0.2
QUIET_RATIO = 0.25
"""A stretch of the whole in which nothing happens is cut out when it is longer than this."""
QUIET_S_MIN = 20.0
KEPT_OF_QUIET = 0.1
"""What stays of it on each side, of the time that is not quiet."""
CHARACTER_RATIO = 0.009
"""How much of the picture's width a character takes, on a screen of middling width."""
INSIDE_RATIO = 0.08
"""A bar that is wider than this may hold its label, if it fits; the label of a shorter one stands beside it, if there is room."""
_CLEAR_OF_MARK = "\N{NO-BREAK SPACE}" * 3
_HELD = {
    "relapsed": "fell back after",
    "attempt_ended": "not held, after",
    "decided": "not held, after",
    "verified": "held",
    "resolved": "held",
}
"""What ends a time of good health."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure for `live_plot`, and what it says to whoever cannot see it."""

    figure: dict[str, Any]
    description: str
    height_px: int
    note: str = ""
    """What is left out."""


_Cut = tuple[float, float]
Span = tuple[float, float]
"""From when to when, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time, in seconds since the epoch."""

    lane: str
    start: float
    end: float
    label: str
    colour: str
    more: str = ""
    """What only a closer look tells."""


def drawn(
    timeline: Sequence[TimelineEntry],
    faults: Sequence[FaultView],
    bars: Iterable[Bar],
    span: Span,
    what: str,
) -> Picture:
    """Return the picture of a timeline with its faults. A bar that ends after the span runs off the edge. `what` says what it is the timeline of."""
    lanes_of = fault_lanes(faults)
    has_people = any(kind_of(entry).lane == PEOPLE for entry in timeline)
    lanes = [*(lanes_of.values() or [FAULT]), EFFECT, DETECTION, ATTEMPTS, VERIFICATION]
    lanes += [PEOPLE] if has_people else []
    start, end = span
    seen = [bar for bar in bars if bar.start < end]
    told = [seconds(entry.at) for entry in timeline]
    # Nothing is cut out of what still goes on: it runs off the edge.
    ends = [bar.end for bar in seen if bar.end <= end]
    cuts = _quiet([start, *told, *(bar.start for bar in seen), *ends])
    shown_s = end - start - sum(until - since for since, until in cuts)
    padding_s = max(PADDING_S_MIN, shown_s * PADDING)
    start, end = start - padding_s, end + padding_s
    traces = [*_bar_traces(seen, shown_s, end), *_mark_traces(timeline, faults, lanes_of)]
    return Picture(
        {"data": traces, "layout": _layout(lanes, start, end, cuts)},
        _description(timeline, what),
        FRAME_HEIGHT_PX + LANE_HEIGHT_PX * len(lanes),
        _note(cuts),
    )


def fault_bars(faults: Sequence[FaultView], now: float) -> Iterable[Bar]:
    """Give the time that each fault was, or is, in force."""
    lanes_of = fault_lanes(faults)
    for fault in faults:
        if fault.id in lanes_of:
            label = f"{spoken(fault.type)}, {fault.injected} injected"
            end = end_of(fault.ended_at, now)
            yield Bar(lanes_of[fault.id], seconds(fault.created_at), end, label, VIOLET)


def fault_lanes(faults: Sequence[FaultView]) -> dict[str, str]:
    """Return each fault's lane by its id: what it breaks, numbered where two break the same."""
    lanes: dict[str, str] = {}
    seen: dict[str, int] = {}
    for fault in sorted(faults, key=lambda each: (each.created_at, each.id))[:FAULT_LANES_MAX]:
        name = f"{FAULT}: {spoken(fault.type)}"
        seen[name] = seen.get(name, 0) + 1
        lanes[fault.id] = f"{name} {seen[name]}" if seen[name] > 1 else name
    return lanes


def own_restarts(timeline: Sequence[TimelineEntry]) -> Iterable[Bar]:
    """Give the restarts that a sidecar made by itself, from the exit on."""
    exits: dict[str | None, float] = {}
    for entry in timeline:
        at = seconds(entry.at)
        if entry.kind == "exited":
            exits[entry.instance] = at
        elif entry.kind == "restarted" and entry.instance in exits:
            begun = exits.pop(entry.instance)
            label = f"by its sidecar, in {duration(at - begun)}"
            yield Bar(ATTEMPTS, begun, at, label, SLATE)


def proofs(timeline: Sequence[TimelineEntry], now: float, *, is_verifying: bool) -> Iterable[Bar]:
    """Give each time in which health was watched: up to its proof, or its loss."""
    since: float | None = None
    for entry in timeline:
        at = seconds(entry.at)
        if entry.kind == "healthy" and since is None:
            since = at
        elif since is not None and entry.kind in _HELD:
            label = f"{_HELD[entry.kind]} {duration(at - since)}"
            yield Bar(VERIFICATION, since, at, label, TEAL)
            since = None
    if since is not None and is_verifying:
        label = f"held {duration(now - since)} so far"
        yield Bar(VERIFICATION, since, now, label, TEAL)


def end_of(at: str | None, now: float) -> float:
    """Return when something ended; now, while it has not."""
    return now if at is None else seconds(at)


def plot_text(text: str) -> str:
    """Return foreign text for Plotly, which takes some of HTML for its own, in lines of a bearable length."""
    escaped = (
        line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for line in wrap(text, HOVER_WIDTH)
    )
    return "<br>".join(escaped)


def _quiet(moments: Iterable[float]) -> list[_Cut]:
    """Return the long stretches in which nothing happens, so that what happens is not pressed to the edge."""
    known = sorted(set(moments))
    gaps = list(pairwise(known))
    whole_s = known[-1] - known[0]
    quiet_s_min = max(QUIET_S_MIN, whole_s * QUIET_RATIO)
    long = [(since, until) for since, until in gaps if until - since > quiet_s_min]
    kept_s = KEPT_OF_QUIET * (whole_s - sum(until - since for since, until in long))
    kept_s = max(kept_s, QUIET_S_MIN * KEPT_OF_QUIET)
    return [(since + kept_s, until - kept_s) for since, until in long if until - since > 4 * kept_s]


def _layout(lanes: Sequence[str], start: float, end: float, cuts: Sequence[_Cut]) -> dict[str, Any]:
    return {
        "xaxis": {
            "type": "date",
            "range": [format_time(start), format_time(end)],
            "tickformat": "%H:%M:%S",
            "nticks": TICKS,
            **({"tickmode": "array", "tickvals": _ticks(start, end, cuts)} if cuts else {}),
            "side": "top",
            "rangebreaks": [
                {"values": [format_time(since)], "dvalue": round((until - since) * 1000)}
                for since, until in cuts
            ],
        },
        "yaxis": {
            "type": "category",
            "categoryarray": list(lanes),
            "range": [len(lanes) - 0.5, -0.5],
            "fixedrange": True,
            "automargin": True,
            "showgrid": False,
        },
        "shapes": [_cut_line(until) for _, until in cuts],
        "uniformtext": {"mode": "hide", "minsize": 10},
        "barmode": "overlay",
        "bargap": 0.45,
        "hovermode": "closest",
        "showlegend": True,
        "legend": {"orientation": "h", "y": -0.02, "yanchor": "top", "x": 0},
        "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
    }


def _ticks(start: float, end: float, cuts: Sequence[_Cut]) -> list[str]:
    """Return times that stand at even distances: those that Plotly finds by itself are mostly in what is left out."""
    step_s = (end - start - sum(until - since for since, until in cuts)) / TICKS
    found = []
    for number in range(1, TICKS):
        at = start + number * step_s
        for since, until in cuts:
            at += until - since if at >= since else 0.0
        found.append(format_time(round(at)))
    return found


def _cut_line(at: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": format_time(at),
        "x1": format_time(at),
        "y0": 0,
        "y1": 1,
        "line": {"color": SLATE, "width": 2, "dash": "dot"},
    }


def _note(cuts: Sequence[_Cut]) -> str:
    if not cuts:
        return ""
    spans = " and ".join(duration(until - since) for since, until in cuts)
    return f"Dotted line: {spans} without news left out."


def _bar_traces(bars: Sequence[Bar], shown_s: float, edge: float) -> list[dict[str, Any]]:
    """Return one trace for each colour."""
    labels = {id(bar): _placed(bar, bars, shown_s, edge) for bar in bars}
    traces = []
    for colour in dict.fromkeys(bar.colour for bar in bars):
        mine = [bar for bar in bars if bar.colour == colour]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "y": [bar.lane for bar in mine],
                "base": [format_time(bar.start) for bar in mine],
                "x": [round((bar.end - bar.start) * 1000) for bar in mine],
                "text": [labels[id(bar)][0] for bar in mine],
                "textposition": [labels[id(bar)][1] for bar in mine],
                "textangle": 0,
                "insidetextanchor": "middle",
                "insidetextfont": {"color": "#FFFFFF"},
                "hovertext": [_hover(bar) for bar in mine],
                "hoverinfo": "text",
                "marker": {"color": colour, "opacity": 0.85},
                "showlegend": False,
            }
        )
    return traces


def _placed(bar: Bar, bars: Sequence[Bar], shown_s: float, edge: float) -> tuple[str, str]:
    """Return a bar's label and where it stands; none where it would stand on another, or over the edge."""
    if bar.end - bar.start >= INSIDE_RATIO * shown_s:
        return plot_text(bar.label), "inside"
    free_until = bar.end + len(bar.label) * CHARACTER_RATIO * shown_s
    is_free = free_until <= edge and all(
        other is bar or not bar.start <= other.start < free_until for other in _same_lane(bar, bars)
    )
    return (f"{_CLEAR_OF_MARK}{plot_text(bar.label)}", "outside") if is_free else ("", "none")


def _same_lane(bar: Bar, bars: Sequence[Bar]) -> Iterable[Bar]:
    return (other for other in bars if other.lane == bar.lane)


def _hover(bar: Bar) -> str:
    label = " ".join(filter(None, (bar.label, bar.more)))
    return f"{plot_text(label)}<br>{_clock_ms(bar.start)} to {_clock_ms(bar.end)}, {duration(bar.end - bar.start)}"


def _mark_traces(
    timeline: Sequence[TimelineEntry], faults: Sequence[FaultView], lanes_of: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return one trace for each kind of line; the legend says its word beside its shape."""
    traces = []
    for word in dict.fromkeys(entry.kind for entry in timeline):
        kind = KINDS.get(word, OTHER)
        mine = [entry for entry in timeline if entry.kind == word]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": plot_text(spoken(word)),
                "x": [entry.at for entry in mine],
                "y": [kind.lane or _lane_of(entry, faults, lanes_of) for entry in mine],
                "hovertext": [f"{_clock_ms(seconds(e.at))} {plot_text(e.text)}" for e in mine],
                "hoverinfo": "text",
                "marker": {
                    "symbol": kind.symbol,
                    "size": 13,
                    "color": kind.fill,
                    "line": {"width": 1.5, "color": "#FFFFFF"},
                },
            }
        )
    return traces


def _lane_of(entry: TimelineEntry, faults: Sequence[FaultView], lanes_of: Mapping[str, str]) -> str:
    """Return the lane of the fault that a line is about: the one with a moment like it, since a line does not name its fault."""
    at = seconds(entry.at)
    distances = [
        (fault.type not in entry.text, abs(seconds(moment) - at), lanes_of[fault.id])
        for fault in faults
        if fault.id in lanes_of
        for moment in _moments(fault)
    ]
    return min(distances)[-1] if distances else FAULT


def _moments(fault: FaultView) -> Iterable[str]:
    yield fault.created_at
    for target in fault.targets:
        yield from filter(None, (target.acked_at, target.ended_at))


def _description(timeline: Sequence[TimelineEntry], what: str) -> str:
    told = [f"{clock(entry.at)} {spoken(entry.kind)}" for entry in timeline]
    more = f"; and {len(told) - SAID_MAX} more" if len(told) > SAID_MAX else ""
    said = "; ".join(told[:SAID_MAX]) or "nothing yet"
    return f"Timeline of {what}, in UTC: {said}{more}."


def _clock_ms(at: float) -> str:
    return format_time(at)[11:23]
