"""Runs that wait or go on: what each does, why it still waits, and the way to stop it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_contract.experiments import RunState, RunView
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.live.runs import forget_run
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.runs import (
    RUNNER_COMMAND,
    course,
    delay,
    run_title,
    stop_text,
)
from tagent_dashboard.views.verdicts import run_word
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.actions import act
from tagent_dashboard.widgets.badges import badge
from tagent_dashboard.widgets.links import run_link

SHOWN_MAX = 20


def show_open_runs(runs: Sequence[RunView], snapshot: Snapshot, person: Person, now: float) -> None:
    """Show those that go on before those that wait; nothing while there is none."""
    if not runs:
        return
    st.header("Going on", anchor=False)
    ordered = sorted(runs, key=lambda run: (run.state is RunState.WAITING, run.created_at))
    with st.container(key="records"):
        for run in ordered[:SHOWN_MAX]:
            with st.container(
                border=True, key=f"run-{run.id}", horizontal=True, vertical_alignment="center"
            ):
                with st.container(gap="xsmall", width="stretch"):
                    run_link(run.id, run_title(run))
                    show_progress(run, now)
                show_stop_button(run, person)
    if len(ordered) > SHOWN_MAX:
        st.markdown(f"and **{len(ordered) - SHOWN_MAX} more**")
    show_delays(ordered, runs, snapshot, now)


def show_progress(run: RunView, now: float) -> None:
    """Show in two lines how it stands, on which services, and what it does now."""
    word, look = run_word(run)
    lines = [
        f"{badge(word, look)} on **{plain(', '.join(run.targets))}**, {plain(course(run, now))}"
    ]
    if run.progress and run.state is not RunState.ENDED:
        lines.append(f":material/arrow_right_alt: {plain(run.progress)}")
    if stop_text(run):
        lines.append(f":orange[:material/stop_circle: **{plain(stop_text(run))}**]")
    st.markdown("  \n".join(lines))


def show_delays(
    waiting: Sequence[RunView], open_runs: Sequence[RunView], snapshot: Snapshot, now: float
) -> None:
    """Say why runs are still not begun, each reason once, and what to do where a person can do something."""
    found = [delay(run, open_runs, snapshot, now) for run in waiting]
    for one in dict.fromkeys(each for each in found if each is not None):
        if one.needs_runner:
            st.warning(f"**{plain(one.text)}**", icon=":material/person_off:")
            st.code(RUNNER_COMMAND, language="bash")
        else:
            st.info(plain(one.text), icon=":material/hourglass_top:")


def show_stop_button(run: RunView, person: Person) -> None:
    """Show the way to stop it, to whom that is allowed and until somebody has."""
    if person.may_operate and run.state is not RunState.ENDED and run.stop_asked_by is None:
        st.button(
            "Stop",
            key=f"stop-{run.id}",
            icon=":material/stop_circle:",
            help="It plays its rollbacks, so that nothing of it is left",
            on_click=stop_run,
            args=(person, run),
        )


def stop_run(person: Person, run: RunView) -> None:
    """Ask for its end. To be called from a callback."""
    act(f"Stop {run.experiment}", lambda: person.client.experiments.stop(run.id))
    forget_run(board.installed(), run.id)
