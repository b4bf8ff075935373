"""What experiments have to do with a service: the run that has reserved it, and how resilient it has proven to be."""

from __future__ import annotations

import streamlit as st

from tagent_dashboard.live import board, runs
from tagent_dashboard.views.runs import reserving
from tagent_dashboard.views.scores import score_text
from tagent_dashboard.views.words import RUN_LOOKS, plain
from tagent_dashboard.widgets.badges import badge
from tagent_dashboard.widgets.links import experiments_link, run_link


def show_experiments(name: str) -> None:
    """Show in one line its score, and the run that goes on with it; nothing while no experiment is about it."""
    installed = board.installed()
    # The event log tells when a run begins and ends; what it does meanwhile is for its own page.
    run = reserving(name, runs.open_runs(installed, younger_than_s=runs.KEEPS_S))
    score = runs.score(installed, name)
    has_score = score is not None and score.score is not None
    if run is None and not has_score:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="service_experiments"):
        if run is not None:
            text = f"{badge('reserved', RUN_LOOKS[run.state])} by a run of an experiment:"
            st.markdown(text, width="content")
            run_link(run.id, run.experiment, icon=":material/science:")
        if has_score:
            st.markdown(f"Resilience score **{plain(score_text(score))}**", width="content")
            experiments_link("Its experiments", service=name)
