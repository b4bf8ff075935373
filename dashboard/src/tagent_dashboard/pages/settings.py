"""Settings: who looks and what they may do, how the platform is, and what a person chooses for their browser."""

from __future__ import annotations

from importlib.metadata import version

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board, records
from tagent_dashboard.views.settings import deeds, platform_state
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.browser_choices import show_browser_choices
from tagent_dashboard.widgets.facts import show_facts
from tagent_dashboard.widgets.sign_out import show_sign_out
from tagent_dashboard.widgets.who import as_known_now

LOOK_AGAIN_S = 5.0
PATHS = ("/", "/service", "/incidents", "/faults", "/experiments", "/events", "/settings")


def show(person: Person) -> None:
    """Show them."""
    st.title("Settings", anchor=False)
    st.fragment(run_every=LOOK_AGAIN_S, key="settings")(_live)(person)
    st.header("This browser", anchor=False)
    show_browser_choices(PATHS)


def _live(person: Person) -> None:
    installed = board.installed()
    person = as_known_now(person, installed.poller.snapshot)
    st.header("You", anchor=False)
    _show_person(person, is_local=installed.settings.is_local)
    st.header("Platform", anchor=False)
    _show_platform()


def _show_person(person: Person, *, is_local: bool) -> None:
    if not person.role:
        st.warning(
            "The platform has not said yet who you are. Until it does you can look at what is known.",
            icon=":material/help:",
        )
    else:
        show_facts((("Name", person.name), ("Role", person.role)))
    st.markdown("  \n".join(_deed_lines(person.role)))
    if is_local:
        st.markdown(
            ":gray[Nobody signs in on this machine: the dashboard answers to it alone, and uses the token of its home for everybody.]"
        )
    else:
        show_sign_out()


def _deed_lines(role: str) -> list[str]:
    return [
        f":material/check: You may {plain(deed.text)}."
        if deed.is_allowed
        else f":gray[:material/block: Not with this role: {plain(deed.text)}. It needs {plain(deed.needs)}.]"
        for deed in deeds(role)
    ]


def _show_platform() -> None:
    installed = board.installed()
    ready, api = records.readiness(installed), records.api_document(installed)
    state = platform_state(ready.value, api.value, ready.problem)
    url = installed.settings.platform.url
    show_facts(
        (
            ("Address", url),
            ("Version", state.version),
            ("Dashboard's version", version("tagent-dashboard")),
        )
    )
    if state.is_well:
        st.markdown(f":green[:material/check_circle:] {plain(state.text)}")
    else:
        st.warning(plain(state.text), icon=":material/cloud_off:")
    if installed.events.problem:
        st.warning(
            f"New events are not followed: {plain(installed.events.problem.rstrip('.'))}. The dashboard tries again by itself.",
            icon=":material/sync_problem:",
        )
    with st.container(horizontal=True):
        st.link_button("API, to try out", f"{url}/docs", icon=":material/api:")
        st.link_button("API, to read", f"{url}/redoc", icon=":material/menu_book:")
