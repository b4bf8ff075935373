"""One run of an experiment, whole."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import streamlit as st

from tagent_contract.experiments import RunResult, RunState, RunView, Verdict
from tagent_contract.faults import FaultView
from tagent_contract.incidents import IncidentView
from tagent_dashboard.views.faults import title as fault_title
from tagent_dashboard.views.incidents import title as incident_title
from tagent_dashboard.views.run_markdown import run_markdown
from tagent_dashboard.views.run_picture import run_picture
from tagent_dashboard.views.runs import (
    facts,
    promise_rows,
    promises_said,
    run_command,
    run_sentence,
    run_title,
)
from tagent_dashboard.views.verdicts import counted_verdict
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.facts import show_facts
from tagent_dashboard.widgets.links import events_link, fault_link, incident_link, service_link
from tagent_dashboard.widgets.live_plot import live_plot
from tagent_dashboard.widgets.open_runs import show_progress
from tagent_dashboard.widgets.timeline import show_timeline

MARKDOWN_HEIGHT_PX = 320
LINKS_MAX = 30


def show_run_summary(run: RunView, now: float) -> None:
    """Show what it tries, what came of it and why, or how far it is."""
    st.header(plain(run_title(run)), anchor=False)
    show_progress(run, now)
    if run.verdict is not None:
        _show_sentence(run)
    if run.hypothesis:
        st.markdown(f":gray[Hypothesis]  \n{plain(run.hypothesis)}")
    show_facts(facts(run, now))


def _show_sentence(run: RunView) -> None:
    text = f"**{plain(run_sentence(run))}**"
    match counted_verdict(run):
        case Verdict.PASSED:
            st.success(text, icon=":material/check_circle:")
        case Verdict.DEVIATED | Verdict.ERROR:
            st.error(text, icon=":material/cancel:")
        case _:
            st.warning(text, icon=":material/help:")


def show_run_course(
    run: RunView, faults: Sequence[FaultView], incidents: Sequence[IncidentView], now: float
) -> None:
    """Show what it promised, how it went as a picture and as text, and what it has to do with."""
    if run.result is not None:
        _show_promises(run.result)
        _show_timeline(run, run.result, faults, now)
    st.subheader("What it has to do with", anchor=False)
    _show_links(run, faults, incidents)
    if run.state is RunState.ENDED:
        st.subheader("Report", anchor=False)
        _show_downloads(run)
    st.subheader("Again", anchor=False)
    st.code(run_command(run), language="bash")


def _show_promises(result: RunResult) -> None:
    st.subheader("Promises", anchor=False)
    if not result.promises:
        st.markdown("None was measured.")
        return
    rows = promise_rows(result.promises)
    st.markdown(plain(f"{promises_said(result.promises)}."))
    st.table(
        {
            "Kept": [_kept(row.is_kept) for row in rows],
            "Promise": [plain(row.text) for row in rows],
            "Measured": [plain(row.measured) for row in rows],
            "Allowed": [plain(row.allowed) for row in rows],
        },
        border="horizontal",
        hide_index=True,
        width="content",
        alt="What the hypothesis promised, what was broken first",
    )


def _kept(is_kept: bool) -> str:
    return ":green[:material/check:] kept" if is_kept else ":red[:material/close:] **broken**"


def _show_timeline(
    run: RunView, result: RunResult, faults: Sequence[FaultView], now: float
) -> None:
    st.subheader("Timeline", anchor=False)
    drawn = run_picture(run, faults, now)
    if drawn is not None:
        live_plot(
            drawn.figure,
            key=f"timeline-{run.id}",
            description=drawn.description,
            height_px=drawn.height_px,
        )
        if drawn.note:
            st.markdown(f":gray[{plain(drawn.note)}]")
    show_timeline(result.timeline)


def _show_links(
    run: RunView, faults: Sequence[FaultView], incidents: Sequence[IncidentView]
) -> None:
    with st.container(horizontal=True):
        for name in run.targets:
            service_link(name, icon=":material/dns:")
        for incident in incidents[:LINKS_MAX]:
            incident_link(incident.id, incident_title(incident), icon=":material/crisis_alert:")
        for fault in faults[:LINKS_MAX]:
            fault_link(fault.id, fault_title(fault), icon=":material/bolt:")
        events_link("Its events", service=run.targets[0] if len(run.targets) == 1 else "")
    result = run.result
    if result is None:
        return
    unknown = len(result.faults) + len(result.incidents) - len(faults) - len(incidents)
    if unknown > 0:
        st.markdown(f"{unknown} of its faults and incidents are too long ago to be known still.")


def _show_downloads(run: RunView) -> None:
    report = run_markdown(run)
    with st.container(horizontal=True):
        st.download_button(
            "JSON",
            data=msgspec.json.format(msgspec.json.encode(run), indent=2),
            file_name=f"tagent-run-{run.id}.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key="run_json",
            help="All that the platform knows of this run",
        )
        st.download_button(
            "Markdown",
            data=report,
            file_name=f"tagent-run-{run.id}.md",
            mime="text/markdown",
            icon=":material/download:",
            on_click="ignore",
            key="run_markdown",
            help="A report for people",
        )
    with st.expander("Copy as Markdown", icon=":material/content_copy:"):
        st.code(report, language="markdown", height=MARKDOWN_HEIGHT_PX, wrap_lines=True)
