"""Which one thing the page's address names, kept true when a link leads from one to another on the same page.

Streamlit's links between pages change the browser's address only when they lead to another page.
"""

from __future__ import annotations

import streamlit as st

PARAMETER = "id"
_PAGES = "tagent.pages"
_NAMED = "tagent.named"


def note_page(path: str) -> None:
    """Remember which page is shown, and which was before it. To be called in each full run, before the page."""
    _, latest = st.session_state.get(_PAGES, (None, None))
    st.session_state[_PAGES] = (latest, path)


def named_in_address(parameter: str = PARAMETER) -> str:
    """Return the id that the address names, empty for none, and make the browser's address say the same."""
    named = st.query_params.get(parameter, "")
    before, now = st.session_state.get(_PAGES, (None, None))
    was_named = st.session_state.get(_NAMED, "")
    st.session_state[_NAMED] = named
    if before is not None and before == now and was_named != named:
        # Changes nothing, and tells the browser what stands there.
        st.query_params.update({})
    return named
