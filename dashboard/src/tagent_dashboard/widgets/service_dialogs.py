"""What is asked once before something is done to a service, naming what it hits."""

from __future__ import annotations

from functools import partial

import streamlit as st

from tagent_contract.services import ServiceView
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.views.fault_details import fault_title
from tagent_dashboard.views.service import restart_hits
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.actions import act
from tagent_dashboard.widgets.dialogs import open_dialog

REASON_LENGTH_MAX = 500
MAINTENANCE_TIMES_S = {
    "15 min": 900.0,
    "1 h": 3600.0,
    "4 h": 4 * 3600.0,
    "1 day": 86_400.0,
    "7 days": 7 * 86_400.0,
}
WHOLE_SERVICE = "the whole service"


def open_restart_dialog(person: Person, service: ServiceView) -> None:
    """Ask which instances of a service to restart. To be called in the run in which a button was pressed."""
    open_dialog(
        "Restart", partial(show_restart_form, person, service), icon=":material/restart_alt:"
    )


def show_restart_form(person: Person, service: ServiceView) -> None:
    """Say what a restart stops, and restart what is chosen once that is confirmed."""
    names = [item.name for item in service.instances if item.supervised]
    instance = None
    if len(names) > 1:
        chosen = st.selectbox("What", [WHOLE_SERVICE, *names], key="restart_what")
        instance = None if chosen == WHOLE_SERVICE else chosen
    st.markdown(plain(restart_hits(service, instance)))
    reason = _reason("restart_reason")
    label = f"Restart {instance or service.name}"
    if st.button(plain(label), type="primary", key="restart_confirm"):
        act(label, lambda: person.client.restart(service.name, reason, instance))
        st.rerun()


def open_clear_dialog(person: Person, service: ServiceView) -> None:
    """Ask before all faults of a service are ended, naming them. To be called in the run in which a button was pressed."""
    open_dialog("Clear faults", partial(show_clear_form, person, service), icon=":material/block:")


def show_clear_form(person: Person, service: ServiceView) -> None:
    """Name the faults, and end them once that is confirmed."""
    faults = board.installed().poller.snapshot.faults_by_service.get(service.name, ())
    st.markdown("Ends all of these, whoever injected them:")
    st.markdown(
        "\n".join(
            f"- {plain(fault_title(fault))}, by {plain(fault.created_by)}" for fault in faults
        )
        or "- nothing any more"
    )
    reason = _reason("clear_reason")
    label = f"Clear the faults of {service.name}"
    if st.button(plain(label), type="primary", key="clear_confirm"):
        act(label, lambda: person.client.clear(service.name, reason))
        st.rerun()


def open_maintenance_dialog(person: Person, service: ServiceView) -> None:
    """Ask why and how long a service is in maintenance. To be called in the run in which a button was pressed."""
    open_dialog(
        "Maintenance",
        partial(show_maintenance_form, person, service),
        icon=":material/engineering:",
    )


def show_maintenance_form(person: Person, service: ServiceView) -> None:
    """Ask why and how long, and begin the maintenance."""
    name = service.name
    st.markdown(
        f"While it lasts nothing of {plain(name)} is healed, nobody is called, and no fault is accepted."
    )
    length = st.segmented_control(
        "For", list(MAINTENANCE_TIMES_S), default="1 h", key="maintenance_for", required=True
    )
    reason = _reason("maintenance_reason", "Why; everyone will see it")
    if st.button(
        plain(f"Begin the maintenance of {name}"), type="primary", key="maintenance_confirm"
    ):
        if not reason.strip():
            st.error("Say why: the next person who looks will want to know.")
            return
        length_s = MAINTENANCE_TIMES_S[length or "1 h"]
        act(
            f"Maintenance of {name}",
            lambda: person.client.set_maintenance(name, reason.strip(), length_s),
        )
        st.rerun()


def open_forget_dialog(person: Person, service: ServiceView) -> None:
    """Ask before a retired service is forgotten. To be called in the run in which a button was pressed."""
    open_dialog("Forget", partial(show_forget_form, person, service), icon=":material/delete:")


def show_forget_form(person: Person, service: ServiceView) -> None:
    """Say what it means, and forget the service once that is confirmed."""
    name = service.name
    st.markdown(
        f"Takes {plain(name)} off every page. It comes back by itself should an instance of it report again."
    )
    if st.button(plain(f"Forget {name}"), type="primary", key="forget_confirm"):
        act(f"Forget {name}", lambda: person.client.forget_service(name))
        st.rerun()


def _reason(key: str, placeholder: str = "such as ticket 4711; it goes into the event log") -> str:
    return st.text_input("Reason", key=key, max_chars=REASON_LENGTH_MAX, placeholder=placeholder)
