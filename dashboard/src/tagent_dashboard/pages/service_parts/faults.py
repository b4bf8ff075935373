"""The faults of a service: what is running, with the way to end each, and what has been."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.pages.service_parts.history import History
from tagent_dashboard.pages.service_parts.table import show_table
from tagent_dashboard.views.fault_details import RunningFault, TargetLine, past_fault, running_fault
from tagent_dashboard.views.words import FAULT_LOOKS, plain
from tagent_dashboard.widgets.actions import act
from tagent_dashboard.widgets.links import faults_link

PAST_MAX = 8
_HEADINGS = {
    "title": "Fault",
    "state": "State",
    "began": "Began (UTC)",
    "lasted": "Lasted",
    "affected": "Requests",
    "why": "Why it ended",
    "by": "By",
}


def show_running_faults(history: History, person: Person, now: float) -> None:
    """Show a line for each fault that has not ended, with all its targets."""
    for fault in history.running:
        _show_running(running_fault(fault, now), person)


def _show_running(fault: RunningFault, person: Person) -> None:
    with st.container(
        border=True, key=f"fault-{fault.id}", horizontal=True, vertical_alignment="center"
    ):
        st.markdown(_running_text(fault), width="stretch")
        if person.may_operate:
            st.button(
                "End",
                key=f"end-{fault.id}",
                icon=":material/stop_circle:",
                on_click=_end,
                args=(person, fault.id, fault.type),
                help="Ends this fault only",
            )


def _running_text(fault: RunningFault) -> str:
    look = FAULT_LOOKS[fault.state]
    parts = [f"**{plain(fault.title)}**", f"**{plain(fault.ends)}**"]
    lines = []
    if len(fault.targets) == 1:
        target = fault.targets[0]
        parts.append(f"**{plain(target.text)}**" if target.is_late else plain(target.text))
    else:
        lines = [_target_text(target) for target in fault.targets]
    head = f":{look.colour}-badge[:material/{look.icon}: {fault.state}] {', '.join(parts)}"
    return "  \n".join([head, *lines, f":gray[by {plain(fault.by)}]"])


def _target_text(target: TargetLine) -> str:
    look = FAULT_LOOKS[target.state]
    colour = "orange" if target.is_late else look.colour
    text = f"{target.state.lower()}, {target.text}"
    return f":{colour}[:material/{look.icon}:] {plain(target.instance)}: {plain(text)}"


def _end(person: Person, fault_id: str, fault_type: str) -> None:
    act(f"End {fault_type}", lambda: person.client.end_fault(fault_id))


def show_past_faults(history: History, now: float) -> None:
    """Show the latest faults that have ended."""
    st.subheader("Past faults", anchor=False)
    if not history.ended:
        st.markdown(plain(history.problem) if history.problem else "None that is still remembered.")
        return
    rows = [asdict(past_fault(fault, now)) for fault in islice(history.ended, PAST_MAX)]
    for row in rows:
        look = FAULT_LOOKS[row["state"]]
        row["state"] = f"{look.shape} {row['state']}"
    show_table(rows, _HEADINGS, f"Table of the latest {len(rows)} faults that have ended")
    faults_link("All faults")
