"""Figures as plain values, for `live_plot`: traces, time axes and what is marked on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tagent_contract.services import SeriesView

COLOURS = ("#2563EB", "#D97706", "#DB2777", "#0D9488", "#7C3AED")
"""Readable on both backgrounds; lines that share a chart also differ in their dash."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
BAND_FILLS = {
    "fault": "rgba(124,58,237,0.18)",
    "incident": "rgba(220,38,38,0.14)",
    "maintenance": "rgba(100,116,139,0.18)",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One metric in a chart; `factor` turns it into the chart's unit."""

    metric: str
    label: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time marked behind the lines: `kind` is a key of BAND_FILLS, times are RFC 3339."""

    kind: str
    label: str
    start: str
    end: str


def line_chart(
    lines: Sequence[Line],
    series: dict[str, SeriesView],
    *,
    unit: str,
    span: tuple[str, str],
    bands: Sequence[Band] = (),
) -> dict[str, Any]:
    """Return a chart of some metrics over `span`. Steps without a value are gaps, never zeroes."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": line.label,
            "x": [point.at for point in series[line.metric].points],
            "y": [_scaled(point.value, line.factor) for point in series[line.metric].points],
            "line": {"color": COLOURS[i % 5], "dash": DASHES[i % 5], "width": 2},
            "connectgaps": False,
            "hovertemplate": f"%{{y:.4~g}} {unit}",
        }
        for i, line in enumerate(lines)
        if line.metric in series
    ]
    layout = {
        "xaxis": {"type": "date", "range": list(span), "hoverformat": "%H:%M:%S UTC"},
        "yaxis": {"rangemode": "tozero", "ticksuffix": f" {unit}" if unit else ""},
        "showlegend": len(traces) > 1,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "shapes": [_shape(band) for band in bands],
    }
    return {"data": traces, "layout": layout}


def _shape(band: Band) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": band.start,
        "x1": band.end,
        "y0": 0,
        "y1": 1,
        "fillcolor": BAND_FILLS[band.kind],
        "line": {"width": 0},
        "layer": "below",
        "label": {"text": band.label, "textposition": "top left", "font": {"size": 10}},
    }


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else round(value * factor, 3)
