"""The browser's own title, which counts what is bad, and the one place where changes are said aloud."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from tagent_dashboard.doorway.identity import NotAdmittedError
from tagent_dashboard.live import board
from tagent_dashboard.views.fleet import bad_count
from tagent_dashboard.widgets.who import find_person

_JS = (Path(__file__).parent / "page_state.js").read_text(encoding="utf-8")
_HTML = '<div role="status" style="position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"></div>'

_page_state = st.components.v2.component("tagent_page_state", html=_HTML, js=_JS)

TITLE_EVERY_S = 4.7
"""Seldom, and in step with no page's refresh: it is a run of its own, and one that falls together with a refresh can swallow the other's end,
or a click in a dialog."""


@st.fragment(run_every=TITLE_EVERY_S)
def show_title() -> None:
    """Keep "(2) Tagent" true on every page, and leave it when its person's session is over."""
    if _is_signed_out():
        st.rerun()
    bad = bad_count(board.installed().poller.snapshot)
    title = f"({bad}) Tagent" if bad else "Tagent"
    said = (
        ""
        if not bad
        else f"{bad} services are not healthy"
        if bad > 1
        else "1 service is not healthy"
    )
    _page_state(key="page_state", data={"title": title, "said": said}, height=0)


def _is_signed_out() -> bool:
    try:
        return find_person() is None
    except NotAdmittedError:
        return True
