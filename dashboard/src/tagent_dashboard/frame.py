"""What is around every page: its title, the way from page to page, who is looking, and what stands in place of a page that cannot be shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.pages import (
    events,
    experiments,
    faults,
    fleet,
    incidents,
    service,
    settings,
)
from tagent_dashboard.widgets.address import note_page
from tagent_dashboard.widgets.dialogs import show_wanted_dialog
from tagent_dashboard.widgets.page_state import show_title
from tagent_dashboard.widgets.who import current_person

ASSETS = Path(__file__).parent / "assets"
TITLE = "Tagent"
PageContent = Callable[[Person], None]

# Not `st.html`: what it is given as a style is put where dialogs and toasts go, and is gone with the first of them.
_page_style = st.components.v2.component(
    "tagent_page_style",
    html="<span hidden></span>",
    css=(ASSETS / "style.css").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def show() -> None:
    """Show the page that the address names."""
    st.set_page_config(page_title=TITLE, page_icon=str(ASSETS / "favicon.png"), layout="wide")
    _page_style(key="page_style", height=0)
    st.logo(str(ASSETS / "logo.png"), size="large")
    person = current_person()
    if person is None:
        return
    page = st.navigation(_pages(person), position="top")
    show_title()
    note_page(page.url_path)
    page.run()
    show_wanted_dialog()


def _pages(person: Person) -> list[st.Page]:
    def page(
        content: PageContent, title: str, icon: str, path: str, *, visible: bool = True
    ) -> st.Page:
        return st.Page(
            partial(content, person),
            title=title,
            icon=f":material/{icon}:",
            url_path=path,
            default=not path,
            visibility="visible" if visible else "hidden",
        )

    return [
        page(fleet.show, "Fleet", "grid_view", ""),
        page(service.show, "Service", "dns", "service", visible=False),
        page(incidents.show, "Incidents", "crisis_alert", "incidents"),
        page(faults.show, "Faults", "bolt", "faults"),
        page(experiments.show, "Experiments", "science", "experiments"),
        page(events.show, "Events", "receipt_long", "events"),
        page(settings.show, "Settings", "settings", "settings"),
    ]
