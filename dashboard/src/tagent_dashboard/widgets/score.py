"""How resilient services have proven to be: the figure, how healing did, and what all of it is made of."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_contract.experiments import ScoreView
from tagent_dashboard.views.scores import (
    HealerCell,
    healer_cells,
    history_panel,
    part_rows,
    score_advice,
    score_of,
    score_text,
    services_by_score,
    times_text,
)
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.facts import show_facts
from tagent_dashboard.widgets.live_plot import live_plots

CHART_HEIGHT_PX = 200
ROWS_MAX = 200


def show_score_line(scores: Sequence[ScoreView], service: str) -> None:
    """Show in one line how resilient a service has proven to be, or all of them together."""
    score = score_of(scores, service)
    if score is None or not score.history:
        show_facts((("Resilience score", score_text(score)),))
        return
    show_facts(
        (
            ("Resilience score", score_text(score)),
            ("MTTD p50 / p95", times_text(score.mttd)),
            ("MTTR p50 / p95", times_text(score.mttr)),
        )
    )


def show_score(scores: Sequence[ScoreView], service: str) -> None:
    """Show it whole: its history, how healing did, and what each experiment adds."""
    st.header("Resilience score", anchor=False)
    score = score_of(scores, service)
    advice = score_advice(score)
    if advice:
        st.markdown(plain(advice))
    if score is None:
        return
    if score.history:
        live_plots([history_panel(score)], key="score_history", height_px=CHART_HEIGHT_PX)
        _show_healer(healer_cells(score))
    if service:
        _show_parts([score])
        return
    _show_services(services_by_score(scores))
    with st.expander("What the scores are made of", icon=":material/calculate:"):
        _show_parts(services_by_score(scores))


def _show_healer(cells: Sequence[HealerCell]) -> None:
    st.subheader("What healing did", anchor=False)
    st.table(
        {
            "Healing": [_good(cell) for cell in cells],
            "Times": [cell.count for cell in cells],
            "What that is": [plain(cell.meaning) for cell in cells],
        },
        border="horizontal",
        hide_index=True,
        width="content",
        alt="How often healing did right and wrong in these runs",
    )


def _good(cell: HealerCell) -> str:
    is_well = cell.is_good or cell.count == 0
    icon = ":green[:material/check:]" if is_well else ":red[:material/close:]"
    return f"{icon} **{plain(cell.label)}**"


def _show_services(services: Sequence[ScoreView]) -> None:
    if not services:
        return
    st.subheader("By service, the lowest first", anchor=False)
    shown = services[:ROWS_MAX]
    st.table(
        {
            "Service": [f"**{plain(each.service)}**" for each in shown],
            "Score": [plain(score_text(each)) for each in shown],
            "Experiments": [len(each.parts) for each in shown],
            "MTTD p50 / p95": [plain(times_text(each.mttd)) for each in shown],
            "MTTR p50 / p95": [plain(times_text(each.mttr)) for each in shown],
        },
        border="horizontal",
        hide_index=True,
        width="content",
        alt="The score of each service",
    )


def _show_parts(scores: Sequence[ScoreView]) -> None:
    rows = part_rows(scores)[:ROWS_MAX]
    if not rows:
        st.markdown("No experiment that counts is about this.")
        return
    st.markdown(
        "The score is the mean of what its experiments are worth by their weights, times 100. A passed run is worth 1, any other 0; "
        "newer runs count more, old ones fade by half in fourteen days, and what was never run is worth nothing."
    )
    st.table(
        {
            "Service": [plain(row.service) for row in rows],
            "Experiment": [plain(row.experiment) for row in rows],
            "Worth": [plain(row.value) for row in rows],
            "Weight": [plain(row.weight) for row in rows],
            "Why": [plain(row.why) for row in rows],
        },
        border="horizontal",
        hide_index=True,
        width="content",
        alt="What each experiment adds to a score, the least first",
    )
