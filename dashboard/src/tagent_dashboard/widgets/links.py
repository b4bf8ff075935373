"""Ways from one page to another that stay in the session: no page is loaded anew."""

from __future__ import annotations

import streamlit as st

from tagent_dashboard.views.words import plain


def fleet_link() -> None:
    """Link back to the fleet."""
    _link("", "Fleet", {}, ":material/arrow_back:")


def service_link(name: str, *, label: str = "", icon: str | None = None) -> None:
    """Link to a service's own page, by its name if nothing else is to be said."""
    _link("service", f"**{plain(label or name)}**", {"name": name}, icon)


def incident_link(incident_id: str, label: str, *, icon: str | None = None) -> None:
    """Link to one incident."""
    _link("incidents", f"**{plain(label)}**", {"id": incident_id}, icon)


def faults_link(label: str) -> None:
    """Link to the page of all faults."""
    _link("faults", plain(label), {}, None)


def fault_link(fault_id: str, label: str, *, icon: str | None = None) -> None:
    """Link to one fault."""
    _link("faults", f"**{plain(label)}**", {"id": fault_id}, icon)


def incidents_link(label: str) -> None:
    """Link to the page of all incidents."""
    _link("incidents", plain(label), {}, None)


def experiments_link(label: str, *, service: str = "") -> None:
    """Link to the catalog of experiments, of one service if it is named."""
    _link("experiments", plain(label), {"service": service} if service else {}, None)


def run_link(run_id: str, label: str, *, icon: str | None = None) -> None:
    """Link to one run of an experiment."""
    _link("experiments", f"**{plain(label)}**", {"run": run_id}, icon)


def events_link(label: str, *, service: str) -> None:
    """Link to what the event log tells of a service."""
    _link("events", plain(label), {"service": service}, None)


def _link(path: str, label: str, query: dict[str, str], icon: str | None) -> None:
    # Pages are told apart by their paths; this one is never run.
    page = st.Page(_nothing, title=path or "fleet", url_path=path, default=not path)
    st.page_link(page, label=label, icon=icon, query_params=query)


def _nothing() -> None:
    pass
