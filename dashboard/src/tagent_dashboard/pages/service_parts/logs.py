"""The latest lines that a service wrote: text, whatever is in it."""

from __future__ import annotations

import streamlit as st

from tagent_client.client import Client
from tagent_contract.services import LogEntry, ServiceView
from tagent_dashboard.live import board
from tagent_dashboard.views.service import log_text
from tagent_dashboard.views.words import plain

LINES_MAX = 200
KEEPS_S = 2.0
HEIGHT_PX = 360
LEVELS = ("all", "info", "warning", "error")
"""That level or worse."""


def show_logs(service: ServiceView) -> None:
    """Show the latest lines, searchable, the newest first."""
    st.subheader("Logs", anchor=False)
    query, level = _choose()
    name = service.name

    def ask(client: Client) -> tuple[LogEntry, ...]:
        return client.logs(name, query=query or None, level=level, limit=LINES_MAX)

    answer = board.installed().answers.get(
        ("logs", name, query, level), ask, younger_than_s=KEEPS_S
    )
    if answer.problem:
        st.warning(plain(f"No newer lines: {answer.problem}"), icon=":material/hourglass_empty:")
    if answer.value:
        text = log_text(answer.value, with_instance=len(service.instances) > 1)
        # A box that scrolls by itself cannot be reached with the keyboard inside st.code.
        with st.container(height=HEIGHT_PX, border=False, key="log_lines"):
            st.code(text, language=None, wrap_lines=True)
        st.caption(f"The latest {len(answer.value)} lines, the newest first; times are UTC.")
    elif answer.value is not None:
        is_searched = bool(query) or level is not None
        st.markdown(
            "No line of these matches." if is_searched else "It has written nothing lately."
        )


def _choose() -> tuple[str, str | None]:
    with st.container(horizontal=True, vertical_alignment="center"):
        query = st.text_input(
            "Search the log",
            key="log",
            bind="query-params",
            type="search",
            icon=":material/search:",
            placeholder="Search the log",
            label_visibility="collapsed",
            live=True,
            width=320,
        )
        level = st.segmented_control(
            "Level",
            LEVELS,
            default=LEVELS[0],
            key="level",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
            help="That level or worse",
        )
    return (query or "").strip(), None if level in (None, LEVELS[0]) else level
