"""What stands in place of a page for whoever is not signed in."""

from __future__ import annotations

import streamlit as st

from tagent_dashboard.live import board
from tagent_dashboard.views.words import plain

WIDTH_PX = 480
# A link of Streamlit's would open another tab, and leave this one behind.
_HTML = '<a href="/sign-in" target="_self"></a>'
_JS = """
export default function({ data, parentElement }) {
  const link = parentElement.querySelector('a');
  link.textContent = data.label;
  link.href = '/sign-in?next=' + encodeURIComponent(location.pathname + location.search);
}
"""
_CSS = "a { color: var(--st-link-color); font: 1rem var(--st-font) }"
_link_to_form = st.components.v2.component("tagent_way_in", html=_HTML, js=_JS, css=_CSS)


def show_way_in(problem: str = "") -> None:
    """Show how to sign in; `problem` is why an account may not."""
    with st.container(key="way_in", width=WIDTH_PX):
        st.header("Sign in to Tagent", anchor=False)
        if problem:
            st.error(plain(problem), icon=":material/block:")
        if board.installed().accounts is None:
            st.markdown("You are signed out.")
            _link_to_form(key="way_in_link", data={"label": "Sign in to go on"})
            return
        st.button(
            "Sign in again" if problem else "Sign in with your organisation's account",
            key="enter",
            icon=":material/login:",
            type="primary",
            on_click=st.login,
        )
        _link_to_form(key="way_in_link", data={"label": "Or sign in with a token of the platform"})
