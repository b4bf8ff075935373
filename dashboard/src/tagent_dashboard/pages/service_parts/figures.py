"""The charts of a service."""

from __future__ import annotations

import streamlit as st

from tagent_dashboard.live import board
from tagent_dashboard.pages.service_parts.history import History
from tagent_dashboard.views.charts import Span
from tagent_dashboard.views.service_charts import METRICS, Range, bands, panels
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.live_plot import live_plots


def show_figures(name: str, span: Range, history: History, now: float) -> None:
    """Show how a service has been over a range of time, with what was done to it marked."""
    series = board.installed().series.get(
        name, METRICS, window_s=span.window_s, step_s=span.step_s, younger_than_s=span.keeps_s
    )
    if series.problem:
        st.warning(plain(f"No newer figures: {series.problem}"), icon=":material/hourglass_empty:")
    if not series.by_metric:
        if not series.problem:
            st.markdown("Reading the figures\N{HORIZONTAL ELLIPSIS}")
        return
    # To the moment of the answer, not to now: between two answers nothing moves.
    shown = Span(series.taken_at - span.window_s, series.taken_at)
    marked = bands(history.running + history.ended, history.incidents, history.maintenance, now)
    found = panels(series.by_metric, shown, marked)
    if found.note:
        st.markdown(f":gray[{plain(found.note)}]")
    if found.charts:
        live_plots(found.charts, key="figures")
