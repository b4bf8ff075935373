"""A timeline as text: one row a line, with shape, word and time."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_contract.incidents import TimelineEntry
from tagent_dashboard.views.timeline import Line, lines
from tagent_dashboard.views.words import plain

LINES_SHOWN = 60


def show_timeline(timeline: Sequence[TimelineEntry]) -> None:
    """Show it, the oldest line at the top; of a long one what happened last, and all of it on demand."""
    if not timeline:
        st.markdown("Nothing has happened yet.")
        return
    rows = lines(timeline)
    if len(rows) > LINES_SHOWN and not st.toggle(f"All {len(rows)} lines", key="whole_timeline"):
        rows = rows[-LINES_SHOWN:]
    st.table(
        {
            "UTC": [line.at for line in rows],
            "After": [plain(line.after) for line in rows],
            "Kind": [_what(line) for line in rows],
            "What happened": [plain(line.text) for line in rows],
        },
        border="horizontal",
        hide_index=True,
        width="content",
        alt="The timeline, the oldest line first",
    )


def _what(line: Line) -> str:
    look = line.kind.look
    return f":{look.colour}[:material/{look.icon}:] {plain(line.word)}"
