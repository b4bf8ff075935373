"""Incidents: what goes on, what went on, and one of them whole."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_contract.incidents import IncidentView, Severity
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board, records
from tagent_dashboard.live.records import Missing
from tagent_dashboard.views.incidents import IncidentFilter, is_over
from tagent_dashboard.views.paging import page_of
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.address import named_in_address
from tagent_dashboard.widgets.filters import choose_one, choose_scope, page_number, show_pages
from tagent_dashboard.widgets.incident_actions import show_incident_actions
from tagent_dashboard.widgets.incident_detail import show_course, show_summary
from tagent_dashboard.widgets.incident_list import show_incidents
from tagent_dashboard.widgets.links import incidents_link
from tagent_dashboard.widgets.page_head import show_head, show_nothing_known, state_row
from tagent_dashboard.widgets.who import as_known_now

PAGE_SIZE = 25


def show(person: Person) -> None:
    """Show the incident that the address names, or all."""
    incident_id = named_in_address()
    every = show_head("Incident" if incident_id else "Incidents")
    if incident_id:
        st.fragment(run_every=every, key="incident")(_live_one)(person, incident_id, every)
    else:
        asked = _choose_filter()
        st.fragment(run_every=every, key="incidents")(_live_list)(asked, every)


def _choose_filter() -> IncidentFilter:
    installed = board.installed()
    services = sorted(service.name for service in installed.poller.snapshot.services)
    with st.container(horizontal=True, vertical_alignment="center"):
        return IncidentFilter(
            only_open=choose_scope("state", "open", "all"),
            service=choose_one("service", "Service", "All services", services),
            severity=choose_one(
                "severity", "Severity", "All severities", [each.value for each in Severity]
            ),
        )


def _live_list(asked: IncidentFilter, every: float | None) -> None:
    installed = board.installed()
    snapshot, now = installed.poller.snapshot, installed.poller.now()
    known = records.incidents(installed)
    found = [incident for incident in known.value or () if asked.matches(incident)]
    with state_row(snapshot, now, every):
        if known.value is not None:
            _show_count(found)
    if known.value is None:
        show_nothing_known(known.problem, snapshot)
        return
    if not found:
        st.info(_nothing_found(asked, known.value))
        return
    shown = page_of(found, page_number(), PAGE_SIZE)
    with st.container(key="records"):
        show_incidents(shown.items, now)
    show_pages(shown, "incidents")


def _show_count(found: Sequence[IncidentView]) -> None:
    still_open = sum(not is_over(incident) for incident in found)
    st.markdown(f"**{still_open} open**, {len(found) - still_open} resolved")


def _nothing_found(asked: IncidentFilter, known: Sequence[IncidentView]) -> str:
    if not known:
        return "No incident yet. When a service falls sick, its story begins here."
    if asked == IncidentFilter(only_open=True):
        return "No incident is open. Choose All to see those that are resolved."
    return f"None of the {len(known)} incidents is like that. Choose other filters."


def _live_one(person: Person, incident_id: str, every: float | None) -> None:
    installed = board.installed()
    snapshot, now = installed.poller.snapshot, installed.poller.now()
    with state_row(snapshot, now, every):
        incidents_link("All incidents")
    known = records.incident(installed, incident_id)
    if isinstance(known.value, Missing):
        st.warning(
            f"There is no incident {plain(incident_id)}. It may be too long ago, or the address is not whole.",
            icon=":material/search_off:",
        )
    elif known.value is None:
        show_nothing_known(known.problem, snapshot)
    else:
        faults = records.faults_named(installed, known.value.faults)
        show_summary(known.value, faults, now)
        show_incident_actions(known.value, as_known_now(person, snapshot))
        show_course(
            known.value, faults, records.decisions_logged(installed, known.value.service), now
        )
