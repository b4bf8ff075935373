"""The fleet: what is wrong, since when, why, and what is being done, in one look."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.banners import DataState, data_state
from tagent_dashboard.views.card_faces import face
from tagent_dashboard.views.cards import card
from tagent_dashboard.views.fleet import Entry, cards, matching
from tagent_dashboard.widgets.actions import show_outcome
from tagent_dashboard.widgets.data_age import show_data_state
from tagent_dashboard.widgets.fleet_banners import (
    show_counts,
    show_escalations,
    show_faults,
)
from tagent_dashboard.widgets.fleet_cards import fleet_cards
from tagent_dashboard.widgets.fleet_entries import entries_of, table_of
from tagent_dashboard.widgets.fleet_filter import choose_filter
from tagent_dashboard.widgets.fleet_selection import show_selection
from tagent_dashboard.widgets.fleet_table import show_table
from tagent_dashboard.widgets.inject_dialog import open_inject_dialog
from tagent_dashboard.widgets.refresh import choose_refresh
from tagent_dashboard.widgets.who import as_known_now

RANGES: dict[str, float] = {"5m": 300.0, "15m": 900.0, "1h": 3600.0}
RANGE_DEFAULT = "15m"
HOW_TO_ATTACH = "tagent attach --service my-agent --port 8080 -- python my_agent.py"


def show(person: Person) -> None:
    """Show the fleet, and keep it true."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.title("Fleet", anchor=False, width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            span = _choose_range()
            every = choose_refresh()
    st.fragment(run_every=every, key="fleet")(_live)(person, span, every)


def _choose_range() -> str:
    chosen = st.segmented_control(
        "Range",
        list(RANGES),
        default=RANGE_DEFAULT,
        key="range",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
        help="How far back the small lines go",
    )
    return chosen or RANGE_DEFAULT


def _live(person: Person, span: str, every: float | None) -> None:
    """Show what changes by itself. All of it is one fragment: several would run one after the other, and each at its own time."""
    installed = board.installed()
    snapshot, now = installed.poller.snapshot, installed.poller.now()
    person = as_known_now(person, snapshot)
    state = data_state(snapshot, now)
    show_counts(snapshot, state, every)
    show_data_state(state)
    show_outcome()
    if snapshot.is_empty:
        return
    show_escalations(snapshot, now)
    show_faults(snapshot, person, now)
    if not snapshot.services:
        _show_how_to_attach(state)
        return
    entries = entries_of(snapshot)
    _show_cards(entries, person, span, now, is_live=state.is_live)
    _show_all(entries, snapshot, person, span)


def _show_how_to_attach(state: DataState) -> None:
    if state.is_live:
        st.info(
            "No service is watched yet. Start one behind its sidecar, and it appears here within seconds:"
        )
        st.code(HOW_TO_ATTACH, language="bash")


def _show_cards(
    entries: Sequence[Entry], person: Person, span: str, now: float, *, is_live: bool
) -> None:
    shown, more = cards(entries)
    lines = board.installed().poller.trends.lines(RANGES[span])
    faces = [
        face(card(entry, now, is_live=is_live), lines.get(entry.service.name, ()), span)
        for entry in shown
    ]
    wish = fleet_cards(faces, person)
    if more:
        st.markdown(f"and **{more} more** worth a look; the table below has them all.")
    if wish is not None:
        open_inject_dialog(person, [wish.service], wish.what)


def _show_all(entries: Sequence[Entry], snapshot: Snapshot, person: Person, span: str) -> None:
    st.header("All services", anchor=False)
    search, healths = choose_filter()
    found = matching(entries, search, healths)
    if not found:
        st.info(
            f"None of the {len(entries)} services matches. Search for less, or choose other states."
        )
        return
    names = [entry.service.name for entry in found]
    # The actions stand above the table, where they do not move with its length; what is chosen is known only once it is drawn.
    actions = st.container()
    chosen = show_table(table_of(snapshot, RANGES[span], names), names, span)
    with actions:
        show_selection(chosen, person)
