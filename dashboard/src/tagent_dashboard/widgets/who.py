"""Who is looking at this page."""

from __future__ import annotations

import streamlit as st

from tagent_dashboard.doorway.gate import COOKIE
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.live.snapshot import Snapshot


def current_person() -> Person | None:
    """Return who looks; None, having said what to do, when nobody is signed in any more."""
    installed = board.installed()
    if installed.settings.is_local:
        return installed.sessions.local_person()
    person = installed.sessions.find(st.context.cookies.get(COOKIE))
    if person is None:
        st.info("You are signed out. [Sign in](/sign-in) to go on.", icon=":material/login:")
    return person


def as_known_now(person: Person, snapshot: Snapshot) -> Person:
    """Return the person with the role that the platform gives them, if it was away when the page was opened and is back."""
    if person.role or snapshot.is_empty or snapshot.problem:
        return person
    return current_person() or person
