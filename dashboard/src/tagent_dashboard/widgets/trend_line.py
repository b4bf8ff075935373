"""A small line beside figures, drawn by a few lines of our own: a chart library for each card would be felt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from tagent_dashboard.live.trends import POINTS

HEIGHT_PX = 36
AT_LEAST_MS = 20.0
"""The height of the scale when all is quiet, so that a millisecond more does not look like a mountain."""
_JS = (Path(__file__).parent / "trend_line.js").read_text(encoding="utf-8")
_HTML = (
    '<svg viewBox="0 0 240 36" preserveAspectRatio="none" role="img" width="100%" height="36">'
    '<title></title><polyline fill="none" stroke="var(--st-blue-color)" stroke-width="1.5" vector-effect="non-scaling-stroke"/></svg>'
)

_trend_line = st.components.v2.component("tagent_trend_line", html=_HTML, js=_JS)


def trend_line(latencies_ms: Sequence[float], *, key: str, description: str) -> None:
    """Draw the latencies, oldest first. `description` says what they are to whoever cannot see it."""
    data = {
        "points": list(latencies_ms),
        "points_max": POINTS,
        "at_least": AT_LEAST_MS,
        "description": description,
    }
    _trend_line(key=key, data=data, height=HEIGHT_PX)
