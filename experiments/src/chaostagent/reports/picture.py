"""A run's timeline as a Plotly figure. Pure."""

from __future__ import annotations

from typing import Any

from tagent_contract.incidents import TimelineEntry

ROWS = ("healing", "incident", "fault")
_ROW_OF = {
    **dict.fromkeys(
        ("armed", "acknowledged", "first_affected", "ending", "ended", "refused"), "fault"
    ),
    **dict.fromkeys(
        ("decided", "restarted", "attempt_ended", "held_back", "exited", "back"), "healing"
    ),
}
_COLOURS = {"fault": "#d9480f", "incident": "#1864ab", "healing": "#2b8a3e"}


def picture(timeline: tuple[TimelineEntry, ...]) -> dict[str, Any]:
    """Return the figure: time to the right, a row each for fault, incident and healing; what each point is stands beside it."""
    traces = []
    for row in ROWS:
        entries = [entry for entry in timeline if _ROW_OF.get(entry.kind, "incident") == row]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": row,
                "x": [entry.at for entry in entries],
                "y": [row] * len(entries),
                "text": [entry.kind for entry in entries],
                "customdata": [_escaped(entry.text) for entry in entries],
                "hovertemplate": "%{x|%H:%M:%S.%L}<br><b>%{text}</b><br>%{customdata}<extra></extra>",
                "marker": {"size": 11, "color": _COLOURS[row]},
                "line": {"color": _COLOURS[row], "width": 2},
            }
        )
    return {
        "data": traces,
        "layout": {
            "height": 210,
            "margin": {"l": 70, "r": 20, "t": 10, "b": 35},
            "showlegend": False,
            "hovermode": "closest",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"color": "#868e96"},
            "xaxis": {
                "type": "date",
                "title": {"text": "UTC"},
                "gridcolor": "rgba(128,128,128,0.25)",
            },
            "yaxis": {
                "type": "category",
                "categoryarray": list(ROWS),
                "range": [-0.5, len(ROWS) - 0.5],
            },
        },
    }


def _escaped(text: str) -> str:
    """Return the text as Plotly is to draw it, which reads some markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
