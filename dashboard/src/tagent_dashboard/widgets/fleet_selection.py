"""What can be done to the services that are chosen in the table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.views.fleet import names_text
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.fleet_actions import (
    clear,
    open_clear_dialog,
    open_recover_dialog,
    recover,
)
from tagent_dashboard.widgets.inject_dialog import open_inject_dialog
from tagent_dashboard.widgets.links import service_link


def show_selection(chosen: Sequence[str], person: Person) -> None:
    """Show what is chosen and what can be done to it. The row is always there, so that choosing does not push the table away from the hand."""
    with st.container(horizontal=True, vertical_alignment="center", key="fleet_selection"):
        if len(chosen) == 1:
            service_link(chosen[0], label=f"Open {chosen[0]}", icon=":material/open_in_new:")
        elif chosen:
            st.markdown(f"**{len(chosen)} chosen:** {plain(names_text(chosen))}", width="content")
        else:
            what = "to open one or act on several" if person.may_operate else "to open one"
            st.markdown(f":gray[Choose services in the table {what}.]", width="content")
        if person.may_operate:
            _actions(chosen, person)


def _actions(chosen: Sequence[str], person: Person) -> None:
    is_nothing = not chosen
    if st.button("Inject…", key="inject_chosen", disabled=is_nothing, icon=":material/bolt:"):
        open_inject_dialog(person, chosen, None)
    if len(chosen) == 1:
        # One is recovered or cleared without being asked again, as from its card.
        st.button("Recover", key="recover_one", on_click=recover, args=(person, chosen[0]))
        st.button("Clear faults", key="clear_one", on_click=clear, args=(person, chosen[0]))
        return
    if st.button("Recover", key="recover_chosen", disabled=is_nothing):
        open_recover_dialog(person, chosen)
    if st.button("Clear faults", key="clear_chosen", disabled=is_nothing):
        open_clear_dialog(person, chosen)
