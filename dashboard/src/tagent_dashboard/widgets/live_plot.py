"""Charts that stay where they are: their zoom, their place in the page and their nodes survive every refresh, which `st.plotly_chart` rebuilds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_JS = (Path(__file__).parent / "live_plot.js").read_text(encoding="utf-8")
_HTML = '<button class="live-plot-let-go" type="button" hidden>Show the whole range again</button><div class="live-plots"></div>'
_CSS = (Path(__file__).parent / "live_plot.css").read_text(encoding="utf-8")

PANEL_HEIGHT_PX = 170

_component = st.components.v2.component(
    "tagent_live_plot", html=_HTML, css=_CSS, js=_JS, isolate_styles=False
)


def live_plots(
    panels: Sequence[Mapping[str, Any]], *, key: str, height_px: int = PANEL_HEIGHT_PX
) -> None:
    """Draw panels of `views.charts` side by side where there is room. Dragging over a stretch of time in one shows it in all."""
    drawn = [{**panel, "height": height_px} for panel in panels]
    _component(key=key, data={"panels": drawn}, height="content")


def live_plot(
    figure: Mapping[str, Any], *, key: str, description: str, height_px: int = 240
) -> None:
    """Draw one figure `{"data": [...], "layout": {...}}`. `description` is what it says to whoever cannot see it.

    Colours of text, grid and paper are the page's theme's; a trace names its own, best one of `views.charts.COLOURS`.
    """
    live_plots([{"figure": dict(figure), "description": description}], key=key, height_px=height_px)
