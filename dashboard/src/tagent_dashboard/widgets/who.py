"""Who is looking at this page."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from tagent_dashboard.doorway.gate import CONNECTION_HEADER, COOKIE
from tagent_dashboard.doorway.identity import NotAdmittedError
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.words import plain

WAY_IN_WIDTH_PX = 480


def find_person() -> Person | None:
    """Return who looks; None when nobody is signed in, or any more. Raises NotAdmittedError for an account that may not come in."""
    installed = board.installed()
    if installed.settings.is_local:
        return installed.sessions.local_person()
    person = installed.sessions.find(st.context.cookies.get(COOKIE))
    if person is not None or installed.accounts is None or not st.user.is_logged_in:
        return person
    session = installed.accounts.session_of(st.user.to_dict())
    installed.sessions.see(st.context.headers.get(CONNECTION_HEADER.decode()) or "", session)
    return installed.sessions.find(session)


def current_person() -> Person | None:
    """Return who looks; None, having said what to do, when nobody may."""
    try:
        person = find_person()
    except NotAdmittedError as error:
        _show_way_in(str(error))
        return None
    if person is None:
        _show_way_in()
    return person


def sign_out() -> None:
    """End this person's session everywhere; to be called by a button."""
    installed = board.installed()
    installed.sessions.sign_out(st.context.cookies.get(COOKIE))
    if installed.accounts is None or not st.user.is_logged_in:
        return
    with suppress(NotAdmittedError):
        installed.sessions.sign_out(installed.accounts.session_of(st.user.to_dict()))
    st.logout()


def _show_way_in(problem: str = "") -> None:
    """Show how to sign in, in place of a page."""
    has_accounts = board.installed().accounts is not None
    with st.container(key="way_in", width=WAY_IN_WIDTH_PX):
        st.header("Sign in to Tagent")
        if problem:
            st.error(plain(problem), icon=":material/block:")
        if not has_accounts:
            st.info("You are signed out. [Sign in](/sign-in) to go on.", icon=":material/login:")
            return
        again = bool(st.user.is_logged_in)
        st.button(
            "Sign out, to sign in anew" if again else "Sign in with your organisation's account",
            key="leave" if again else "enter",
            icon=":material/logout:" if again else ":material/login:",
            type="primary",
            on_click=st.logout if again else st.login,
        )
        st.markdown("Or [sign in with a token of the platform](/sign-in).")


def as_known_now(person: Person, snapshot: Snapshot) -> Person:
    """Return the person with the role that the platform gives them, if it was away when the page was opened and is back."""
    if person.role or snapshot.is_empty or snapshot.problem:
        return person
    return current_person() or person
