"""Events as rows that stay where they are while new ones come: one node an event, whose links lead on within the session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from tagent_dashboard.views.events import EventRow
from tagent_dashboard.widgets.links import go_to

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "tagent_event_log",
    html='<ol class="event-log"></ol>',
    css=(_HERE / "event_log.css").read_text(encoding="utf-8"),
    js=(_HERE / "event_log.js").read_text(encoding="utf-8"),
)


def event_log(rows: Sequence[EventRow], *, key: str) -> None:
    """Show the rows, and go where the person follows a link to. To be called last in a fragment: going leaves the page."""
    result = _component(
        key=key,
        data={"rows": [asdict(row) for row in rows]},
        on_go_change=_look_at_the_result,
        height="content",
    )
    if result.go:
        go_to(str(result.go["page"]), {str(k): str(v) for k, v in result.go["query"].items()})


def _look_at_the_result() -> None:
    """Do nothing: that the value is there is enough, but it is only given to who asks to be called."""
