"""What a person chooses for their own browser alone, which keeps it: the theme, and how often pages look again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from tagent_dashboard.widgets.refresh import CHOICES, COOKIE, default_refresh

THEMES = {"System": "as the system", "Light": "light", "Dark": "dark"}
"""What Streamlit calls them in the browser's storage, and what people do."""

_HERE = Path(__file__).parent
_HTML = '<form class="choices"></form>'
_component = st.components.v2.component(
    "tagent_browser_choices",
    html=_HTML,
    css=(_HERE / "browser_choices.css").read_text(encoding="utf-8"),
    js=(_HERE / "browser_choices.js").read_text(encoding="utf-8"),
)


def show_browser_choices(paths: tuple[str, ...]) -> None:
    """Show the choices; each is in force at once. `paths` are the pages', since Streamlit keeps a theme for each by itself."""
    refresh: Mapping[str, str] = {name: name for name in CHOICES}
    _component(
        key="browser_choices",
        data={
            "themes": THEMES,
            "paths": list(paths),
            "refresh": dict(refresh),
            "refresh_now": default_refresh(),
            "refresh_cookie": COOKIE,
        },
        height="content",
    )
