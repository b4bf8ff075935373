"""Incidents, one under the other."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_contract.incidents import IncidentView
from tagent_dashboard.views.incidents import course, is_over, title, waiting
from tagent_dashboard.views.words import CAUSE_LOOKS, INCIDENT_LOOKS, SEVERITY_LOOKS, plain
from tagent_dashboard.widgets.badges import badge
from tagent_dashboard.widgets.links import incident_link


def show_incidents(incidents: Sequence[IncidentView], now: float) -> None:
    """Show each with its state, what it is about and how it went; the open ones set apart from those that are over."""
    for incident in incidents:
        with st.container(
            border=not is_over(incident), key=f"incident-{incident.id}", gap="xsmall"
        ):
            incident_link(incident.id, title(incident))
            st.markdown("\n\n".join(_lines(incident, now)))


def _lines(incident: IncidentView, now: float) -> list[str]:
    lines = [f"{badges(incident)} {plain(course(incident, now))}"]
    held = waiting(incident, now)
    if held is not None:
        lines.append(
            f":material/pause_circle: {plain(' '.join(filter(None, (held.text, held.until))))}"
        )
    return lines


def badges(incident: IncidentView) -> str:
    """Return state, severity and cause as Markdown."""
    return " ".join(
        (
            badge(incident.state, INCIDENT_LOOKS[incident.state]),
            badge(incident.severity, SEVERITY_LOOKS[incident.severity]),
            badge(incident.cause, CAUSE_LOOKS[incident.cause]),
        )
    )
