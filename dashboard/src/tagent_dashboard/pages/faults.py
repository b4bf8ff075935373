"""Faults: what is broken on purpose, what was, by whom and why, and one of them whole."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from tagent_contract.faults import FAULT_KINDS, FaultView
from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board, records
from tagent_dashboard.live.records import Missing
from tagent_dashboard.views.fault_csv import faults_csv
from tagent_dashboard.views.faults import FaultFilter
from tagent_dashboard.views.paging import page_of
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.address import named_in_address
from tagent_dashboard.widgets.fault_detail import show_fault
from tagent_dashboard.widgets.fault_list import show_faults
from tagent_dashboard.widgets.filters import choose_one, choose_scope, page_number, show_pages
from tagent_dashboard.widgets.links import faults_link
from tagent_dashboard.widgets.page_head import show_head, show_nothing_known, state_row
from tagent_dashboard.widgets.who import as_known_now

PAGE_SIZE = 25
CSV_NAME = "tagent-faults.csv"


def show(person: Person) -> None:
    """Show the fault that the address names, or all."""
    fault_id = named_in_address()
    every = show_head("Fault" if fault_id else "Faults")
    if fault_id:
        st.fragment(run_every=every, key="fault")(_live_one)(person, fault_id, every)
    else:
        asked = _choose_filter()
        st.fragment(run_every=every, key="faults")(_live_list)(person, asked, every)


def _choose_filter() -> FaultFilter:
    services = sorted(service.name for service in board.installed().poller.snapshot.services)
    with st.container(horizontal=True, vertical_alignment="center"):
        asked = FaultFilter(
            only_running=choose_scope("show", "running", "all"),
            service=choose_one("service", "Service", "All services", services),
            type=choose_one("type", "Type", "All types", FAULT_KINDS),
        )
        st.download_button(
            "CSV",
            data=partial(_csv, asked),
            file_name=CSV_NAME,
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="All faults of these filters with all that is known of each, one row for each instance",
        )
    return asked


def _csv(asked: FaultFilter) -> bytes:
    known = records.faults(board.installed()).value or ()
    # With a byte order mark, since spreadsheets take a file without one for another encoding.
    return faults_csv(fault for fault in known if asked.matches(fault)).encode("utf-8-sig")


def _live_list(person: Person, asked: FaultFilter, every: float | None) -> None:
    installed = board.installed()
    snapshot, now = installed.poller.snapshot, installed.poller.now()
    known = records.faults(installed)
    found = [fault for fault in known.value or () if asked.matches(fault)]
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
        show_faults(shown.items, as_known_now(person, snapshot), now)
    show_pages(shown, "faults")


def _show_count(found: Sequence[FaultView]) -> None:
    running = sum(not fault.state.is_final for fault in found)
    st.markdown(f"**{running} running**, {len(found) - running} over")


def _nothing_found(asked: FaultFilter, known: Sequence[FaultView]) -> str:
    if not known:
        return "Nothing was ever broken on purpose. Inject a fault on a service's page, or from the fleet."
    if asked == FaultFilter(only_running=True):
        return "No fault is running. Choose All to see those that are over."
    return f"None of the {len(known)} faults is like that. Choose other filters."


def _live_one(person: Person, fault_id: str, every: float | None) -> None:
    installed = board.installed()
    snapshot, now = installed.poller.snapshot, installed.poller.now()
    with state_row(snapshot, now, every):
        faults_link("All faults")
    known = records.fault(installed, fault_id)
    if isinstance(known.value, Missing):
        st.warning(
            f"There is no fault {plain(fault_id)}. It may be too long ago, or the address is not whole.",
            icon=":material/search_off:",
        )
    elif known.value is None:
        show_nothing_known(known.problem, snapshot)
    else:
        show_fault(known.value, as_known_now(person, snapshot), now)
