"""The top of a page that keeps itself true: its title, how often it looks again, how old what it shows is, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.banners import data_state
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.actions import show_outcome
from tagent_dashboard.widgets.data_age import show_data_age, show_data_state
from tagent_dashboard.widgets.refresh import choose_refresh


def show_head(title: str) -> float | None:
    """Show the title and the choice of refresh, and return it in seconds; None when the page is to stand still."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.title(title, anchor=False, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            return choose_refresh()


@contextmanager
def state_row(snapshot: Snapshot, now: float, refresh_s: float | None) -> Iterator[None]:
    """Show how old the data is, beside what is shown meanwhile; beneath whether the platform is away, and what the person's last action met.

    To be called within the page's fragment.
    """
    state = data_state(snapshot, now)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            yield
        show_data_age(state, refresh_s)
    show_data_state(state)
    show_outcome()


def show_nothing_known(problem: str, snapshot: Snapshot) -> None:
    """Say that the platform has not told yet what this page is about; that it is away at all is said above already."""
    if snapshot.is_empty or snapshot.problem:
        return
    if problem:
        st.warning(
            f"Nothing is known yet: {plain(problem.rstrip('.'))}. This page looks again by itself.",
            icon=":material/cloud_off:",
        )
    else:
        st.markdown("Asking the platform ...")
