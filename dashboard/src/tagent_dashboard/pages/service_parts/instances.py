"""The instances of a service."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from tagent_contract.services import ServiceView
from tagent_dashboard.pages.service_parts.table import show_table
from tagent_dashboard.views.service import instance_rows

_HEADINGS = {
    "health": "Health",
    "name": "Instance",
    "why": "Why",
    "since": "Since (UTC)",
    "contact": "Last contact",
    "address": "Address",
    "runs": "Runs",
    "cannot": "Cannot take",
}


def show_instances(service: ServiceView, now: float) -> None:
    """Show a row for each instance, the worst first."""
    count = len(service.instances)
    st.subheader(f"Instances ({count})" if count != 1 else "Instance", anchor=False)
    if not count:
        st.markdown("None is live. The service comes back by itself with its first report.")
        return
    rows = [asdict(row) for row in instance_rows(service, now)]
    can_all = not any(row["cannot"] for row in rows)
    headings = {
        name: heading for name, heading in _HEADINGS.items() if name != "cannot" or not can_all
    }
    show_table(rows, headings, f"Table of the {count} instances of {service.name}")
