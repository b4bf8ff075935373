"""What stands above the fleet's cards."""

from __future__ import annotations

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.banners import (
    DataState,
    escalations,
    fault_banner,
    halt_text,
)
from tagent_dashboard.views.fleet import counts
from tagent_dashboard.views.words import look_of, plain
from tagent_dashboard.widgets.badges import badge
from tagent_dashboard.widgets.data_age import show_data_age
from tagent_dashboard.widgets.fault_line import LINE_END, fault_line
from tagent_dashboard.widgets.halt_dialog import open_halt_dialog, release
from tagent_dashboard.widgets.links import faults_link, incident_link, incidents_link

ESCALATIONS_MAX = 4


def show_counts(snapshot: Snapshot, state: DataState, refresh_s: float | None) -> None:
    """Show how many services are in each state, and how old that knowledge is."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        found = [
            badge(f"{count} {health.lower()}", look_of(health, is_live=state.is_live))
            for health, count in counts(snapshot)
        ]
        st.markdown(" ".join(found), width="content")
        show_data_age(state, refresh_s)


def show_escalations(snapshot: Snapshot, now: float) -> None:
    """Show who is needed, with the way to each incident."""
    waiting = escalations(snapshot, now)
    if not waiting:
        return
    count = "1 incident needs" if len(waiting) == 1 else f"{len(waiting)} incidents need"
    with st.container(border=True, key="escalations", gap="xxsmall"):
        st.markdown(f":red[:material/notification_important: **{count} a person**]")
        for escalation in waiting[:ESCALATIONS_MAX]:
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                incident_link(escalation.incident, escalation.title)
                st.markdown(plain(escalation.text), width="content")
        if len(waiting) > ESCALATIONS_MAX:
            incidents_link(f"and {len(waiting) - ESCALATIONS_MAX} more")


def show_faults(snapshot: Snapshot, person: Person, now: float) -> None:
    """Show what is halted, or what is broken on purpose, with the way to change it."""
    if snapshot.halt.halted:
        _show_halt(snapshot, person, now)
    else:
        _show_faults(snapshot, person, now)


def _show_halt(snapshot: Snapshot, person: Person, now: float) -> None:
    with st.container(border=True, key="halt_banner", horizontal=True, vertical_alignment="center"):
        text = f":orange[:material/front_hand:] {plain(halt_text(snapshot.halt, now))}"
        st.markdown(text, width="stretch")
        if person.may_operate:
            st.button(
                "Release",
                key="release",
                icon=":material/play_arrow:",
                on_click=release,
                args=(person,),
            )


def _show_faults(snapshot: Snapshot, person: Person, now: float) -> None:
    banner = fault_banner(snapshot, now)
    with st.container(
        border=True, key="fault_banner", horizontal=True, vertical_alignment="center"
    ):
        with st.container(gap="xsmall", width="stretch"):
            title = f"**{plain(banner.title)}**" if banner.lines else plain(banner.title)
            lines = [fault_line(line) for line in banner.lines]
            st.markdown(LINE_END.join([f":material/bolt: {title}", *lines]))
            if banner.more:
                faults_link(f"and {banner.more} more")
        if person.may_operate and st.button(
            "Halt All",
            key="halt_all",
            icon=":material/front_hand:",
            type="primary" if banner.lines else "secondary",
        ):
            open_halt_dialog(person)
