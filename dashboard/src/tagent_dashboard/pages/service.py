"""One service: how it is, what is broken in it on purpose, and what can be done."""

from __future__ import annotations

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.pages.service_parts.experiments import show_experiments
from tagent_dashboard.pages.service_parts.faults import show_past_faults, show_running_faults
from tagent_dashboard.pages.service_parts.figures import show_figures
from tagent_dashboard.pages.service_parts.header import show_header, show_state
from tagent_dashboard.pages.service_parts.history import history_of
from tagent_dashboard.pages.service_parts.instances import show_instances
from tagent_dashboard.pages.service_parts.logs import show_logs
from tagent_dashboard.pages.service_parts.policy import show_policy
from tagent_dashboard.views.banners import data_state
from tagent_dashboard.views.service import near_names
from tagent_dashboard.views.service_charts import RANGE_DEFAULT, RANGES
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.actions import show_outcome
from tagent_dashboard.widgets.data_age import show_data_age, show_data_state
from tagent_dashboard.widgets.links import fleet_link, service_link
from tagent_dashboard.widgets.refresh import choose_refresh
from tagent_dashboard.widgets.who import as_known_now

NAMES_MAX = 12


def show(person: Person) -> None:
    """Show the service that the address names, and keep it true."""
    name = st.query_params.get("name", "")
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            fleet_link()
            st.header(plain(name) or "Service", anchor=False, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            span = _choose_range()
            every = choose_refresh()
    st.fragment(run_every=every, key="service")(_live)(person, name, span, every)
    snapshot = board.installed().poller.snapshot
    if snapshot.is_empty or name in snapshot.by_name:
        show_policy(person, name)


def _choose_range() -> str:
    chosen = st.segmented_control(
        "Range",
        list(RANGES),
        default=RANGE_DEFAULT,
        key="range",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
        help="How far back the charts go",
    )
    return chosen or RANGE_DEFAULT


def _live(person: Person, name: str, span: str, every: float | None) -> None:
    """Show what changes by itself. All of it is one fragment: several would run one after the other, and each at its own time."""
    installed = board.installed()
    snapshot, now = installed.poller.snapshot, installed.poller.now()
    person = as_known_now(person, snapshot)
    state = data_state(snapshot, now)
    service = snapshot.by_name.get(name)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        if service is not None:
            show_state(service, now)
        show_data_age(state, every)
    show_data_state(state)
    show_outcome()
    if service is None:
        if not snapshot.is_empty:
            _show_unknown(name, snapshot)
        return
    show_header(service, snapshot, person, now)
    show_experiments(name)
    history = history_of(service, snapshot)
    show_running_faults(history, person, now)
    show_figures(name, RANGES[span], history, now)
    show_instances(service, now)
    show_logs(service)
    show_past_faults(history, now)


def _show_unknown(name: str, snapshot: Snapshot) -> None:
    """Say that there is no such service, and which one may be meant."""
    if name:
        st.warning(
            f"There is no service {plain(name)}. It may have been forgotten, or its name is spelt otherwise.",
            icon=":material/search_off:",
        )
    near = near_names(name, snapshot.by_name) if name else sorted(snapshot.by_name)[:NAMES_MAX]
    if near:
        st.markdown("Perhaps you mean:" if name else "Choose one:")
    for other in near:
        service_link(other)
