"""Who is looking at this page."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from tagent_dashboard.doorway.gate import CONNECTION_HEADER, COOKIE
from tagent_dashboard.doorway.identity import NotAdmittedError
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.widgets.way_in import show_way_in


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
        show_way_in(str(error))
        return None
    if person is None:
        show_way_in()
    return person


def has_account() -> bool:
    """Tell whether whoever looks has signed in with an organisation's account."""
    installed = board.installed()
    has_token = installed.sessions.find(st.context.cookies.get(COOKIE)) is not None
    return installed.accounts is not None and not has_token and bool(st.user.is_logged_in)


def leave_account() -> None:
    """End the session that an account has; to be called by a button. The browser goes on to the provider, which ends its own."""
    installed = board.installed()
    with suppress(NotAdmittedError):
        if installed.accounts is not None:
            installed.sessions.sign_out(installed.accounts.session_of(st.user.to_dict()))
    st.logout()


def as_known_now(person: Person, snapshot: Snapshot) -> Person:
    """Return the person with the role that the platform gives them, if it was away when the page was opened and is back."""
    if person.role or snapshot.is_empty or snapshot.problem:
        return person
    return current_person() or person
