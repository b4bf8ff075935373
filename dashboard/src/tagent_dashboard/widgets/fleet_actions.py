"""What a person does to services from the fleet's page, one or many."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.actions import act, act_on_each


def recover(person: Person, service: str) -> None:
    """Clear a service's faults and restart it. To be called from a callback."""
    act(f"Recover {service}", lambda: person.client.recover(service))


def clear(person: Person, service: str) -> None:
    """End a service's faults. To be called from a callback."""
    act(f"Clear the faults of {service}", lambda: person.client.clear(service))


def open_recover_dialog(person: Person, services: Sequence[str]) -> None:
    """Ask before several services are recovered, naming them."""
    title = f"Recover {len(services)} services"

    @st.dialog(title, icon=":material/healing:")
    def ask() -> None:
        st.markdown("Ends all faults on these services and restarts every instance of them:")
        _confirm(title, services, person.client.recover)

    ask()


def open_clear_dialog(person: Person, services: Sequence[str]) -> None:
    """Ask before the faults of several services are ended, naming them."""
    title = f"Clear the faults of {len(services)} services"

    @st.dialog(title, icon=":material/block:")
    def ask() -> None:
        st.markdown("Ends all faults on these services, whoever injected them:")
        _confirm(title, services, person.client.clear)

    ask()


def _confirm(title: str, services: Sequence[str], do: Callable[[str], object]) -> None:
    with st.container(height=240 if len(services) > 10 else "content", border=True, gap="xsmall"):
        st.markdown("\n".join(f"- {plain(name)}" for name in services))
    with st.container(horizontal=True):
        if st.button(title, key="confirm_many", type="primary"):
            act_on_each(title, services, do)
            st.rerun()
        if st.button("Cancel", key="cancel_many"):
            st.rerun()
