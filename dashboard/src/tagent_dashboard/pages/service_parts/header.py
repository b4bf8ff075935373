"""How a service is, why, what is being done about it, and what a person can do."""

from __future__ import annotations

import streamlit as st

from tagent_contract.incidents import IncidentView
from tagent_contract.services import Maintenance, ServiceView
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.service import (
    can_restart,
    heading,
    incident_text,
    is_recoverable,
    is_retired,
)
from tagent_dashboard.views.times import ago, moment
from tagent_dashboard.views.why import why
from tagent_dashboard.views.words import HEALTH_LOOKS, INCIDENT_LOOKS, plain
from tagent_dashboard.widgets.actions import act
from tagent_dashboard.widgets.fleet_actions import recover
from tagent_dashboard.widgets.inject_dialog import open_inject_dialog
from tagent_dashboard.widgets.links import incident_link
from tagent_dashboard.widgets.service_dialogs import (
    open_clear_dialog,
    open_forget_dialog,
    open_maintenance_dialog,
    open_restart_dialog,
)


def show_state(service: ServiceView, now: float) -> None:
    """Show in one line how a service is, since when, and whether it is healed."""
    head = heading(service, now)
    look = HEALTH_LOOKS[head.health]
    st.markdown(
        f":{look.colour}-badge[:material/{look.icon}: {head.health}] "
        f":gray[{plain(head.since)} · {plain(head.mode)}]",
        width="content",
    )


def show_header(service: ServiceView, snapshot: Snapshot, person: Person, now: float) -> None:
    """Show what is wrong, what is being done about it, and what a person can do."""
    incident = snapshot.incident_by_service.get(service.name)
    healed = snapshot.healed_by_service.get(service.name)
    faults = snapshot.faults_by_service.get(service.name, ())
    line = why(service, incident, healed, faults)
    if incident is not None:
        _show_incident(incident, line, now)
    else:
        advice = heading(service, now).advice
        lines = [f"**{plain(line)}**" if line else "", plain(advice)]
        if any(lines):
            st.markdown("  \n".join(filter(None, lines)))
    if service.maintenance is not None:
        _show_maintenance(service.maintenance, now)
    if person.may_operate:
        _show_actions(service, person)


def _show_incident(incident: IncidentView, line: str, now: float) -> None:
    look = INCIDENT_LOOKS[incident.state]
    with st.container(border=True, key="incident_banner", horizontal=True):
        st.markdown(
            f":{look.colour}-badge[:material/{look.icon}: {incident.state}] **{plain(line)}**  \n"
            f"{plain(incident_text(incident, now))}",
            width="stretch",
        )
        incident_link(incident.id, "Incident", icon=":material/crisis_alert:")


def _show_maintenance(maintenance: Maintenance, now: float) -> None:
    until = f"{moment(maintenance.until)}, {ago(maintenance.until, now)}"
    st.info(
        plain(
            f"In maintenance by {maintenance.by} until {until}: {maintenance.reason}. Nothing is healed and no fault is accepted."
        ),
        icon=":material/engineering:",
    )


def _show_actions(service: ServiceView, person: Person) -> None:
    with st.container(horizontal=True, gap="small", key="service_actions"):
        if st.button(
            "Inject\N{HORIZONTAL ELLIPSIS}", icon=":material/bolt:", key="inject", type="primary"
        ):
            open_inject_dialog(person, [service.name], None)
        is_ill = is_recoverable(service)
        st.button(
            "Recover",
            icon=":material/healing:",
            key="recover",
            on_click=recover,
            args=(person, service.name),
            disabled=not is_ill,
            help="Ends its faults and restarts what is not healthy"
            if is_ill
            else "It is healthy and nothing is injected",
        )
        is_stuck = not can_restart(service)
        if st.button(
            "Restart\N{HORIZONTAL ELLIPSIS}",
            icon=":material/restart_alt:",
            key="restart",
            disabled=is_stuck,
            help="None of its instances was started by its sidecar" if is_stuck else None,
        ):
            open_restart_dialog(person, service)
        if st.button(
            "Clear faults\N{HORIZONTAL ELLIPSIS}",
            icon=":material/block:",
            key="clear",
            disabled=not service.faults,
        ):
            open_clear_dialog(person, service)
        _show_rare_actions(service, person)


def _show_rare_actions(service: ServiceView, person: Person) -> None:
    if service.maintenance is not None:
        st.button(
            "End maintenance",
            icon=":material/engineering:",
            key="end_maintenance",
            on_click=_end_maintenance,
            args=(person, service.name),
        )
    elif st.button(
        "Maintenance\N{HORIZONTAL ELLIPSIS}", icon=":material/engineering:", key="maintenance"
    ):
        open_maintenance_dialog(person, service)
    if (
        person.may_administrate
        and is_retired(service)
        and st.button("Forget\N{HORIZONTAL ELLIPSIS}", icon=":material/delete:", key="forget")
    ):
        open_forget_dialog(person, service)


def _end_maintenance(person: Person, name: str) -> None:
    act(f"End the maintenance of {name}", lambda: person.client.end_maintenance(name))
