"""What a person can do about an incident: take it, write a note, close it."""

from __future__ import annotations

import streamlit as st

from tagent_contract.incidents import IncidentView
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.live.records import forget_incident
from tagent_dashboard.views.incidents import FLEET, is_over
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.actions import act
from tagent_dashboard.widgets.fleet_actions import recover

NOTE_LENGTH_MAX = 5000
REASON_LENGTH_MAX = 500
_OPENED = "tagent.incident.opened"


def show_incident_actions(incident: IncidentView, person: Person) -> None:
    """Show what this person may do about it now."""
    if not person.may_operate:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if not is_over(incident) and incident.acknowledged_by != person.name:
            st.button(
                "Acknowledge",
                key="acknowledge",
                icon=":material/front_hand:",
                type="primary" if incident.acknowledged_by is None else "secondary",
                help="Say that you look after it; others see your name",
                on_click=acknowledge,
                args=(person, incident),
            )
        if not is_over(incident) and incident.service:
            st.button(
                "Recover",
                key="recover",
                icon=":material/restart_alt:",
                help="Ends the faults of the service and restarts it",
                on_click=recover,
                args=(person, incident.service),
            )
        _show_note(incident, person)
        if not is_over(incident):
            _show_close(incident, person)


def _show_note(incident: IncidentView, person: Person) -> None:
    with (
        st.popover("Note", icon=":material/edit_note:", key=_key("note")),
        st.form("note_form", border=False, clear_on_submit=True),
    ):
        st.text_area(
            "Note",
            key="note_text",
            max_chars=NOTE_LENGTH_MAX,
            placeholder="What you saw, tried or found; it joins the timeline",
        )
        st.form_submit_button(
            "Write the note", type="primary", on_click=write_note, args=(person, incident)
        )


def _show_close(incident: IncidentView, person: Person) -> None:
    with st.popover("Close", icon=":material/task_alt:", key=_key("close")):
        st.markdown(
            f"Close the incident of **{plain(incident.service or FLEET)}** by your word? "
            "Healing stops caring for it; what is still sick opens no new one until it changes."
        )
        with st.form("close_form", border=False):
            st.text_input("Why", key="close_reason", max_chars=REASON_LENGTH_MAX)
            st.form_submit_button(
                "Close the incident", type="primary", on_click=close, args=(person, incident)
            )


def acknowledge(person: Person, incident: IncidentView) -> None:
    """Say that it is this person's. To be called from a callback."""
    act(f"Acknowledge {_of(incident)}", lambda: person.client.acknowledge(incident.id))
    _look_again(incident)


def write_note(person: Person, incident: IncidentView) -> None:
    """Write what stands in the field. To be called from a callback."""
    text = str(st.session_state.get("note_text", "")).strip()
    if text:
        act(f"Note on {_of(incident)}", lambda: person.client.note(incident.id, text))
    _look_again(incident)


def close(person: Person, incident: IncidentView) -> None:
    """End it by this person's word. To be called from a callback."""
    reason = str(st.session_state.get("close_reason", "")).strip()
    act(f"Close {_of(incident)}", lambda: person.client.close_incident(incident.id, reason))
    _look_again(incident)


def _of(incident: IncidentView) -> str:
    return f"the incident of {incident.service or FLEET}"


def _look_again(incident: IncidentView) -> None:
    """Show what came of it, and let an open popover close."""
    forget_incident(board.installed(), incident.id)
    st.session_state[_OPENED] = st.session_state.get(_OPENED, 0) + 1


def _key(name: str) -> str:
    return f"{name}_{st.session_state.get(_OPENED, 0)}"
