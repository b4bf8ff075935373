"""What can be done to the services that are chosen in the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    """Show the actions. A press comes with what is chosen at that moment, which may be more than was when the buttons were drawn; so each looks anew."""
    is_nothing = not chosen
    wants_inject = st.button(
        "Inject…", key="inject_chosen", disabled=is_nothing, icon=":material/bolt:"
    )
    wants_recover = st.button("Recover", key="recover_chosen", disabled=is_nothing)
    wants_clear = st.button("Clear faults", key="clear_chosen", disabled=is_nothing)
    if is_nothing:
        return
    if wants_inject:
        open_inject_dialog(person, chosen, None)
    elif wants_recover:
        _act(chosen, person, recover, open_recover_dialog)
    elif wants_clear:
        _act(chosen, person, clear, open_clear_dialog)


def _act(
    chosen: Sequence[str],
    person: Person,
    act_on_one: Callable[[Person, str], None],
    ask_about_many: Callable[[Person, Sequence[str]], None],
) -> None:
    if len(chosen) > 1:
        ask_about_many(person, chosen)
        return
    # One is acted on without being asked about again, as from its card.
    act_on_one(person, chosen[0])
    st.rerun()
