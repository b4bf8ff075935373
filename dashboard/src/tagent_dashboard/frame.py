"""What is around every page: its title, the way from page to page, who is looking, and what stands in place of a page that cannot be shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.pages import events, faults, fleet, incidents, service, settings
from tagent_dashboard.widgets.page_state import show_title
from tagent_dashboard.widgets.who import current_person

ASSETS = Path(__file__).parent / "assets"
TITLE = "Tagent"
PageContent = Callable[[Person], None]

_STYLE = """<style>
/* Streamlit names no colour for a chosen segment in the dark that also suits its buttons (axe: 3.15 to 1 of 4.5). */
[data-testid="stButtonGroup"] [aria-checked="true"] p { color: light-dark(#1D4ED8, #BFDBFE) }
/* What matters begins at the top of the page. */
[data-testid="stMainBlockContainer"] { padding: 4.25rem 2rem 2rem }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding: 4.25rem 0.75rem 2rem } }
/* As many cards in a row as there is room for. */
.st-key-fleet_cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22.5rem), 1fr)); align-items: stretch }
.st-key-fleet_cards > * { align-self: stretch }
.st-key-fleet_cards [class*="st-key-card-"] > :last-child { margin-top: auto }
.st-key-fleet_cards [data-testid="stPageLink"] a { padding-left: 0; font-size: 1rem }
</style>"""


def show() -> None:
    """Show the page that the address names."""
    st.set_page_config(page_title=TITLE, page_icon=str(ASSETS / "favicon.png"), layout="wide")
    st.html(_STYLE)
    st.logo(str(ASSETS / "logo.png"), size="large")
    person = current_person()
    if person is None:
        return
    page = st.navigation(_pages(person), position="top")
    show_title()
    page.run()


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
        page(events.show, "Events", "receipt_long", "events"),
        page(settings.show, "Settings", "settings", "settings"),
    ]
