"""One fault, whole."""

from __future__ import annotations

import streamlit as st

from tagent_contract.faults import FaultView
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.views.faults import TargetRow, course, facts, is_late, target_rows, title
from tagent_dashboard.views.words import FAULT_LOOKS, plain
from tagent_dashboard.widgets.badges import badge
from tagent_dashboard.widgets.facts import show_facts
from tagent_dashboard.widgets.fault_list import show_end_button
from tagent_dashboard.widgets.links import events_link, incident_link, run_link, service_link
from tagent_dashboard.widgets.timeline import show_timeline


def show_fault(fault: FaultView, person: Person, now: float) -> None:
    """Show what it is, how far it is on each instance, what happened, and what it has to do with."""
    st.header(plain(title(fault)), anchor=False)
    st.markdown(f"{badge(fault.state, FAULT_LOOKS[fault.state])} {plain(course(fault, now))}")
    if is_late(fault, now):
        st.warning(
            "No sidecar has said yet that it is in force. See whether the service's sidecars reach the platform; "
            "the fault fails by itself if none answers.",
            icon=":material/hourglass_top:",
        )
    show_facts(facts(fault, now))
    if not fault.state.is_final:
        show_end_button(fault, person)
    st.subheader("Targets", anchor=False)
    _show_targets(target_rows(fault.targets))
    st.subheader("Timeline", anchor=False)
    show_timeline(fault.timeline)
    st.subheader("What it has to do with", anchor=False)
    with st.container(horizontal=True):
        service_link(fault.service, icon=":material/dns:")
        if fault.incident is not None:
            incident_link(fault.incident, "Its incident", icon=":material/crisis_alert:")
        if fault.fault.run_id is not None:
            run_link(fault.fault.run_id, "Its run of an experiment", icon=":material/science:")
        events_link("Events of the service", service=fault.service)


def _show_targets(rows: tuple[TargetRow, ...]) -> None:
    if not rows:
        st.markdown("It reaches no instance yet.")
        return
    st.table(
        {
            "Instance": [plain(row.instance) for row in rows],
            "State": [badge(row.state, FAULT_LOOKS[row.state]) for row in rows],
            "Acknowledged": [plain(row.acknowledged) for row in rows],
            "First affected": [plain(row.first_affected) for row in rows],
            "Injected": [row.injected for row in rows],
            "Passed": [row.passed for row in rows],
            "End": [plain(row.end) for row in rows],
        },
        border="horizontal",
        hide_index=True,
        width="content",
        alt="What became of it on each instance",
    )
