"""Events as rows that stay where they are while new ones come: one node an event."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import streamlit as st

from tagent_dashboard.views.events import EventRow

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "tagent_event_log",
    html='<ol class="event-log"></ol>',
    css=(_HERE / "event_log.css").read_text(encoding="utf-8"),
    js=(_HERE / "event_log.js").read_text(encoding="utf-8"),
)


def event_log(rows: Sequence[EventRow], *, key: str) -> None:
    """Show the rows, the first at the top."""
    _component(key=key, data={"rows": msgspec.to_builtins(rows)}, height="content")
