"""Charts over time as plain values, for `live_plot`: lines, what they say now, and the stretches of time that are marked behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from tagent_contract.services import SeriesPoint, SeriesView
from tagent_dashboard.views.times import UNKNOWN, seconds

COLOURS = ("#2563EB", "#D97706", "#DB2777", "#0D9488", "#7C3AED")
"""Readable on both backgrounds; lines that share a chart also differ in their dash."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
BAND_COLOURS = {"fault": "#7C3AED", "incident": "#DC2626", "maintenance": "#64748B"}
LANES_MAX = 3
LABEL_CHARACTERS = 90
"""As many of a label's size as fit across a chart of usual width."""
_TICKS = [
    {"dtickrange": [None, 59_000], "value": "%H:%M:%S"},
    {"dtickrange": [59_000, None], "value": "%H:%M"},
]
RECENT_STEPS = 3
"""A value older than this is not what is so now."""


@dataclass(frozen=True, slots=True)
class Line:
    """One metric in a chart; `factor` turns it into the chart's unit."""

    metric: str
    label: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Chart:
    """What one chart shows. The scale reaches at least to `top`, so that noise does not look like a mountain; `says` writes a value with its unit."""

    title: str
    lines: tuple[Line, ...]
    unit: str
    says: Callable[[float | None], str]
    top: float
    is_count: bool = False
    """Bars: each value belongs to its step alone."""


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time marked behind the lines: `kind` is a key of BAND_COLOURS, times are seconds since the epoch."""

    kind: str
    label: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a chart is about, in seconds since the epoch."""

    start: float
    end: float

    @property
    def length_s(self) -> float:
        """How long it is."""
        return self.end - self.start


def panel(
    chart: Chart, series: Mapping[str, SeriesView], span: Span, bands: Sequence[Band] = ()
) -> dict[str, Any]:
    """Return a chart as `live_plot` draws it. Steps without a value are gaps, never zeroes."""
    lines = [line for line in chart.lines if line.metric in series]
    values = [_values(series[line.metric], line.factor) for line in lines]
    said = [chart.says(_latest(found)) for found in values]
    traces = [
        _trace(chart, number, series[line.metric], found)
        for number, (line, found) in enumerate(zip(lines, values, strict=True))
    ]
    return {
        "title": chart.title,
        "legend": [
            {
                "label": line.label if len(lines) > 1 else "",
                "value": value,
                "colour": COLOURS[number % 5],
                "dash": DASHES[number % 5] if not chart.is_count else "solid",
            }
            for number, (line, value) in enumerate(zip(lines, said, strict=True))
        ],
        "description": _description(chart, lines, values, said),
        "figure": {"data": traces, "layout": _layout(chart, span)},
        "bands": bands_in(bands, span),
    }


def _layout(chart: Chart, span: Span) -> dict[str, Any]:
    return {
        "xaxis": {
            "type": "date",
            "range": [round(span.start * 1000), round(span.end * 1000)],
            "hoverformat": "%H:%M:%S UTC",
            "tickformatstops": _TICKS,
        },
        "yaxis": {
            "rangemode": "tozero",
            "autorangeoptions": {"include": [0, chart.top]},
            "fixedrange": True,
        },
        "barmode": "stack",
    }


def _trace(
    chart: Chart, number: int, view: SeriesView, values: Sequence[float | None]
) -> dict[str, Any]:
    colour = COLOURS[number % 5]
    label = chart.lines[number].label
    # Steps are equally long: their times need not be sent one by one.
    trace: dict[str, Any] = {
        "name": label,
        "x0": round(seconds(view.points[0].at) * 1000) if view.points else 0,
        "dx": round(view.step_s * 1000),
        "y": list(values),
        "hovertemplate": f"%{{y:.4~g}} {chart.unit}",
    }
    if chart.is_count:
        return trace | {"type": "bar", "marker": {"color": colour}, "width": trace["dx"]}
    return trace | {
        "type": "scatter",
        "mode": "lines",
        "line": {"color": colour, "dash": DASHES[number % 5], "width": 2},
        "connectgaps": False,
    }


def _values(view: SeriesView, factor: float) -> list[float | None]:
    return [_scaled(point, factor) for point in view.points]


def _scaled(point: SeriesPoint, factor: float) -> float | None:
    return None if point.value is None else float(f"{point.value * factor:.5g}")


def _latest(values: Sequence[float | None]) -> float | None:
    return next((value for value in values[: -RECENT_STEPS - 1 : -1] if value is not None), None)


def _description(
    chart: Chart,
    lines: Sequence[Line],
    values: Sequence[Sequence[float | None]],
    said: Sequence[str],
) -> str:
    parts = []
    for line, found, now in zip(lines, values, said, strict=True):
        known = [value for value in found if value is not None]
        most = f", at most {chart.says(max(known))}" if known else ""
        parts.append(f"{line.label} {now} now{most}")
    return f"{chart.title}: {'; '.join(parts) or UNKNOWN}."


def bands_in(bands: Sequence[Band], span: Span) -> list[dict[str, Any]]:
    """Return the bands that reach into the span, with the lane of each one's label: those that would overlap stand below each other, -1 is for no room."""
    visible = [band for band in bands if band.end > span.start and band.start < span.end]
    lane_ends: list[float] = []
    found = []
    for band in sorted(visible, key=lambda band: (band.start, band.kind, band.label)):
        start = max(band.start, span.start)
        label_s = span.length_s * (len(band.label) + 2) / LABEL_CHARACTERS
        lane = _free_lane(lane_ends, start)
        if lane >= 0:
            lane_ends[lane : lane + 1] = [max(min(band.end, span.end), start + label_s)]
        found.append(
            {
                "label": escape(band.label, quote=False),
                "colour": BAND_COLOURS[band.kind],
                "start": round(band.start * 1000),
                "end": round(min(band.end, span.end) * 1000),
                "lane": lane,
            }
        )
    return found


def _free_lane(lane_ends: Sequence[float], start: float) -> int:
    for lane, end in enumerate(lane_ends):
        if end <= start:
            return lane
    return len(lane_ends) if len(lane_ends) < LANES_MAX else -1
