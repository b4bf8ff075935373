"""Halt everything, and release it again."""

from __future__ import annotations

from functools import partial

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.views.banners import halt_hits
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.actions import act
from tagent_dashboard.widgets.dialogs import open_dialog

_REASON = "halt_reason"
REASON_LENGTH_MAX = 500


def open_halt_dialog(person: Person) -> None:
    """Open the dialog that asks why before it halts. To be called in the run in which a button was pressed."""
    open_dialog("Halt all", partial(show_halt_form, person), icon=":material/front_hand:")


def show_halt_form(person: Person) -> None:
    """Say what it hits, ask why, and halt."""
    st.markdown(plain(halt_hits(board.installed().poller.snapshot)))
    with st.form("halt", border=False):
        reason = st.text_input(
            "Reason",
            key=_REASON,
            max_chars=REASON_LENGTH_MAX,
            placeholder="Why; everyone will see it",
        )
        asked = st.form_submit_button("Halt All", type="primary", icon=":material/front_hand:")
    if asked and not reason.strip():
        st.error("Say why: the next person who looks will want to know.")
    elif asked:
        act("Halt all faults", lambda: person.client.halt(reason.strip()))
        st.rerun()


def release(person: Person) -> None:
    """Accept faults again. To be called from a callback."""
    act("Release the halt", person.client.release)
