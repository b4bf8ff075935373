"""What a person does to services from the fleet's page, one or many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.actions import act, act_on_each
from tagent_dashboard.widgets.dialogs import open_dialog

NAMES_WITHOUT_SCROLLING = 10
NAMES_HEIGHT_PX = 260


def recover(person: Person, service: str) -> None:
    """Clear a service's faults and restart it."""
    act(f"Recover {service}", lambda: person.client.recover(service))


def clear(person: Person, service: str) -> None:
    """End a service's faults."""
    act(f"Clear the faults of {service}", lambda: person.client.clear(service))


def open_recover_dialog(person: Person, services: Sequence[str]) -> None:
    """Ask before several services are recovered. To be called in the run in which a button was pressed."""
    title = f"Recover {len(services)} services"
    open_dialog(title, partial(show_recover_form, person, services), icon=":material/healing:")


def open_clear_dialog(person: Person, services: Sequence[str]) -> None:
    """Ask before the faults of several services are ended. To be called in the run in which a button was pressed."""
    title = f"Clear the faults of {len(services)} services"
    open_dialog(title, partial(show_clear_form, person, services), icon=":material/block:")


def show_recover_form(person: Person, services: Sequence[str]) -> None:
    """Name the services, and recover them once that is confirmed."""
    st.markdown("Ends all faults on these services and restarts every instance of them:")
    _confirm(f"Recover {len(services)} services", services, person.client.recover)


def show_clear_form(person: Person, services: Sequence[str]) -> None:
    """Name the services, and end their faults once that is confirmed."""
    st.markdown("Ends all faults on these services, whoever injected them:")
    _confirm(f"Clear the faults of {len(services)} services", services, person.client.clear)


def _confirm(what: str, services: Sequence[str], do: Callable[[str], object]) -> None:
    is_long = len(services) > NAMES_WITHOUT_SCROLLING
    with st.container(height=NAMES_HEIGHT_PX if is_long else "content", border=True):
        st.markdown("\n".join(f"- {plain(name)}" for name in services))
    with st.container(horizontal=True):
        if st.button(what, key="confirm_many", type="primary"):
            act_on_each(what, services, do)
            st.rerun()
        if st.button("Cancel", key="cancel_many"):
            st.rerun()
