"""The way out: for a token a form of plain HTML, which works without anything of ours running in the browser; for an account by way of its provider."""

from __future__ import annotations

import streamlit as st

from tagent_dashboard.widgets.who import has_account, leave_account

_HTML = '<form method="post" action="/sign-out"><button type="submit">Sign out</button></form>'
_CSS = """
button { font: 1rem var(--st-font); color: var(--st-text-color); background: var(--st-background-color); border: 1px solid var(--st-widget-border-color);
  border-radius: var(--st-button-radius); padding: 0.4rem 0.9rem; cursor: pointer }
button:hover, button:focus-visible { border-color: var(--st-primary-color) }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px }
"""
_component = st.components.v2.component("tagent_sign_out", html=_HTML, css=_CSS)


def show_sign_out() -> None:
    """Show the button."""
    if has_account():
        st.button("Sign out", key="leave_account", on_click=leave_account)
    else:
        _component(key="sign_out", width="content", height="content")
