"""What is asked once before experiments are run: which services that breaks, what stands in the way, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from tagent_contract.experiments import ExperimentView, RunRequest, RunView
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.live.runs import forget_runs
from tagent_dashboard.views.experiments import obstacles, run_hits
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.actions import act, act_on_each
from tagent_dashboard.widgets.dialogs import open_dialog

REASON_LENGTH_MAX = 500
NAMES_WITHOUT_SCROLLING = 8
NAMES_HEIGHT_PX = 260


def open_run_dialog(person: Person, experiments: Sequence[ExperimentView]) -> None:
    """Ask before experiments are run. To be called in the run in which a button was pressed."""
    show = partial(show_run_form, person, tuple(experiments))
    open_dialog(_title(experiments), show, icon=":material/science:")


def _title(experiments: Sequence[ExperimentView]) -> str:
    return "Run 1 experiment" if len(experiments) == 1 else f"Run {len(experiments)} experiments"


def show_run_form(person: Person, experiments: Sequence[ExperimentView]) -> None:
    """Say what is broken, and ask for the runs once that is confirmed."""
    is_long = len(experiments) > NAMES_WITHOUT_SCROLLING
    with st.container(height=NAMES_HEIGHT_PX if is_long else "content", border=is_long):
        st.markdown(
            "\n".join(
                f"- **{plain(each.title or each.name)}** on {plain(', '.join(each.targets))}"
                for each in experiments
            )
        )
    st.markdown(plain(run_hits(experiments)))
    found = obstacles(experiments, board.installed().poller.snapshot)
    if found:
        st.warning("\n".join(f"- {plain(each)}" for each in found), icon=":material/warning:")
    reason = st.text_input(
        "Reason",
        key="run_reason",
        max_chars=REASON_LENGTH_MAX,
        placeholder="such as release 2.4; it goes into the event log",
    )
    with st.container(horizontal=True):
        label = f"Run {experiments[0].name}" if len(experiments) == 1 else _title(experiments)
        if st.button(plain(label), type="primary", key="run_confirm"):
            _ask_for(person, experiments, label, reason.strip())
            st.rerun()
        if st.button("Cancel", key="run_cancel"):
            st.rerun()


def _ask_for(
    person: Person, experiments: Sequence[ExperimentView], label: str, reason: str
) -> None:
    by_name: Mapping[str, ExperimentView] = {each.name: each for each in experiments}

    def start(name: str) -> RunView:
        chosen = by_name[name]
        request = RunRequest(
            experiment=chosen.name,
            targets=chosen.targets,
            title=chosen.title,
            hypothesis=chosen.hypothesis,
            wanted=chosen.wanted,
            wait=True,
            reason=reason,
        )
        return person.client.experiments.start(request)

    if len(experiments) == 1:
        act(label, lambda: start(experiments[0].name))
    else:
        act_on_each(label, list(by_name), start)
    forget_runs(board.installed())
