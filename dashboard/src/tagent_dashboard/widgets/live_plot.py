"""A chart that stays where it is: its zoom, its place in the page and its node survive every refresh, which `st.plotly_chart` rebuilds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

_JS = (Path(__file__).parent / "live_plot.js").read_text(encoding="utf-8")
_HTML = '<div class="live-plot" role="img"></div>'
_CSS = ".live-plot{width:100%;min-height:40px}"

_component = st.components.v2.component(
    "tagent_live_plot", html=_HTML, css=_CSS, js=_JS, isolate_styles=False
)


def live_plot(
    figure: Mapping[str, Any], *, key: str, description: str, height_px: int = 240
) -> None:
    """Draw a figure `{"data": [...], "layout": {...}}`. `description` is what it says to whoever cannot see it.

    Colours of text, grid and paper are the page's theme's; a trace names its own, best one of `views.charts.COLOURS`.
    """
    _component(
        key=key,
        data={"figure": dict(figure), "description": description, "height": height_px},
        height=height_px,
    )
