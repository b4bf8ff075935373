"""Faults, one under the other, and the way to end each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_contract.faults import FaultState, FaultView
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board, records
from tagent_dashboard.views.faults import course, effect, is_late, title, who_and_why
from tagent_dashboard.views.words import FAULT_LOOKS, plain
from tagent_dashboard.widgets.actions import act
from tagent_dashboard.widgets.badges import badge
from tagent_dashboard.widgets.links import fault_link


def show_faults(faults: Sequence[FaultView], person: Person, now: float) -> None:
    """Show each with what it does, how far it is, who injected it and why; those that run set apart from those that are over."""
    for fault in faults:
        is_running = not fault.state.is_final
        with st.container(
            border=is_running,
            key=f"fault-{fault.id}",
            horizontal=True,
            vertical_alignment="center",
        ):
            with st.container(gap="xsmall", width="stretch"):
                fault_link(fault.id, title(fault))
                st.markdown(_lines(fault, now))
            if is_running:
                show_end_button(fault, person)


def _lines(fault: FaultView, now: float) -> str:
    told = plain(course(fault, now))
    if is_late(fault, now):
        told = f":orange[:material/warning: **{told}**]"
    head = f"{badge(fault.state, FAULT_LOOKS[fault.state])} {told}"
    return f"{head}  \n{plain(effect(fault))} · {plain(who_and_why(fault))}"


def show_end_button(fault: FaultView, person: Person) -> None:
    """Show the way to end it, to whom that is allowed and while it has not begun to end."""
    if person.may_operate and fault.state is not FaultState.ENDING:
        st.button(
            "End",
            key=f"end-{fault.id}",
            icon=":material/stop_circle:",
            help=plain(f"Ends {title(fault)}, and nothing else"),
            on_click=end_fault,
            args=(person, fault),
        )


def end_fault(person: Person, fault: FaultView) -> None:
    """End it. To be called from a callback."""
    act(f"End {title(fault)}", lambda: person.client.end_fault(fault.id))
    records.forget_fault(board.installed(), fault.id)
