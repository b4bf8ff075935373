"""One incident, whole."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_contract.events import Event
from tagent_contract.faults import FaultView
from tagent_contract.incidents import IncidentView
from tagent_dashboard.views.faults import title as fault_title
from tagent_dashboard.views.incident_markdown import incident_markdown
from tagent_dashboard.views.incident_picture import picture
from tagent_dashboard.views.incidents import (
    Decision,
    Waiting,
    attempt_rows,
    decisions,
    facts,
    title,
    waiting,
)
from tagent_dashboard.views.timeline import KINDS, OTHER
from tagent_dashboard.views.times import clock
from tagent_dashboard.views.words import FAULT_LOOKS, plain, spoken
from tagent_dashboard.widgets.facts import show_facts
from tagent_dashboard.widgets.incident_list import badges
from tagent_dashboard.widgets.links import events_link, fault_link, service_link
from tagent_dashboard.widgets.live_plot import live_plot
from tagent_dashboard.widgets.timeline import show_timeline

MARKDOWN_HEIGHT_PX = 320


def show_summary(incident: IncidentView, faults: Sequence[FaultView], now: float) -> None:
    """Show what it is about, how it stands, and why nothing is done where nothing is."""
    st.header(plain(title(incident)), anchor=False)
    st.markdown(badges(incident))
    held = waiting(incident, now)
    if held is not None:
        _show_waiting(held)
    show_facts(facts(incident, faults, now))


def _show_waiting(held: Waiting) -> None:
    sentences = " ".join(filter(None, (held.text, held.meaning, held.until)))
    is_call = held.title.startswith("A person")
    icon = ":material/notification_important:" if is_call else ":material/pause_circle:"
    (st.error if is_call else st.warning)(f"**{plain(held.title)}.** {plain(sentences)}", icon=icon)


def show_course(
    incident: IncidentView, faults: Sequence[FaultView], events: Sequence[Event], now: float
) -> None:
    """Show how it went: as a picture, as text, and what was tried and decided."""
    drawn = picture(incident, faults, now)
    live_plot(
        drawn.figure,
        key=f"timeline-{incident.id}",
        description=drawn.description,
        height_px=drawn.height_px,
    )
    if drawn.note:
        st.markdown(f":gray[{plain(drawn.note)}]")
    decided = decisions(incident, events)
    st.subheader("Timeline", anchor=False)
    show_timeline(incident.timeline)
    st.subheader("Attempts", anchor=False)
    _show_attempts(incident, now)
    st.subheader("Decisions and refusals", anchor=False)
    _show_decisions(decided)
    st.subheader("What it has to do with", anchor=False)
    _show_links(incident, faults)
    with st.expander("Copy as Markdown", icon=":material/content_copy:"):
        st.markdown("The beginning of a post-mortem; the button at its corner copies it.")
        st.code(
            incident_markdown(incident, faults, decided),
            language="markdown",
            height=MARKDOWN_HEIGHT_PX,
            wrap_lines=True,
        )


def _show_attempts(incident: IncidentView, now: float) -> None:
    rows = attempt_rows(incident.attempts, now)
    if not rows:
        st.markdown("Nothing was attempted.")
        return
    st.table(
        {
            "No.": [row.number for row in rows],
            "Remedy": [plain(row.remedy) for row in rows],
            "Target": [plain(row.target) for row in rows],
            "By": [plain(row.by) for row in rows],
            "Outcome": [plain(row.outcome) for row in rows],
            "Took": [plain(row.took) for row in rows],
            "Detail": [plain(row.detail) for row in rows],
        },
        border="horizontal",
        hide_index=True,
        width="content",
        alt="Attempts at healing it, the first first",
    )


def _show_decisions(decided: Sequence[Decision]) -> None:
    if not decided:
        st.markdown("Healing had nothing to decide.")
        return
    st.markdown("\n\n".join(_decision(each) for each in decided))


def _decision(decision: Decision) -> str:
    look = KINDS.get(decision.kind, OTHER).look
    until = f" Until {plain(decision.until)} UTC." if decision.until else ""
    said = f"{clock(decision.at)} **{plain(spoken(decision.kind))}** {plain(decision.text)}."
    meaning = f" :gray[{plain(decision.reason.text)}]" if decision.reason is not None else ""
    return f":{look.colour}[:material/{look.icon}:] {said}{until}{meaning}"


def _show_links(incident: IncidentView, faults: Sequence[FaultView]) -> None:
    with st.container(horizontal=True):
        if incident.service:
            service_link(incident.service, icon=":material/dns:")
        for fault in faults:
            look = FAULT_LOOKS[fault.state]
            fault_link(fault.id, fault_title(fault), icon=f":material/{look.icon}:")
        events_link("Its events", service=incident.service)
    unknown = len(incident.faults) - len(faults)
    if unknown > 0:
        st.markdown(
            f"{unknown} of its {len(incident.faults)} faults are too long ago to be known still."
        )
